"""Shapley values of factors: the one method that letters quote.

Up to ``exact_up_to`` factors all coalitions are valued against the whole reference: no sampling, no
error but that of the arithmetic. Above that, orders are sampled for each reference row, and a row
whose ranking is not settled at ``z`` standard errors is asked again: with more orders, then exactly
where the number of factors allows it. What stays unsettled is ``certified: false``, and its notice
is held.

A score that is a plain sum of the leaves of trees is exact for any number of factors: each leaf's share
of each factor has a closed form (``audit.models.tree_mixing``).

Why so, the floor and ``at_most`` here: an order matters only where it decides what is printed
(``certainty``), so the rule of what is printed must be known before more is asked of the model.

Source: regulation B, comment 9(b)(2)-5; Shapley 1953; Lundberg and Lee 2017 for the value function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import UsageError
from audit.explain.certainty import Rule, certified
from audit.explain.design import (
    all_coalitions,
    antithetic_orders,
    contracted,
    digest,
    exact_contrasts,
    shares,
)
from audit.explain.game import Game, game
from audit.explain.kernel import fitted
from audit.record import Attributions, Certified, Scorer

if TYPE_CHECKING:
    from numpy.typing import NDArray

name = "shapley"
needs: frozenset[str] = frozenset()
axioms = frozenset({"complete", "unused_is_zero", "symmetric", "seeded", "batch_invariant", "linear"})
complete_within = 1e-6
source = "12 CFR 1002.9(b)(2), comment 5; Shapley (1953), interventional, factors as players"

_VALUES = 1 << 21  # numbers held at once between scoring and contracting: what memory is reused for
_EXACT_PLAYERS = 14  # beyond it all coalitions are out of reach for anyone's budget
_FIRST_PAIRS, _MORE_PAIRS = 2, 16
_KERNEL_COALITIONS = 8  # for each pair and player
SAMPLINGS = ("orders", "kernel")


def explain(
    scorer: Scorer,
    rows: Any,
    reference: Any,
    factors: Mapping[str, Sequence[str]],
    *,
    exact_up_to: int = 10,
    seed: int = 7,
    adverse: str = "high",
    at_most: int = 4,
    floor: float = 0.05,
    tolerance: float = 1e-5,
    z: float = 4.0,
    escalate: bool = True,
    sampling: str = "orders",
    budget: int = 1 << 24,
    progress: Callable[[int], None] | None = None,
) -> Attributions:
    """Return the Shapley value of each factor for each row.

    Parameters
    ----------
    scorer : any Scorer; one with ``mixed_mean`` or ``mixed`` is faster
    rows, reference : polars frames, or dicts of columns
    factors : factor -> its columns, attributed as one player each
    exact_up_to : number of factors up to which all coalitions are valued
    seed : of the sampled orders; the same seed gives the same bytes
    adverse : ``high`` or ``low``: which scores are bad; matters for ``certified`` alone
    sampling : how factors above ``exact_up_to`` are sampled: ``orders`` (stratified and antithetic) or
        ``kernel`` (least squares over coalitions drawn by the kernel's weight)
    escalate : whether unsettled rows are asked again; for rows without a notice it is not needed
    budget : evaluations a row that the exact answer to an unsettled row may cost
    progress : called with the number of rows done, now and then

    Returns
    -------
    Attributions
        In the unit of the score, not oriented. ``base`` is the mean score of the reference.
    """
    if sampling not in SAMPLINGS:
        raise UsageError(
            f"explain: no sampling {sampling!r} (one of {', '.join(SAMPLINGS)}). Name one of these"
        )
    played = game(scorer, rows, reference, factors)
    output = scorer.score_encoded(played.rows)
    tell = progress or (lambda done: None)
    rule = Rule(at_most=at_most, floor=floor, tolerance=tolerance, z=z)
    sign = 1.0 if adverse == "high" else -1.0
    exact = len(played.players) <= max(1, exact_up_to)  # of one player there is no order to draw
    details: dict[str, Any] = {
        "n_reference": len(played.reference),
        "players": len(played.players),
        "exact": exact,
        "seed": seed,
    }
    closed = None if exact else played.shares()
    if closed is not None:
        values, base = closed, np.full(len(closed), scorer.score_encoded(played.reference).mean())
        covariances: list[NDArray[np.float64] | None] = [None] * len(values)
        details["exact"] = exact = True
        tell(len(values))
    elif exact:
        values, base = _exact(played, played.rows, tell)
        covariances = [None] * len(values)
        details["evaluations"] = len(played.reference) << len(played.players)
        details["design"] = exact_digest(len(played.players))
    else:
        ways = (_FIRST_PAIRS, _MORE_PAIRS) if escalate else (_FIRST_PAIRS,)
        values, base, covariances, steps = _sampled(
            played,
            output,
            ways=ways,
            budget=budget if escalate else 0,
            seed=seed,
            sign=sign,
            rule=rule,
            sampling=sampling,
            tell=tell,
        )
        details.update(steps)
    spread = played.spread(values)
    errors = None
    if not exact:
        found = [_errors(covariance, len(played.players)) for covariance in covariances]
        errors = played.spread(np.array(found).reshape(values.shape))
    verdicts: tuple[Certified, ...] = tuple(
        certified(sign * row, covariance, rule) for row, covariance in zip(values, covariances, strict=True)
    )
    return Attributions(
        method=name,
        factors=played.factors,
        values=spread,
        base=base,
        output=output,
        residual=output - base - spread.sum(axis=1),
        standard_error=errors,
        certified=verdicts,
        details=details,
    )


def exact_digest(n_players: int) -> str:
    """Return the digest of the design with which so many players are valued exactly."""
    return digest(all_coalitions(n_players), exact_contrasts(n_players))


def _exact(
    played: Game, rows: NDArray[Any], tell: Callable[[int], None]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the values float64[n, players] and the base float64[n], over all coalitions."""
    n_players = len(played.players)
    contrasts = exact_contrasts(n_players)
    values, base = np.empty((len(rows), n_players)), np.empty(len(rows))
    at_once = max(1, min(512, _VALUES >> n_players))
    for start in range(0, len(rows), at_once):
        scores = played.means_of_all(rows[start : start + at_once])
        values[start : start + at_once] = contracted(contrasts, scores)
        base[start : start + at_once] = scores[:, 0]
        tell(min(len(rows), start + at_once))
    return values, base


def _sampled(
    played: Game,
    output: NDArray[np.float64],
    *,
    ways: tuple[int, ...],
    budget: int,
    seed: int,
    sign: float,
    rule: Rule,
    sampling: str,
    tell: Callable[[int], None],
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[NDArray[np.float64] | None], dict[str, Any]]:
    """Return values, base, covariances, and how many rows each step was asked for."""
    n, n_players = len(played.rows), len(played.players)
    empty = played.scorer.score_encoded(played.reference)
    values = np.zeros((n, n_players))
    base = np.full(n, empty.mean())
    covariances: list[NDArray[np.float64] | None] = [None] * n
    full = _full(played, output)
    open_rows = np.arange(n)
    affordable = n_players <= _EXACT_PLAYERS and len(played.reference) << n_players <= budget
    steps: dict[str, Any] = {}
    for pairs in ways:
        steps[f"rows_with_{pairs}_pairs"] = len(open_rows)
        if sampling == "kernel":
            # As many coalitions as orders of that many pairs pass through, for one reference row.
            asked = pairs * _KERNEL_COALITIONS * n_players
            values[open_rows], found, steps["design"] = fitted(played, played.rows[open_rows], asked, seed)
            for place, covariance in zip(open_rows, found, strict=True):
                covariances[place] = covariance
        else:
            design = antithetic_orders(n_players, len(played.reference), pairs, seed)
            steps["design"] = digest(design.orders)
            at_once = max(1, _VALUES // max(1, len(design.coalitions)))
            for start in range(0, len(open_rows), at_once):
                some = open_rows[start : start + at_once]
                scores = played.each(played.rows[some], design.coalitions, design.background)
                for place, row in zip(some, scores, strict=True):
                    values[place], covariances[place] = shares(design, row, empty, full[place])
                if pairs == ways[0]:
                    tell(min(n, start + at_once))
        if pairs == ways[0]:
            tell(n)
        if pairs == ways[-1] and not affordable:
            return values, base, covariances, steps
        open_rows = np.array(
            [at for at in open_rows if certified(sign * values[at], covariances[at], rule) == "false"],
            dtype=np.int64,
        )
        if not len(open_rows):
            return values, base, covariances, steps
    steps["rows_exact"] = len(open_rows)
    values[open_rows], base[open_rows] = _exact(played, played.rows[open_rows], lambda done: None)
    for place in open_rows:
        covariances[place] = None
    return values, base, covariances, steps


def _full(played: Game, output: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the score of each row with all players' columns: its own, unless some column has none."""
    if played.owned.any(axis=0).all():
        return output
    everyone = np.ones((1, len(played.players)), dtype=bool)
    return played.means(played.rows, everyone)[:, 0]


def _errors(covariance: NDArray[np.float64] | None, n_players: int) -> NDArray[np.float64]:
    return np.zeros(n_players) if covariance is None else np.sqrt(np.maximum(np.diag(covariance), 0.0))
