"""Whether explanations hold, asked of whole audits whose truth is known."""

from __future__ import annotations

import random

import pytest

import audit
from audit import soundness
from audit.measurements import NO_MODEL, OF_SOUNDNESS
from tests.oracles.lending import near_cutoff
from tests.oracles.lending import reasons as told_of
from tests.worlds.desk import Desk
from tests.worlds.lender import CUTOFF, refused, score, terms

MIN_ROWS = 20
HOUSE = {
    "screening.reasons_same_over_seeds",
    "screening.reasons_same_over_references",
    "screening.reasons_move_the_score",
    "screening.reasons_move_more_than_others",
    "screening.similar_to_named_method",
}


def bodies(result) -> dict:
    """Return the three figures by name."""
    return {name: result.figures[name].body for name in OF_SOUNDNESS}


def outcomes(result) -> dict:
    """Return requirement -> outcome of what is asked about explanations."""
    asked = {*HOUSE, "screening.reasons_push_alone"}
    return {one.requirement: one.outcome for one in result.findings if one.requirement in asked}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A linear lender, every refusal looked at again."""
    from tests.worlds import tiny_group

    folder = tmp_path_factory.mktemp("whole") / "world"
    world = tiny_group.build(folder, n=320)
    Desk(folder).set(explain__sample=100_000)
    return world, audit.run(world.config)


def test_of_a_linear_lender_the_named_method_is_the_quoted_one(whole) -> None:
    """R4: for a sum of points both are the same numbers, on every declined case."""
    world, result = whole
    body = bodies(result)["named_methods"]
    n = sum(map(refused, world.rows))
    near, everybody = body["with"]
    assert (body["declined"], body["n"], near["n"], everybody["n"]) == (n, n, n, n)
    assert (near["population"], near["top4_overlap"], near["same_top1"]) == ("near_cutoff", 1.0, 1.0)
    assert near["max_difference"] < 1e-9
    assert (
        near["reference_n"]
        == everybody["reference_n"]
        == len(near_cutoff(world.rows, score, CUTOFF, MIN_ROWS))
    )
    # Against all applicants the averages are others, by the same constant for every case.
    assert everybody["max_difference"] > 0.01


def test_of_an_exact_method_no_seed_changes_a_bit(whole) -> None:
    """Nothing is drawn: measured on ten refusals, and said so."""
    _, result = whole
    seeds = bodies(result)["stability"]["seeds"]
    assert (seeds["exact"], seeds["n"], seeds["draws"], seeds["max_difference"]) == (True, 10, 1, 0.0)
    assert seeds["same_order"]["value"] == 1.0
    (finding,) = [f for f in result.findings if f.measure == "seed_same_reasons"]
    assert (finding.outcome, finding.value, finding.low, finding.high) == ("met", 1.0, None, None)
    assert "nothing is drawn" in finding.cause


def test_what_putting_right_does_is_the_loop_over_refusals(whole) -> None:
    """The reasons of the closed form, each factor's term replaced by its mean in the reference."""
    world, result = whole
    body = bodies(result)["faithfulness"]
    reference = [terms(world.rows[i]) for i in near_cutoff(world.rows, score, CUTOFF, MIN_ROWS)]
    mean = {factor: sum(one[factor] for one in reference) / len(reference) for factor in reference[0]}
    rows = [row for row in world.rows if refused(row)]
    moved = gaps = turned = 0.0
    more = compared = 0
    for row in rows:
        mine = terms(row)
        lost = {factor: mine[factor] - mean[factor] for factor in mine}
        printed = [
            f
            for f, _ in told_of(
                row, [world.rows[i] for i in near_cutoff(world.rows, score, CUTOFF, MIN_ROWS)], terms
            )
        ]
        step = sum(lost[factor] for factor in printed)
        moved += step
        gaps += sum(lost.values())
        turned += score(row) - step < CUTOFF
        others = sorted((f for f in lost if f not in printed), key=lambda f: -lost[f])
        m = min(len(printed), len(others))
        if m:
            compared += 1
            more += sum(lost[f] for f in printed[:m]) > sum(lost[f] for f in others[:m])
    assert body["n"] == len(rows)
    assert body["reference_n"] == len(reference)
    assert body["share_moved"]["value"] == pytest.approx(moved / gaps, abs=1e-9)
    assert body["turned"]["value"] == pytest.approx(turned / len(rows), abs=1e-12)
    assert (body["moved_more"]["n"], body["moved_more"]["value"]) == (compared, more / compared)
    # Of a sum no reason runs back: each lost points by itself.
    assert body["against_alone"]["value"] == 0.0


