"""What a case may say in plain words, and what the program makes of it: one function a kind of case.

Each takes the case as it stands in ``cases.yaml`` and fails where the answer is another one.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np

from audit.config.protected import ProtectedAttribute
from audit.explain.reference import choose_reference, has_passed
from audit.explain.shapley import explain
from audit.flips import Told, flips
from audit.job import Ages
from audit.reasons import orient, principal_reasons
from audit.reasons_given import imported_reasons
from audit.record import Approval, Decision, Notice, Person, Proxy, Reason, ReasonCode
from audit.scored_age import bands_by_age, tried
from audit.vague import is_vague, says_other
from reports.html import environment
from reports.lint import lint
from reports.notice import compose
from reports.sheet import ReasonLine
from reports.terms import read_terms
from tests.worlds import noticed
from tests.worlds.small_scorers import linear

DAY = dt.date(2026, 11, 20)
TITLE = {"case", "rule", "source"}
_EITHER = {"stage", "rules", "judgment", "missing", "protected", "blocked", "same_words", "words", "priority"}
_EITHER |= {"given", "certified", "residual", "reference_ok", "age_counts_against"}
_TOLD = {"reasons", "dropped", "held", "statements_told", "tie"}
FORMS = {
    "contributions": _EITHER | _TOLD,
    "points": _EITHER | _TOLD | {"averages", "together", "losses"},
    "statement": {"specific", "says_other"},
    "recorded": {"printed", "scored", "helped", "key_factors", "refused"},
    "applicants": {"missed", "compared_with"},
    "age": {"points_by_age", "counts_against", "favoured"},
    "then": {"now", "same_applicants", "another_main_reason"},
}


def form_of(case: dict[str, Any]) -> str:
    """Return the kind of a case; every word of it must belong to that kind."""
    (form,) = [name for name in FORMS if name in case]
    strange = set(case) - TITLE - FORMS[form] - {form}
    assert not strange, f"{case['case']}: {sorted(strange)} belong to no case with {form!r}"
    return form


def words(factor: str) -> str:
    """Return a factor's id in words."""
    return factor.replace("_", " ")


def codes_of(case: dict[str, Any], factors: list[str]) -> dict[str, ReasonCode]:
    """Return a dictionary in which each factor has its words, but for those that the case takes away."""
    same, blocked = case.get("same_words", {}), case.get("blocked", ())
    said = {factor: words(factor) for factor in factors} | same | case.get("words", {})
    return {
        factor: ReasonCode(
            factor=factor,
            code=factor,
            columns=(factor,),
            statement={"en": said[factor] or ""},
            missing_statement={"en": f"We could not verify {words(factor)}"},
            priority=case.get("priority", {}).get(factor),
            proxy=Proxy("age", "blocked", "a reviewer", DAY, "likeness") if factor in blocked else None,
        )
        for factor in factors
    }


def decided(case: dict[str, Any], contributions: dict[str, float]) -> Decision:
    """Return the refusal of the case with its reasons."""
    rules, judgment = tuple(case.get("rules", ())), tuple(case.get("judgment", ()))
    codes = codes_of(case, list(dict.fromkeys((*contributions, *rules, *judgment))))
    refused = Decision(
        "D1",
        0,
        0,
        (Person("P1"),),
        "adverse",
        stage=case.get("stage", "score"),
        rules=rules,
        judgment=judgment,
        notice=Notice("ready"),
    )
    protected = frozenset(case.get("protected", ()))
    if "given" in case:
        helped = [factor for factor, value in contributions.items() if value <= 0]
        return imported_reasons(refused, case["given"], codes, protected_factors=protected, helped=helped)
    return principal_reasons(
        refused,
        contributions,
        None,
        codes,
        frozenset(case.get("missing", ())),
        tolerance=1e-9,
        certified=case.get("certified", "exact"),
        residual=float(case.get("residual", 0)),
        reference_ok=case.get("reference_ok", True),
        protected_factors=protected,
        negative_age=case.get("age_counts_against", False),
    )


def contributions(case: dict[str, Any], given: dict[str, float] | None = None) -> None:
    """What pushed how far toward refusal, and the reasons that must be told."""
    sizes = given or {factor: float(value) for factor, value in case["contributions"].items()}
    result = decided(case, sizes)
    assert [reason.factor or reason.code for reason in result.reasons] == case["reasons"]
    assert result.notice.cause == case.get("held")
    assert result.notice.state == ("held" if "held" in case else "ready")
    dropped = {reason.factor: reason.cause for reason in result.dropped}
    assert case.get("dropped", {}).items() <= dropped.items()
    assert (result.certified == "tie") == case.get("tie", False)
    if "statements_told" in case:
        assert [reason.statement for reason in result.reasons] == case["statements_told"]


def points(case: dict[str, Any]) -> None:
    """A scorecard's points of an applicant, and the averages of those compared with: few are bad.

    The points are explained by the method that letters quote, with ``together`` as one factor each.
    """
    columns = list(case["points"])
    together = case.get("together", {})
    inside = {part for parts in together.values() for part in parts}
    factors = {**{name: [name] for name in columns if name not in inside}, **together}
    one = {name: np.array([float(case["points"][name])]) for name in columns}
    average = {name: np.array([float(case["averages"][name])]) for name in columns}
    found = explain(linear(dict.fromkeys(columns, 1.0)), one, average, factors, adverse="low")
    losses = orient(dict(zip(found.factors, found.values[0].tolist(), strict=True)), "low")
    losses = {factor: round(value, 9) for factor, value in losses.items()}
    if "losses" in case:
        assert losses == {factor: float(value) for factor, value in case["losses"].items()}
    contributions(case, losses)


