"""Whom a refused applicant is compared with: the choice that decides more than any estimator.

Two populations are named by the law: applicants at or slightly above the passing score, and all
applicants. "Slightly above" is the nearest tenth of the approved ones at or past the cutoff, at
least ``min_rows`` of them. A choice depends on what the rows hold and never on their order.

Why so, the ties: applicants at one distance are taken by the key of their content, so a file that
is sorted another way gives the same reference, row for row, and the same contributions, bit for bit.

Source: 12 CFR part 1002, Supplement I, comment 9(b)(2)-5.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from audit.record import SCORED_STAGES, Decision, Reference

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NOTHING_GIVEN = ("denied", "terminate")
_SHARE = 10  # "slightly above": one approved applicant in ten


def choose_reference(
    kind: Literal["near_cutoff", "all_applicants"],
    *,
    scores: NDArray[np.float64],
    favourable: NDArray[np.bool_],
    places: Sequence[tuple[int, int]],
    keys: Sequence[bytes],
    cutoff: float | None,
    adverse_high: bool,
    at_cutoff: Literal["adverse", "favourable"] = "adverse",
    rows: int = 1000,
    min_rows: int = 50,
    seed: int = 7,
) -> Reference:
    """Choose the reference of one cutoff among decided applicants.

    Parameters
    ----------
    scores : float64[n]
    favourable : bool[n], whether the person got the favourable outcome
    places : (seq, row) of each
    keys : digest of each one's content
    cutoff : needed for ``near_cutoff``
    at_cutoff : the outcome that the cutoff itself stands for; where it is adverse, an applicant
        exactly there was approved in spite of the score and did not pass
    rows, min_rows : at most and at least so many; ``rows`` at or above the number of candidates
        means exactly all of them

    Returns
    -------
    Reference
        ``candidates`` counts the window it was drawn from; ``rows`` are in the order of the keys.
        With fewer than ``min_rows``, ``cause`` says so and the reference is inconclusive.
    """
    scores = np.asarray(scores, dtype=np.float64)
    window = np.flatnonzero(np.isfinite(scores))
    if kind == "near_cutoff":
        if cutoff is None:
            window = window[:0]
        else:
            past = (cutoff - scores) if adverse_high else (scores - cutoff)
            passed = (past > 0) if at_cutoff == "adverse" else (past >= 0)
            window = np.flatnonzero(np.asarray(favourable, dtype=bool) & passed)
            nearest = sorted(window.tolist(), key=lambda at: (past[at], keys[at]))
            n = max(math.ceil(len(nearest) / _SHARE), min_rows)
            window = np.array(nearest[:n], dtype=np.int64)
    by_key = sorted(window.tolist(), key=lambda at: (keys[at], scores[at]))
    if len(by_key) > rows:
        drawn = np.random.default_rng(seed).choice(len(by_key), size=rows, replace=False)
        chosen = [by_key[at] for at in np.sort(drawn)]
    else:
        chosen = by_key
    of = scores[chosen]
    return Reference(
        kind=kind,
        digest=_digest(kind, cutoff, [keys[at] for at in chosen], of),
        n=len(chosen),
        candidates=len(by_key),
        cutoff=cutoff,
        mean_score=float(of.mean()) if len(of) else None,
        low=float(of.min()) if len(of) else None,
        high=float(of.max()) if len(of) else None,
        rows=tuple((int(places[at][0]), int(places[at][1])) for at in chosen),
        cause=_too_small(kind, len(chosen), cutoff, min_rows),
    )


def has_passed(decision: Decision, tier: float | None, sign: float) -> bool:
    """Return whether an applicant got what was decided on at a cutoff.

    Parameters
    ----------
    tier : the cutoff, where it is one of several tiers of one scale (R16); the applicant's own is the
        one that was missed, and who missed a stricter one was given something and passed this one
    sign : 1 where high scores are adverse, else -1
    """
    if decision.outcome == "favourable" or tier is None or decision.cutoff is None:
        return decision.outcome == "favourable"
    stricter = sign * (tier - decision.cutoff) > 0
    return stricter and decision.stage in SCORED_STAGES and decision.action not in _NOTHING_GIVEN


def _too_small(kind: str, n: int, cutoff: float | None, min_rows: int) -> str | None:
    if n >= min_rows:
        return None
    if kind == "near_cutoff" and cutoff is None:
        return "no cutoff is stated, so nobody is near it"
    who = "approved applicants at or past the cutoff" if kind == "near_cutoff" else "decided applicants"
    return f"only {n} {who}, fewer than {min_rows}"


def _digest(kind: str, cutoff: float | None, keys: Sequence[bytes], scores: NDArray[np.float64]) -> str:
    """Name a reference by what it holds: its kind, its cutoff, its rows and their scores."""
    named = hashlib.sha256(f"reference/1\n{kind}\n{'' if cutoff is None else cutoff.hex()}\n".encode())
    for key in keys:
        named.update(len(key).to_bytes(2, "little") + key)
    named.update(np.ascontiguousarray(scores + 0.0, dtype="<f8").tobytes())  # + 0.0: no -0.0
    return named.hexdigest()