def test_references_drawn_anew_change_some_reasons_and_not_most(whole) -> None:
    """Two draws of all refusals; a linear lender's reasons mostly stay."""
    _, result = whole
    found = bodies(result)["stability"]["references"]
    assert found["draws"] == 2
    assert found["n"] == result.audit.counts["adverse"]
    assert 0.75 < found["overlap"]["value"] <= 1.0
    assert found["same_order"]["value"] <= found["same_set"]["value"] <= 1.0


def test_every_question_has_a_finding_that_is_no_law(whole) -> None:
    """The house asks; the one screen speaks as a screen."""
    _, result = whole
    found = outcomes(result)
    assert set(found) == {*HOUSE, "screening.reasons_push_alone"}
    kinds = {f.requirement: f.kind for f in result.findings if f.requirement in found}
    assert {kinds[name] for name in HOUSE} == {"house"}
    assert kinds["screening.reasons_push_alone"] == "convention"
    assert set(found.values()) <= {"met", "inconclusive"}


@pytest.mark.parametrize("name", ["even", "tilted"])
def test_turning_the_scores_round_changes_nothing(audited, name: str) -> None:
    """Both codings look at the same refusals and find the same."""
    high, low = audited(name, "high"), audited(name, "low")
    one, other = bodies(high.result), bodies(low.result)
    for part in ("seeds", "references"):
        for key in ("same_set", "same_order", "overlap"):
            assert one["stability"][part][key] == pytest.approx(other["stability"][part][key])
    for key in ("share_moved", "turned", "moved_more", "against_alone"):
        assert one["faithfulness"][key] == pytest.approx(other["faithfulness"][key], abs=1e-9)
    for mine, theirs in zip(one["named_methods"]["with"], other["named_methods"]["with"], strict=True):
        assert mine["top4_overlap"] == pytest.approx(theirs["top4_overlap"])


def test_who_is_looked_at_follows_from_ids_and_seed_alone(fresh) -> None:
    """Rows in another order give the same numbers; another seed looks at others."""
    desk = Desk(fresh("tilted").folder)
    first = bodies(audit.run(desk.config))
    desk.rows(lambda rows: random.Random(3).sample(rows, len(rows)))
    turned = bodies(audit.run(desk.config))
    assert first["stability"] == turned["stability"]
    assert first["faithfulness"]["moved_more"] == turned["faithfulness"]["moved_more"]
    value = first["faithfulness"]["share_moved"]["value"]
    assert turned["faithfulness"]["share_moved"]["value"] == pytest.approx(value, abs=1e-12)
    other = bodies(audit.run(desk.set(seed=8).config))
    assert other["faithfulness"]["share_moved"]["value"] != pytest.approx(value, abs=1e-6)


def test_where_orders_are_drawn_other_seeds_are_asked_of_all(fresh) -> None:
    """Past `exact_up_to` the values differ from seed to seed, and settled reasons stay."""
    desk = Desk(fresh("even").folder).set(explain__reasons__exact_up_to=1)
    result = audit.run(desk.config)
    seeds = bodies(result)["stability"]["seeds"]
    assert (seeds["exact"], seeds["draws"], seeds["n"]) == (False, soundness.SEEDS, 20)
    assert seeds["same_order"]["value"] == 1.0
    (finding,) = [f for f in result.findings if f.measure == "seed_same_reasons"]
    assert finding.low < 1.0


def test_all_applicants_can_be_the_quoted_reference(fresh) -> None:
    """Then the first named method is the one that is made beside it."""
    desk = Desk(fresh("even").folder).set(explain__reference={"kind": "all_applicants", "rows": 1000})
    near, everybody = bodies(audit.run(desk.config))["named_methods"]["with"]
    assert everybody["max_difference"] < 1e-9
    assert near["max_difference"] > 0.01
    assert near["n"] == everybody["n"] > 0


def test_a_sample_of_none_says_so(fresh) -> None:
    """`sample: 0` looks at nobody again, and no requirement is met by that."""
    result = audit.run(Desk(fresh("even").folder).set(explain__sample=0).config)
    found = bodies(result)
    assert found["stability"] == found["faithfulness"] == {"cause": soundness._NO_SAMPLE}
    assert found["named_methods"]["n"] > 0
    of = outcomes(result)
    assert {of[f"screening.{name}"] for name in ("reasons_move_the_score", "reasons_same_over_seeds")} == {
        "not_measured"
    }


def test_without_a_model_nothing_is_asked(fresh) -> None:
    """Scores from a column cannot be asked again."""
    desk = Desk(fresh("even").folder)
    desk.rows(lambda rows: [row | {"given": str(score_of(row))} for row in rows])
    result = audit.run(desk.set(model={"scores": "given"}).config)
    assert set(map(str, bodies(result).values())) == {str({"cause": NO_MODEL})}
    assert set(outcomes(result).values()) == {"not_measured"}