def statement(case: dict[str, Any]) -> None:
    """Words, and whether they say anything specific about the applicant (R9), or "other" (R21)."""
    assert {"specific", "says_other"} & set(case)
    if "specific" in case:
        assert is_vague(case["statement"]) is not case["specific"]
    if "says_other" in case:
        assert says_other(case["statement"]) is case["says_other"]


def recorded(case: dict[str, Any]) -> None:
    """The reasons on record and what a letter would print; ``refused`` is part of why it is not sent."""
    said = case["recorded"]
    codes = {
        f"factor {i}": ReasonCode(
            f"factor {i}", f"F{i}", (f"column {i}",), {"en": text}, approved=Approval("Compliance", DAY)
        )
        for i, text in enumerate(said)
    }
    scored = [said.index(text) for text in case.get("scored", said)]
    reasons = tuple(
        Reason(i + 1, f"F{i}", f"factor {i}", text, -1.0 if text in case.get("helped", ()) else 1.0 / (i + 1))
        for i, text in enumerate(said)
    )
    ledger = noticed.Remembered(
        dictionary=codes,
        decided=noticed.a_decision(reasons=reasons),
        filed=noticed.a_case(inputs={f"column {i}": 1.0 for i in scored}),
    )
    terms = read_terms(ledger, "latest")  # type: ignore[arg-type]
    who = noticed.a_recipient()
    notice = compose(terms, ledger.decided, ledger.filed, who, date=noticed.TODAY, number="N-1")
    printed = tuple(ReasonLine(rank, text) for rank, text in enumerate(case.get("printed", said), start=1))
    notice = replace(notice, reasons=printed)
    if "key_factors" in case:
        scores = tuple(replace(block, key_factors=tuple(case["key_factors"])) for block in notice.scores)
        notice = replace(notice, scores=scores)
    body = environment().get_template("letters/adverse_action/body.txt")
    text = body.render(notice=notice, words=terms.words.words)
    broken = lint(
        notice,
        terms,
        ledger.decided,
        ledger.filed,
        who,
        date=noticed.TODAY,
        late=False,
        html_words=text,
        text_words=text,
    )
    facts = "; ".join(one.fact for one in broken)
    assert bool(facts) == ("refused" in case), facts
    assert case.get("refused", "") in facts


def applicants(case: dict[str, Any]) -> None:
    """Scores (high is bad), the cutoff that each was held to, what each got; and who is compared with."""
    everyone = case["applicants"]
    decisions = [
        Decision(
            str(i),
            0,
            i,
            (),
            "favourable" if one["got"] == "approved" else "adverse",
            score=float(one["score"]),
            cutoff=float(one["cutoff"]),
            action=one["got"],
        )
        for i, one in enumerate(everyone)
    ]
    missed = float(case["missed"])
    found = choose_reference(
        "near_cutoff",
        scores=np.array([one.score for one in decisions]),
        favourable=np.array([has_passed(one, missed, 1.0) for one in decisions]),
        places=[(0, i) for i in range(len(decisions))],
        keys=[str(i).encode() for i in range(len(decisions))],
        cutoff=missed,
        adverse_high=True,
        min_rows=len(case["compared_with"]) or 1,
    )
    assert sorted(everyone[row]["score"] for _, row in found.rows) == sorted(case["compared_with"])


def age(case: dict[str, Any]) -> None:
    """An applicant's age and a scorecard's points by age band (few are bad): does age count against them?"""
    of_band = {str(band): float(value) for band, value in case["points_by_age"].items()}
    starts = [int(band.split("-")[0].rstrip("+")) for band in of_band]
    stated = ProtectedAttribute.model_validate(
        {"column": "age", "type": "integer", "bands": starts, "reference": next(iter(of_band))}
    )
    younger, elderly = bands_by_age(stated)

    class Card:
        def score(self, rows: Any) -> Any:
            place = np.searchsorted(starts, rows["age"], side="right") - 1
            return np.array(list(of_band.values()))[place]

    card, own = Card(), {"age": np.array([float(case["age"])])}
    ages = Ages(
        "age",
        ("age",),
        frozenset({"age"}),
        elderly,
        {
            band: {"age": np.array([float(low)])}
            for band, low in zip(of_band, starts, strict=True)
            if band in younger
        },
    )
    one = Decision("D1", 0, 0, (), "adverse", score=float(card.score(own)[0]))
    band = np.array(
        [list(of_band)[int(np.searchsorted(starts, case["age"], side="right")) - 1]], dtype=object
    )
    found = tried(ages, card, [one], [0], band, own, sign=-1.0, tolerance=1e-9)  # type: ignore[arg-type]
    assert bool(found.worse) == case["counts_against"]
    assert list(found.favoured) == ([case["favoured"]] if "favoured" in case else [])


def then(case: dict[str, Any]) -> None:
    """What applicants with the same data were told by two versions of a model."""
    before, after = (
        {name: Told(b"the same", tuple(factors)) for name, factors in case[when].items()}
        for when in ("then", "now")
    )
    found = flips(before, after)
    assert (found.n, found.main) == (case["same_applicants"], case["another_main_reason"])
