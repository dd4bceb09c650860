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

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import UsageError
from audit.explain.certainty import Rule, certified, exactly
from audit.explain.design import (
    Orders,
    all_coalitions,
    antithetic_orders,
    contracted,
    digest,
    exact_contrasts,
    gains,
    shares,
)
from audit.explain.game import Game, Walks, game
from audit.explain.kernel import fitted, kernel_designs
from audit.record import Attributions, Certified, Scorer

if TYPE_CHECKING:
    from numpy.typing import NDArray

name = "shapley"
needs: frozenset[str] = frozenset()
axioms = frozenset({"complete", "unused_is_zero", "symmetric", "seeded", "batch_invariant", "linear"})
complete_within = 1e-6
source = "12 CFR 1002.9(b)(2), comment 5; Shapley (1953), interventional, factors as players"

_VALUES = 1 << 21  # numbers held at once between scoring and contracting: what memory is reused for
_WALKED = 1 << 18  # mixes of one row from which on compiling the fastest way is worth its seconds
_EXACT_PLAYERS = 14  # beyond it all coalitions are out of reach for anyone's budget
_FIRST_PAIRS, _MORE_PAIRS = 2, 16
_TOLD = 256  # rows between two words of progress
_KERNEL_COALITIONS = 8  # for each pair and player
_Answers = Iterator[tuple["NDArray[np.float64]", "NDArray[np.float64]"]]
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
    errors = None
    if closed is not None:
        values, base = closed, np.full(len(closed), scorer.score_encoded(played.reference).mean())
        details["exact"] = exact = True
        tell(len(values))
    elif exact:
        values, base = _exact(played, played.rows, tell)
        details["evaluations"] = len(played.reference) << len(played.players)
        details["design"] = exact_digest(len(played.players))
    else:
        ways = (_FIRST_PAIRS, _MORE_PAIRS) if escalate else (_FIRST_PAIRS,)
        sampled = _sampled(
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
        values, base, errors = sampled.values, sampled.base, played.spread(sampled.errors)
        details.update(sampled.steps)
    verdicts = exactly(sign * values, rule) if exact else tuple(sampled.verdicts)
    spread = played.spread(values)
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
    walker = played.walker() if len(played.reference) << n_players >= _WALKED else None
    for start in range(0, len(rows), at_once):
        some = rows[start : start + at_once]
        scores = played.means_of_all(some) if walker is None else walker.all_means(some)
        values[start : start + at_once] = contracted(contrasts, scores)
        base[start : start + at_once] = scores[:, 0]
        tell(min(len(rows), start + at_once))
    return values, base


@dataclass(frozen=True, eq=False)
class _Sampled:
    """What was found of n rows, and how many rows each step was asked for."""

    values: NDArray[np.float64]
    base: NDArray[np.float64]
    errors: NDArray[np.float64]
    verdicts: list[Certified]
    steps: dict[str, Any]


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
) -> _Sampled:
    """Ask all rows, and those that stay unsettled again; a row keeps its verdict, not its covariance."""
    n, n_players = len(played.rows), len(played.players)
    empty = played.scorer.score_encoded(played.reference)
    values, errors = np.zeros((n, n_players)), np.zeros((n, n_players))
    base, full = np.full(n, empty.mean()), _full(played, output)
    verdicts: list[Certified] = ["false"] * n
    steps: dict[str, Any] = {}
    # Where a column has no owner, the full score is another one beside each reference row.
    walker = played.walker() if sampling == "orders" and played.owned.any(axis=0).all() else None
    open_rows = np.arange(n)
    for pairs in ways:
        steps[f"rows_with_{pairs}_pairs"] = len(open_rows)
        if sampling == "kernel":
            steps["design"], found = _by_kernel(played, open_rows, pairs, seed)
        else:
            design = antithetic_orders(n_players, len(played.reference), pairs, seed)
            steps["design"] = digest(design.orders)
            found = _by_orders(played, walker, design, open_rows, empty, full)
        for done, (at, (value, covariance)) in enumerate(zip(open_rows, found, strict=True), start=1):
            values[at], errors[at] = value, np.sqrt(np.maximum(np.diag(covariance), 0.0))
            verdicts[at] = certified(sign * value, covariance, rule)
            if pairs == ways[0] and (done == n or done % _TOLD == 0):
                tell(done)
        open_rows = np.array([at for at in open_rows if verdicts[at] == "false"], dtype=np.int64)
    affordable = n_players <= _EXACT_PLAYERS and len(played.reference) << n_players <= budget
    if affordable and len(open_rows):
        steps["rows_exact"] = len(open_rows)
        values[open_rows], base[open_rows] = _exact(played, played.rows[open_rows], lambda done: None)
        errors[open_rows] = 0.0
        for at, verdict in zip(open_rows, exactly(sign * values[open_rows], rule), strict=True):
            verdicts[at] = verdict
    return _Sampled(values, base, errors, verdicts, steps)


def _by_kernel(played: Game, which: NDArray[np.int64], pairs: int, seed: int) -> tuple[str, _Answers]:
    """Return the digest of the designs, and values and covariance of some rows by least squares."""
    # As many coalitions as orders of that many pairs pass through, for one reference row.
    n_coalitions = pairs * _KERNEL_COALITIONS * len(played.players)
    designs = kernel_designs(len(played.players), n_coalitions, seed)
    at_once = max(1, _VALUES // n_coalitions)

    def answers() -> _Answers:
        for start in range(0, len(which), at_once):
            yield from fitted(played, played.rows[which[start : start + at_once]], designs)

    return digest(*(part for one in designs for part in (one.coalitions, one.contrasts))), answers()


def _by_orders(
    played: Game,
    walker: Walks | None,
    design: Orders,
    which: NDArray[np.int64],
    empty: NDArray[np.float64],
    full: NDArray[np.float64],
) -> _Answers:
    """Yield values and covariance of some rows, from what each joining changed along the orders."""
    at_once = max(1, _VALUES // design.orders.size)
    for start in range(0, len(which), at_once):
        some = which[start : start + at_once]
        for changed in _gains(played, walker, design, some, empty, full):
            yield shares(changed)


def _gains(
    played: Game,
    walker: Walks | None,
    design: Orders,
    which: NDArray[np.int64],
    empty: NDArray[np.float64],
    full: NDArray[np.float64],
) -> Iterable[NDArray[np.float64]]:
    """Return what each joining changed, float64[reference rows, pairs, players], for some rows."""
    rows = played.rows[which]
    if walker is not None:
        return walker.along(rows, design.orders, empty, full[which])
    scores = played.each(rows, design.coalitions, design.background)
    return (gains(design, row, empty, whole) for row, whole in zip(scores, full[which], strict=True))


def _full(played: Game, output: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the score of each row with all players' columns: its own, unless some column has none."""
    if played.owned.any(axis=0).all():
        return output
    everyone = np.ones((1, len(played.players)), dtype=bool)
    return played.means(played.rows, everyone)[:, 0]