def score_of(row) -> float:
    """Return the score of a row as it stands in the file."""
    years = row["years_at_address"]
    numbers = {name: float(row[name]) for name in ("income", "utilisation", "late_payments")}
    return score(numbers | {"years_at_address": float(years) if years else None})


def test_each_cutoff_is_asked_against_its_own_applicants(fresh) -> None:
    """R16: with two products every case of a linear lender still equals the named method of its own."""
    desk = Desk(fresh("tiny").folder).set(
        decision__cutoff={"by": "product", "values": {"card": 0.34, "loan": 0.44}}, record__product="product"
    )
    desk.rows(lambda rows: [row | {"product": ("card", "loan")[i % 2]} for i, row in enumerate(rows)])
    result = audit.run(desk.config)
    found = bodies(result)
    near, everybody = found["named_methods"]["with"]
    assert near["n"] == everybody["n"] == result.audit.counts["adverse"]
    assert (near["top4_overlap"], near["max_difference"]) == (1.0, pytest.approx(0.0, abs=1e-9))
    assert found["stability"]["seeds"]["max_difference"] == 0.0
    assert found["faithfulness"]["against_alone"]["value"] == 0.0


def test_a_night_of_refusals_is_asked_all_but_the_average_of_all(fresh) -> None:
    """Its pinned reference is the first named method's; nobody else is there to be averaged."""
    from audit.ledger import Ledger

    desk = Desk(fresh("tiny").folder)
    first = audit.run(desk.config)
    with Ledger.open(first.ledger_url) as ledger:
        (reference,) = ledger.references(first.audit.audit)
    pinned = {"from": first.audit.audit[:12], "sha256": reference.digest}
    desk.rows(lambda rows: [row for row in rows if score_of(row) >= CUTOFF][:40])
    desk.set(audit__kind="batch", explain__reference={"pinned": pinned, "min_rows": 20}, data__observed=None)
    night = audit.run(desk.config)
    near, everybody = bodies(night)["named_methods"]["with"]
    assert (near["n"], near["top4_overlap"], near["reference_n"]) == (40, 1.0, reference.n)
    assert (everybody["top4_overlap"], everybody["cause"]) == (None, soundness._REFUSALS_ALONE)
    assert outcomes(night)["screening.similar_to_named_method"] == "inconclusive"  # 40 of at least 100
    assert bodies(night)["faithfulness"]["n"] == 20


def test_a_vendors_reasons_are_put_right_and_held_against_the_named_methods(fresh) -> None:
    """A vendor that always names years at the address first is found out; a scorecard's order is not."""
    world = fresh("tiny")
    reference = [world.rows[i] for i in near_cutoff(world.rows, score, CUTOFF, MIN_ROWS)]
    codes = {"income": "C1", "utilisation": "C2", "late_payments": "C3", "years_at_address": "C4"}

    def given(row, honest: bool) -> dict:
        if not honest:
            return {"r1": "C4", "r2": ""}
        strongest = [codes[factor] for factor, _ in told_of(row, reference, terms)]
        return {f"r{place}": code for place, code in enumerate((strongest + [""] * 4)[:4], start=1)}

    found = {}
    for honest in (True, False):
        desk = Desk.copy(world.folder, world.folder.parent / f"vendor-{honest}")
        told = [given(row, honest) for row in world.rows]
        desk.rows(lambda rows, told=told: [row | one for row, one in zip(rows, told, strict=True)])
        columns = list(told[0])
        desk.set(reasons_given={"columns": columns, "method": "points lost", "by": "Vendor"})
        found[honest] = audit.run(desk.config)
    for result in found.values():
        assert bodies(result)["stability"] == {"cause": soundness._VENDORS}
        assert outcomes(result)["screening.reasons_same_over_seeds"] == "not_measured"
    one, other = (bodies(found[honest]) for honest in (True, False))
    near = one["named_methods"]["with"][0]
    assert near["same_top1"] == 1.0
    assert near["top4_overlap"] > 0.75  # points below the floor of 5 % are not told
    assert near["rank_correlation"] is None
    assert one["faithfulness"]["moved_more"]["value"] == 1.0
    assert other["named_methods"]["with"][0]["top4_overlap"] < 0.5
    assert outcomes(found[False])["screening.similar_to_named_method"] in ("not_met", "inconclusive")
    assert outcomes(found[False])["screening.reasons_move_the_score"] == "not_met"
    assert outcomes(found[False])["screening.reasons_move_more_than_others"] == "not_met"
    assert found[False].exit_code == 3
