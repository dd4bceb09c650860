"""Reasons of a model of denial beside those that lenders put down: the agreement as it is, and chance."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest

import audit
from audit.ledger import Ledger
from tests.realdata import hmda
from tests.realdata.conftest import DATA

HMDA = {factor: code for factor, (_, code, _) in hmda.FACTORS.items()}


@pytest.fixture(scope="module")
def lenders(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The audit of 2016, its figure, and each refusal's codes on both sides, counted apart from it."""
    if not (DATA / hmda.FILE).exists():
        pytest.skip(f"no HMDA sample at {DATA / hmda.FILE}")
    people = hmda.rows(DATA)
    result = audit.run(hmda.lay_out(tmp_path_factory.mktemp("hmda") / "world", people))
    asked = [row for row in people if row["as_of_year"] == "2016"]
    pairs = []
    with Ledger.open(result.ledger_url) as ledger:
        body: Any = ledger.figures(result.audit.audit)["stated_reasons"].body
        for one in ledger.decisions(result.audit.audit, outcome="adverse"):
            said = [int(asked[one.row][column]) for column in hmda.STATED if asked[one.row][column]]
            if one.reasons and said:
                pairs.append(([HMDA[reason.factor] for reason in one.reasons], said))
    return SimpleNamespace(people=people, result=result, body=body, pairs=pairs)


def _shares(pairs: list[tuple[list[int], list[int]]]) -> dict[str, float]:
    n = len(pairs)
    return {
        "same_first": sum(found[0] == said[0] for found, said in pairs) / n,
        "first_among": sum(said[0] in found for found, said in pairs) / n,
        "overlap": sum(bool({*found} & {*said}) for found, said in pairs) / n,
    }


@pytest.mark.slow
def test_the_model_learned_something_and_the_file_is_the_one_described(lenders: SimpleNamespace) -> None:
    """42,317 decided applications, 23.46 % denied; the model ranks unseen ones better than a coin."""
    denied = hmda.denied(lenders.people)
    assert (len(denied), round(float(denied.mean()), 4)) == (42_317, 0.2346)
    (auc,) = [one for one in lenders.result.rates if one.metric == "auc" and one.attribute == "all"]
    assert auc.low is not None
    assert auc.low > 0.6


@pytest.mark.slow
def test_agreement_is_a_plain_count(lenders: SimpleNamespace) -> None:
    """What is sealed is what counting refusal by refusal gives."""
    assert lenders.body["n"] == len(lenders.pairs) > 500
    assert lenders.body["unread"] == lenders.body["not_found"] == 0
    for key, share in _shares(lenders.pairs).items():
        assert lenders.body[key]["value"] == pytest.approx(share, abs=1e-12), key


@pytest.mark.slow
def test_chance_is_what_shuffling_gives(lenders: SimpleNamespace) -> None:
    """A thousand shuffles of the lenders' reasons: their mean and spread are the sealed ones."""
    draw = random.Random(7)
    said = [of for _, of in lenders.pairs]
    drawn: dict[str, list[float]] = {}
    for _ in range(1000):
        draw.shuffle(said)
        dealt = [(found, of) for (found, _), of in zip(lenders.pairs, said, strict=True)]
        for key, share in _shares(dealt).items():
            drawn.setdefault(key, []).append(share)
    for key, shares in drawn.items():
        mean = sum(shares) / len(shares)
        spread = (sum((share - mean) ** 2 for share in shares) / len(shares)) ** 0.5
        told = lenders.body[key]
        assert told["chance"] == pytest.approx(mean, abs=4 * spread / len(shares) ** 0.5), key
        assert (told["chance_high"] - told["chance_low"]) / (2 * 1.96) == pytest.approx(spread, rel=0.1), key


@pytest.mark.slow
def test_what_no_column_can_show_is_never_found(lenders: SimpleNamespace) -> None:
    """Credit history is stated most and cannot be found, so agreement has a ceiling that is told."""
    by_code = {row["hmda"]: row for row in lenders.body["codes"]}
    assert by_code[3]["stated"] > 0
    assert (by_code[3]["found"], by_code[3]["factors"]) == (0, [])
    reach = sum(bool({*said} & {*HMDA.values()}) for _, said in lenders.pairs) / len(lenders.pairs)
    assert lenders.body["within_reach"]["value"] == pytest.approx(reach, abs=1e-12)
    assert lenders.body["overlap"]["value"] <= lenders.body["within_reach"]["value"] < 0.8


@pytest.mark.slow
def test_the_finding_and_the_page_say_the_same(lenders: SimpleNamespace) -> None:
    """The requirement is judged by the sealed share, and the report prints it beside chance."""
    from reports.sections import reasons

    (found,) = [one for one in lenders.result.findings if one.measure == "stated_reason_overlap"]
    assert found.value == lenders.body["overlap"]["value"]
    with Ledger.open(lenders.result.ledger_url) as ledger:
        page = reasons.query(ledger, lenders.result.audit.audit)
    assert page.stated is not None
    assert len(page.stated.rows) == 3
    assert len(page.stated.codes) == len(lenders.body["codes"])
