"""How far the mix of reasons moved since the audit that this one is held to (R21).

The first reasons of all refusals are shares of one whole, so they have a population stability index;
beside it stand the share of each code then and now, and the interval of its change. What is compared
are two sealed figures, ``reason_mix``, so nothing of the earlier audit is measured again.

Why so, a figure of the later audit: which audit was the last accepted one is known when the run
ends, and a report printed years later must not depend on what was accepted since.

Why so, no requirement of ours: the same inputs give the same findings in every ledger. A house that
wants to be asked names ``reason_mix_psi`` in its own policy, and is then alerted as for any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from audit.data.drift import drift_of_counts
from audit.fairness.two_rates import compare_rates
from audit.measurements import NO_EARLIER
from audit.record import Figure

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.record import Audit

NAME = "reason_drift"


def since_baseline(ledger: Ledger, audit: Audit, figures: Sequence[Figure], fewest: int) -> Figure:
    """Hold an audit's reasons to those of the last accepted audit of its kind, else of the one before.

    Parameters
    ----------
    audit : about to be sealed
    figures : what was drawn of it; ``reason_mix`` is among them
    fewest : refusals below which shares are not compared
    """
    from audit.ledger import releases

    mix = next(one.body for one in figures if one.name == "reason_mix")
    # Asked first: a decision that is audited alone must not look through the whole ledger.
    if mix["n_notices"] < fewest:
        return _cause(_too_few(mix, fewest))
    found = releases.held_to(ledger, audit)
    if found is None:
        return _cause(NO_EARLIER)
    return since(ledger, found.audit.audit, mix, fewest, accepted=found.release is not None)


def since(ledger: Ledger, earlier: str, mix: Mapping[str, Any], fewest: int, *, accepted: bool) -> Figure:
    """Hold an audit's reasons to those of one earlier audit; see ``since_baseline``."""
    before = ledger.figures(earlier).get("reason_mix")
    if before is None or before.body["n_notices"] < fewest:
        told = "no reasons" if before is None else _too_few(before.body, fewest)
        return _cause(f"the earlier audit {earlier[:12]}: {told}")
    return Figure(NAME, "model_risk", {"against": earlier, "accepted": accepted, **moved(before.body, mix)})


def again(ledger: Ledger, sealed: Figure, figures: Sequence[Figure], fewest: int) -> Figure:
    """Draw a sealed figure again, against the audit that it names; what names none stands."""
    if "against" not in sealed.body:
        return sealed
    mix = next(one.body for one in figures if one.name == "reason_mix")
    return since(ledger, sealed.body["against"], mix, fewest, accepted=sealed.body["accepted"])


def moved(then: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Compare two bodies of ``reason_mix``, each with at least one refusal.

    Returns
    -------
    dict
        ``n_then``, ``n_now``, ``psi``, ``by_chance``, ``reading`` of the first reasons, and of each
        code (with its factor: a code that changed hands is two) ``then`` and ``now`` as counts,
        ``change`` of the share that it comes first in with its 95 % interval, and ``any_then``,
        ``any_now``.
    """
    n, m = int(then["n_notices"]), int(now["n_notices"])
    old, new = ({(row["code"], row["factor"]): row for row in of["codes"]} for of in (then, now))
    first_then, first_now = ({key: int(row["first"]) for key, row in of.items()} for of in (old, new))
    rows = []
    for key in sorted({*old, *new}):
        one, other = old.get(key, _ABSENT), new.get(key, _ABSENT)
        two = compare_rates(int(other["first"]), m, int(one["first"]), n)
        rows.append(
            {
                "code": key[0],
                "factor": key[1],
                "label": (new.get(key) or old[key])["label"],
                "then": int(one["first"]),
                "now": int(other["first"]),
                # It says reference minus group; the group is what came later.
                "change": 0.0 - two.difference,
                "low": 0.0 - two.difference_high,
                "high": 0.0 - two.difference_low,
                "any_then": int(one["any"]),
                "any_now": int(other["any"]),
                "new": key not in old,
                "gone": key not in new,
            }
        )
    rows.sort(key=lambda row: (-abs(float(row["change"])), row["code"], row["factor"]))
    counts = ({"\0".join(key): k for key, k in of.items()} for of in (first_then, first_now))
    found = drift_of_counts(*counts)
    return {
        "n_then": n,
        "n_now": m,
        "psi": found.psi,
        "by_chance": found.by_chance,
        "reading": found.reading,
        "codes": rows,
    }


_ABSENT: Mapping[str, Any] = {"first": 0, "any": 0}


def _too_few(mix: Mapping[str, Any], fewest: int) -> str:
    return f"only {mix['n_notices']} refusals have reasons, fewer than {fewest}"


def _cause(cause: str) -> Figure:
    return Figure(NAME, "model_risk", {"cause": cause})
