"""What came out, held against what was sealed: scores, contributions, reasons, rates, findings, figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from audit.record import Decision, NoCounterfactual, Person, Reason
from audit.record.turned import as_values
from audit.replay.difference import Compared, Distances, keyed

if TYPE_CHECKING:
    from audit.job import ExplainedPartition
    from audit.ledger.recorded import RecordedPart
    from audit.record.turned import Turned
    from audit.replay.again import Again
    from audit.replay.records import Records


def decisions(
    records: Records, again: Again, found: Compared, *, within: Distances, sign: float
) -> tuple[Compared, Compared, Compared, int]:
    """Hold every decision against its record, but for those whose record is gone.

    Parameters
    ----------
    found : the comparison of the data, which persons belong to
    within : how far apart numbers may lie

    Returns
    -------
    scores, attributions, reasons : Compared
    n : decisions whose reference cannot be made again
    """
    scores, attributions, reasons = Compared("scores"), Compared("attributions"), Compared("reasons")
    left_out = 0
    within = within.of(again.barrier.scale)
    for part in again.explained:
        at_of = {method: {at: i for i, at in enumerate(block.rows)} for method, block in part.blocks.items()}
        positions: dict[tuple[int, str], dict[int, int]] = {}
        for at, now in enumerate(part.decisions):
            key = records.key_of(now)
            if key not in records.places or records.told(key) is not None:
                continue
            record, pos = records.places[key]
            sealed = record.decisions[pos]
            label = sealed.decision
            _score(scores, sealed, now, label, within.scores)
            if records.unlocked:
                known = sorted(f"{one.role} {one.person}" for one in sealed.persons)
                today = sorted(f"{one.role} {_stands_for(records, one, sealed)}" for one in now.persons)
                found.equal("persons", ", ".join(known), ", ".join(today), label)
            if sealed.reference in again.lost:
                left_out += 1
                continue
            for method in dict.fromkeys((*record.attributions, *part.blocks)):
                if (record.seq, method) not in positions:
                    columns = record.attributions.get(method, {"pos": ()})
                    positions[record.seq, method] = {p: i for i, p in enumerate(columns["pos"])}
                i, k = positions[record.seq, method].get(pos), at_of.get(method, {}).get(at)
                if i is None and k is None:
                    continue
                if i is None or k is None:
                    one, other = ("not attributed", "attributed")[:: 1 if i is None else -1]
                    attributions.equal(method, one, other, label)
                    continue
                _contributions(attributions, record, part, method, i, k, label, within, sign)
            _reasons(reasons, sealed, now, label, within)
            # An audit for fairness keeps no case: nothing is told to anybody under it.
            case = record.cases[pos] if records.unlocked and part.cases else None
            if case is not None:
                _turned(reasons, case.counterfactuals, part.cases[at].counterfactuals, label, within)
    return scores, attributions, reasons, left_out


def _stands_for(records: Records, person: Person, sealed: Decision) -> str:
    # Whoever was erased and came back has several pseudonyms; it is the one of this decision that counts.
    known = (one.person for one in sealed.persons)
    named = next((one for one in known if records.ledger.is_person(one, person.person)), None)
    return named or records.ledger.pseudonym("person", person.person)


def _score(scores: Compared, sealed: Decision, now: Decision, label: str, distance: float) -> None:
    scores.near("score", sealed.score, now.score, distance, label)
    scores.near("cutoff", sealed.cutoff, now.cutoff, 0.0, label)
    for name in ("outcome", "action", "stage"):
        scores.equal(name, getattr(sealed, name), getattr(now, name), label)


def _contributions(
    found: Compared,
    record: RecordedPart,
    part: ExplainedPartition,
    method: str,
    i: int,
    k: int,
    label: str,
    within: Distances,
    sign: float,
) -> None:
    sealed, now = record.attributions[method], part.blocks[method].attributions
    distance = within.contributions
    fresh = {
        f"value:{factor}": sign * value
        for factor, value in zip(now.factors, now.values[k].tolist(), strict=True)
    }
    if now.standard_error is not None:
        errors = zip(now.factors, now.standard_error[k].tolist(), strict=True)
        fresh |= {f"error:{factor}": value for factor, value in errors}
    for name in dict.fromkeys((*(name for name in sealed if name.startswith(("value:", "error:"))), *fresh)):
        one = sealed[name][i] if name in sealed else None
        other = _as_kept(fresh[name]) if name in fresh else None
        place = f"{method} {name.removeprefix('value:').replace('error:', 'standard error of ')}"
        found.near(place, one, other, distance, label)
    if "residual" in sealed:
        found.near(
            f"{method} residual",
            sealed["residual"][i],
            sign * float(now.residual[k]),
            within.residuals,
            label,
        )
    if "base" in sealed:
        found.near(f"{method} base", sealed["base"][i], float(now.base[k]), distance, label)


def _as_kept(value: float) -> float:
    """Return a contribution as the ledger keeps it: in float32."""
    import numpy as np

    return float(np.float32(value))


def _reasons(found: Compared, sealed: Decision, now: Decision, label: str, within: Distances) -> None:
    one, other = [part.code for part in sealed.reasons], [part.code for part in now.reasons]
    if within.exact or not _tied(sealed.reasons, now.reasons, within.ties):
        found.equal("codes", " ".join(one), " ".join(other), label)
    if one == other:
        for old, new in zip(sealed.reasons, now.reasons, strict=True):
            found.equal(f"{old.code} statement", old.statement, new.statement, label)
            found.equal(f"{old.code} factor", old.factor, new.factor, label)
            apart = old.contribution, new.contribution
            found.near(f"{old.code} contribution", *apart, within.contributions, label)
    found.equal("certified", sealed.certified, now.certified, label)
    state = "ready" if sealed.notice.state == "sent" else sealed.notice.state
    if sealed.notice.end is not None:
        state = "held"  # as it was when it was sealed; a person ended that later
    found.equal("notice", state, now.notice.state, label)
    found.equal("notice cause", sealed.notice.cause, now.notice.cause, label)
    found.equal("notice due on", _day(sealed.notice.due_on), _day(now.notice.due_on), label)


def _turned(
    found: Compared, sealed: Turned | None, now: Turned | None, label: str, within: Distances
) -> None:
    """Hold what would have turned a decision; off the audit's own machine by its factors alone."""
    if within.exact or sealed is None or now is None:
        one, other = (None if turned is None else str(as_values(turned)) for turned in (sealed, now))
    else:
        one, other = (
            turned.cause
            if isinstance(turned, NoCounterfactual)
            else "; ".join(" ".join(sorted(one.factors)) for one in turned)
            for turned in (sealed, now)
        )
    found.equal("counterfactuals", one, other, label)


