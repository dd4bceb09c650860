"""Kernel least squares: Shapley values as the best additive fit to some coalitions, shared by all rows.

Coalitions are drawn by the kernel's weight of their size, each with its complement; the fit, which is
held to sum to what is to be explained, is a matrix of contrasts that depends on the draw alone. So it
is one more maker of ``phi = C @ y``: all rows share C, and each coalition is valued against the whole
reference. Several draws of the same size are made; what they differ by is the standard error.

Source: Lundberg and Lee 2017, section 4.1; Covert and Lee 2021, arXiv 2012.01536, for drawing in pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.explain.design import contracted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.explain.game import Game

DRAWS = 8  # designs of one size; their spread is the error of their mean


@dataclass(frozen=True, eq=False)
class KernelDesign:
    """One draw.

    Attributes
    ----------
    coalitions : bool[m, k]; the first is empty and the last is full
    contrasts : float64[k, m], with ``phi = contrasts @ y`` for the values y of the coalitions
    """

    coalitions: NDArray[np.bool_]
    contrasts: NDArray[np.float64]


def kernel_design(n_players: int, n_coalitions: int, seed: int, draw: int = 0) -> KernelDesign:
    """Draw a design.

    Parameters
    ----------
    n_players : at least 2
    n_coalitions : drawn, in pairs, beside the empty and the full one; more where these determine no fit
    seed, draw : the same two give the same design, whatever is explained with it

    >>> design = kernel_design(2, 4, seed=1)
    >>> design.coalitions.astype(int).tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> design.contrasts.round(6).tolist()
    [[-0.5, -0.5, 0.5, 0.5], [-0.5, 0.5, -0.5, 0.5]]
    """
    generator = np.random.default_rng([seed, n_players, n_coalitions, draw])
    sizes = np.arange(1, n_players)
    weight = 1.0 / (sizes * (n_players - sizes))
    drawn = np.empty((0, n_players), dtype=bool)
    while len(drawn) < n_coalitions or np.linalg.matrix_rank(drawn.astype(np.float64)) < n_players:
        wanted = generator.choice(sizes, size=max(1, (n_coalitions + 1) // 2), p=weight / weight.sum())
        ranks = np.argsort(generator.random((len(wanted), n_players)), axis=1)
        half = ranks < wanted[:, None]
        drawn = np.concatenate([drawn, half, ~half])
    coalitions, times = np.unique(drawn, axis=0, return_counts=True)
    nobody, everybody = np.zeros((1, n_players), dtype=bool), np.ones((1, n_players), dtype=bool)
    return KernelDesign(
        np.concatenate([nobody, coalitions, everybody]), fit(coalitions, times.astype(np.float64))
    )


def kernel_designs(n_players: int, n_coalitions: int, seed: int) -> list[KernelDesign]:
    """Return several draws of the same size, of ``n_coalitions`` together."""
    return [kernel_design(n_players, max(2, n_coalitions // DRAWS), seed, draw) for draw in range(DRAWS)]


def fitted(
    played: Game, rows: NDArray[Any], designs: Sequence[KernelDesign]
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yield the values float64[players] of each row, and the covariance of their errors."""
    found = np.stack(
        [contracted(one.contrasts, played.means(rows, one.coalitions)) for one in designs], axis=1
    )
    for one in found:
        apart = one - one.mean(axis=0)
        yield one.mean(axis=0), apart.T @ apart / (len(designs) * (len(designs) - 1))


def fit(coalitions: NDArray[np.bool_], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the least-squares fit as contrasts float64[k, m + 2]: of the empty, these, the full coalition.

    With all coalitions and the kernel's weights it is the Shapley value itself.
    """
    z = coalitions.astype(np.float64)
    moments = z.T @ (weights[:, None] * z)
    fitted = np.linalg.solve(moments, (weights[:, None] * z).T)
    one = np.linalg.solve(moments, np.ones(z.shape[1]))
    one /= one.sum()
    # phi = fit (y - y0) + one ((y1 - y0) - sum of the fit): it sums to what is to be explained.
    inner = fitted - np.outer(one, fitted.sum(axis=0))
    empty = -inner.sum(axis=1) - one
    return np.column_stack([empty, inner, one])
