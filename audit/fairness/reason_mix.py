"""Whether a reason is given to one group more often than to the reference, among those who were refused.

A difference is no finding about anybody: groups apply with different files. It says where to look, and
whether there is more than chance to look at. Each reason of each group is one test of one stated family.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from audit.fairness.disparities import MOST_GROUPS, small_cause
from audit.fairness.families import benjamini_hochberg, holm
from audit.fairness.intervals import ALPHA
from audit.fairness.two_rates import compare_rates


def reason_gaps(
    attributes: Sequence[Mapping[str, Any]], references: Mapping[str, str], min_group: int
) -> dict[str, Any]:
    """Compare how often each reason is named in each group with how often in the reference.

    Parameters
    ----------
    attributes : the body of ``reasons_by_group``: ``attribute``, ``groups`` (``group``, ``n``), ``codes``
        (``code``, ``label``, ``counts`` in the order of the groups)
    references : attribute -> its reference group
    min_group : refusals below which a group bears no verdict

    Returns
    -------
    dict
        ``n_tests``, and ``rows``: ``attribute``, ``group``, ``reference``, ``code``, ``label``, ``n``,
        ``value`` (share of the group's refusals minus the reference's), its 95 % interval ``low`` and
        ``high`` from the same exact test as ``p_value``, ``holm``, ``benjamini_hochberg``, ``statistical``
        (Holm's below 0.05; None for a group too small), ``cause``.
    """
    rows: list[dict[str, Any]] = []
    for of in attributes:
        reference = references.get(of["attribute"])
        at = {one["group"]: place for place, one in enumerate(of["groups"])}
        if reference not in at or len(at) > MOST_GROUPS:
            continue
        m = of["groups"][at[reference]]["n"]
        for group, place in at.items():
            n = of["groups"][place]["n"]
            if group == reference or not n or not m:
                continue
            for code in of["codes"]:
                two = compare_rates(code["counts"][place], n, code["counts"][at[reference]], m)
                rows.append(
                    {
                        "attribute": of["attribute"],
                        "group": group,
                        "reference": reference,
                        "code": code["code"],
                        "label": code["label"],
                        "n": n,
                        "value": -two.difference,
                        "low": -two.difference_high,
                        "high": -two.difference_low,
                        "p_value": two.p_value,
                        "cause": small_cause(n, m, min_group),
                    }
                )
    p_values = [one["p_value"] for one in rows]
    for one, by_holm, by_rate in zip(rows, holm(p_values), benjamini_hochberg(p_values), strict=True):
        one |= {
            "holm": by_holm,
            "benjamini_hochberg": by_rate,
            "statistical": None if one["cause"] else by_holm < ALPHA,
        }
    return {"n_tests": len(rows), "rows": rows}