def _day(value: Any) -> str | None:
    return None if value is None else str(value.isoformat())


def _tied(sealed: Sequence[Reason], now: Sequence[Reason], distance: float) -> bool:
    """Return whether the same reasons stand in another order, and only ties changed places."""
    if sorted(one.code for one in sealed) != sorted(one.code for one in now):
        return False
    return all(
        one.code == other.code
        or (
            one.contribution is not None
            and other.contribution is not None
            and abs(one.contribution - other.contribution) <= distance
        )
        for one, other in zip(sealed, now, strict=True)
    )


def references(records: Records, again: Again, *, within: Distances) -> Compared:
    """Hold whom refused applicants were compared with against the choice made again."""
    found = Compared("reference")
    distance = within.of(again.barrier.scale).scores
    sealed = keyed(records.ledger.references(records.audit), "cutoff")
    now = keyed(again.barrier.references, "cutoff")
    for key in dict.fromkeys((*sealed, *now)):
        one, other = sealed.get(key), now.get(key)
        place = f"cutoff {key[0]}"
        if one is None or other is None:
            if one is None or one.digest not in again.lost:
                found.equal(place, one and one.digest, other and other.digest)
            continue
        for name in ("kind", "n", "candidates", "cause", *(("digest",) if within.exact else ())):
            found.equal(f"{place} {name}", getattr(one, name), getattr(other, name))
        for name in ("mean_score", "low", "high"):
            found.near(f"{place} {name}", getattr(one, name), getattr(other, name), distance)
    return found


def rates(records: Records, again: Again, *, within: Distances, unknown: frozenset[str]) -> Compared:
    """Hold rates and comparisons of groups against those measured again.

    Parameters
    ----------
    unknown : metrics that cannot be measured again
    """
    found = Compared("rates")
    ledger, distance = records.ledger, within.rates
    for sealed, now, names in (
        (ledger.rates(records.audit), again.groups.rates, ("attribute", "group", "metric")),
        (
            ledger.disparities(records.audit),
            again.groups.disparities,
            ("attribute", "group", "reference", "metric"),
        ),
    ):
        old, new = keyed(sealed, *names), keyed(now, *names)
        for key in dict.fromkeys((*old, *new)):
            if key[-1] in unknown:
                continue
            place = f"{key[-1]} {key[0]}: {key[1]}" + (f" against {key[2]}" if len(key) == 4 else "")
            one, other = old.get(key), new.get(key)
            if one is None or other is None:
                found.equal(place, one and one.value, other and other.value)
                continue
            found.equal(f"{place} n", one.n, other.n)
            for name in ("value", "low", "high", *(("p_value",) if len(key) == 4 else ())):
                label = place if name == "value" else f"{place} {name}"
                found.near(label, getattr(one, name), getattr(other, name), distance)
    return found


def findings(records: Records, again: Again, *, within: Distances) -> Compared:
    """Hold the answers to requirements against those given again."""
    found = Compared("findings")
    names = ("requirement", "attribute", "group", "measure")
    old, new = (keyed(rows, *names) for rows in (records.ledger.findings(records.audit), again.findings))
    for key in dict.fromkeys((*old, *new)):
        one, other = old.get(key), new.get(key)
        place = key[0] if key[2] == "all" else f"{key[0]} {key[1]}: {key[2]}"
        found.equal(place, one and one.outcome, other and other.outcome)
        if one is not None and other is not None:
            found.near(f"{place} value", one.value, other.value, within.rates)
    return found


def figures(records: Records, again: Again) -> Compared:
    """Hold every table and series of the report against those drawn again."""
    found = Compared("figures")
    now: Mapping[str, Any] = {one.name: one.body for one in again.figures}
    for name, figure in records.ledger.figures(records.audit).items():
        if name != "environment":  # what it ran on is told apart
            found.alike(name, figure.body, as_json(now.get(name)), 0.0)
    return found


def as_json(value: Any) -> Any:
    """Return a figure's body as it comes back from JSON: tuples are lists there."""
    import json

    return json.loads(json.dumps(value))
