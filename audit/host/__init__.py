"""Who holds the model and asks it: a process of its own, behind the walls of ``audit.sandbox``.

A ``Host`` opens one model and answers with numbers: what it is, what it scores, what each method
says of it. Everything else (data, decisions, counts, reasons, keys, the ledger) stays with the
driver, which never imports a model.

Why so: a model that runs code can do what it likes to the process that it runs in. Were decisions
counted there, it could change the counts of its own audit. So only what a model may say anyway
crosses back: numbers, which the driver checks for number and size.

Why so, ``start`` as a variable: the same answers come from a host in the driver's own process
(``LocalHost``), which is what the child itself runs, and what tests run that build hundreds of audits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audit.config import Config
    from audit.explain.behaviour import Setting
    from audit.record import Attributions, Figure, Model, Pictured, ReasonCode, Trust
    from audit.record.turned import Turned

    Columns = Mapping[str, NDArray[Any]]
    Tell = Callable[[int], None]

__all__ = ["Host", "Order", "host_of", "start"]


@dataclass(frozen=True, slots=True)
class Order:
    """Which model a host is to open; the arguments of ``audit.models.open_model``.

    ``hidden`` are files beside the model that it must not be able to read: the ledger, its keys, the
    applications and the recipients. ``reads`` says what the model is given: a model of pictures answers
    ``classify`` and ``pictures``, one of columns all others.
    """

    path: str
    folder: Path
    trust: Trust | None = None
    sha256: str | None = None
    output: int | str = 0
    features: tuple[str, ...] = ()
    hidden: tuple[Path, ...] = ()
    reads: Literal["columns", "pictures"] = "columns"


class Host(Protocol):
    """Holds one model and asks it."""

    def model(self) -> Model:
        """Return what the model is; the first call waits until it is open.

        Raises
        ------
        ModelError
            It cannot be opened.
        """

    def walls(self) -> str:
        """Return which walls stand around it, in words."""

    def score(self, rows: Columns) -> NDArray[np.float64]:
        """Return float64[n].

        Raises
        ------
        ModelError
            A score that is not finite, or not one score a row.
        """

    def attribute(
        self,
        method: str,
        rows: Columns,
        reference: Columns,
        factors: Mapping[str, Sequence[str]],
        options: Mapping[str, Any],
        tell: Tell | None = None,
    ) -> Attributions:
        """Return what a method says of each row; ``tell`` is called with the number of rows done.

        Raises
        ------
        UsageError, ModelError
            The method cannot be used on this model, with the cause.
        """

    def counterfactuals(
        self,
        rows: Columns,
        reference: Columns,
        codes: Sequence[ReasonCode],
        cutoffs: NDArray[np.float64],
        options: Mapping[str, Any],
        tell: Tell | None = None,
    ) -> list[Turned]:
        """Return, for each row, the changes that would have turned the decision, or why none is told.

        Parameters
        ----------
        options : the keywords of ``audit.explain.counterfactual.counterfactuals``
        """

    def classify(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return float64[n, classes]: the score of each class for each picture.

        Raises
        ------
        UsageError
            The pictures have another size than the model reads.
        ModelError
            A score that is not finite.
        """

    def pictures(
        self,
        method: str,
        images: NDArray[np.float32],
        targets: NDArray[np.int64],
        options: Mapping[str, Any],
        tell: Tell | None = None,
    ) -> Pictured:
        """Return what a method says of each picture; ``tell`` is called with the number of pictures done.

        Parameters
        ----------
        targets : int64[n], the class of each picture that is explained
        options : ``low``, ``high`` and ``baseline`` of ``audit.explain.images.View``, and ``seed``

        Raises
        ------
        UsageError
            The method cannot be used on this model, or its library is not installed.
        """

    def behaviour(
        self,
        setting: Setting,
        rows: Columns,
        groups: Mapping[str, NDArray[Any]],
        outcomes: NDArray[np.float64] | None,
        reference: Columns | None,
        methods: Sequence[str],
        *,
        cutoffs: NDArray[np.float64] | None = None,
    ) -> tuple[Figure, ...]:
        """Return what global methods say of the model; see ``audit.explain.behaviour.pictures_of``."""

    def retrained(
        self,
        rows: Columns,
        outcomes: NDArray[np.float64],
        weights: NDArray[np.float64],
        held: Columns,
        seed: int,
    ) -> NDArray[np.float64]:
        """Return the scores of ``held`` rows by a model trained anew; see ``audit.models.retrained``.

        What this host holds is then the function that trains.

        Raises
        ------
        ModelError
            It raised, gave no function, or gave scores that are none.
        """

    def close(self) -> None:
        """End it; a second time does nothing."""


def _child(order: Order) -> Host:
    from audit.host.child import ChildHost

    return ChildHost(order)


start: Callable[[Order], Host] = _child


def host_of(config: Config, hidden: Sequence[Path] = ()) -> Host | None:
    """Start the host of a config's model; None where no model is opened.

    It returns at once: the model opens while the driver reads the data.
    """
    from audit.models import as_trust

    section = config.model
    if section is None or section.path is None:
        return None
    return start(
        Order(
            path=section.path,
            folder=config.folder,
            trust=as_trust(section.trust),
            sha256=section.sha256,
            output=section.output,
            features=tuple(config.data.features),
            hidden=tuple(hidden),
        )
    )
