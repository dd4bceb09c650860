"""Reasons that changed though nothing about the applicant did (R21). Pure.

Two audits of the same applications, under two versions of a model, of a dictionary or of a comparison
group: of those refused in both whose inputs are the same, how many are told other reasons? An order
within the same reasons is counted beside that, because letters print it.

Why so, factors and not codes: a dictionary may number its codes anew, which tells nobody anything else.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from audit.record import Decision

Cell = float | str | None
SHARE = 0.05  # of the same applicants; more than that with another main reason is told
FEWEST = 30  # below so many the share is printed, and nobody is alarmed by it
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Told:
    """What a refused applicant was told: a digest of the inputs, and the factors of the reasons."""

    inputs: bytes
    factors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flips:
    """Reasons of the same applicants, then and now.

    ``n`` were refused in both audits with the same inputs; of ``changed`` refusals the inputs differ.
    ``pairs`` counts (main reason then, main reason now) where they differ, most frequent first.
    """

    n: int
    changed: int
    same: int  # the same reasons in the same order
    reordered: int  # the same reasons, in another order
    main: int  # another main reason
    pairs: tuple[tuple[str, str, int], ...] = ()

    @property
    def share(self) -> float | None:
        """How often the main reason flipped; None where nobody was refused twice."""
        return self.main / self.n if self.n else None

    @property
    def alarms(self) -> bool:
        """Whether more flipped than is to be expected of the same model."""
        return self.n >= FEWEST and self.main > SHARE * self.n


def told(decision: Decision, inputs: Mapping[str, Cell], common: Collection[str]) -> Told:
    """Return what a refusal told, with a digest of the inputs that both audits know."""
    cells = {name: inputs.get(name) for name in sorted(common)}
    digest = hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).digest()[:16]
    return Told(digest, tuple(reason.factor or reason.code for reason in decision.reasons))


def flips(then: Mapping[str, Told], now: Mapping[str, Told]) -> Flips:
    """Compare what the same applicants were told.

    Parameters
    ----------
    then, now : decision -> what was told, of refusals alone

    >>> a = {"D1": Told(b"x", ("income", "debt")), "D2": Told(b"y", ("debt",))}
    >>> b = {"D1": Told(b"x", ("debt", "income")), "D2": Told(b"z", ("income",))}
    >>> flips(a, b)
    Flips(n=1, changed=1, same=0, reordered=1, main=1, pairs=(('income', 'debt', 1),))
    """
    both = [(one, now[name]) for name, one in then.items() if name in now]
    alike = [(one, other) for one, other in both if one.inputs == other.inputs]
    pairs = Counter(
        (_main(one), _main(other)) for one, other in alike if one.factors[:1] != other.factors[:1]
    )
    return Flips(
        n=len(alike),
        changed=len(both) - len(alike),
        same=sum(one.factors == other.factors for one, other in alike),
        reordered=sum(
            one.factors != other.factors and set(one.factors) == set(other.factors) for one, other in alike
        ),
        main=pairs.total(),
        pairs=tuple((*pair, n) for pair, n in sorted(pairs.items(), key=lambda p: (-p[1], p[0]))[:_SHOWN]),
    )


def _main(one: Told) -> str:
    return one.factors[0] if one.factors else "none"
