"""A host in this process: it holds the model itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from audit.host import Order
from audit.models import describe, open_classifier, open_model
from audit.record import Attributions, Classifier, Figure, Model, Pictured, ReasonCode, Scorer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audit.explain.behaviour import Setting
    from audit.host import Columns, Tell
    from audit.record.turned import Turned

IN_PROCESS = "none: in the process of the audit itself"


class LocalHost:
    """Opens the model at the first question; see ``audit.host.Host``."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._scorer: Scorer | None = None
        self._classifier: Classifier | None = None

    @property
    def path(self) -> str:
        """The model as the config names it."""
        return self._order.path

    @property
    def scorer(self) -> Scorer:
        """The model, opened once."""
        if self._scorer is None:
            order = self._order
            self._scorer = open_model(
                order.path,
                trust=order.trust,
                sha256=order.sha256,
                output=order.output,
                folder=order.folder,
                features=order.features,
            )
        return self._scorer

    @property
    def classifier(self) -> Classifier:
        """The model of pictures, opened once."""
        if self._classifier is None:
            order = self._order
            self._classifier = open_classifier(
                order.path, trust=order.trust, sha256=order.sha256, folder=order.folder
            )
        return self._classifier

    def model(self) -> Model:
        """Return what the model is."""
        return describe(self.classifier if self._order.reads == "pictures" else self.scorer)

    def walls(self) -> str:
        """Return that there are none."""
        return IN_PROCESS

    def score(self, rows: Columns) -> NDArray[np.float64]:
        """Return float64[n]."""
        return self.scorer.score(rows)

    def attribute(
        self,
        method: str,
        rows: Columns,
        reference: Columns,
        factors: Mapping[str, Sequence[str]],
        options: Mapping[str, Any],
        tell: Tell | None = None,
    ) -> Attributions:
        """Return what a method says of each row."""
        from audit.explain import explainer

        given = {**options, **({"progress": tell} if tell is not None else {})}
        return explainer(method).explain(self.scorer, rows, reference, factors, **given)

    def counterfactuals(
        self,
        rows: Columns,
        reference: Columns,
        codes: Sequence[ReasonCode],
        cutoffs: NDArray[np.float64],
        options: Mapping[str, Any],
        tell: Tell | None = None,
    ) -> list[Turned]:
        """Return, for each row, the changes that would have turned the decision, or why none is told."""
        from audit.explain.counterfactual import counterfactuals

        return counterfactuals(self.scorer, rows, reference, codes, cutoffs, **options, progress=tell)

    def classify(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return float64[n, classes]."""
        return self.classifier.scores(images)

    def pictures(
        self,
        method: str,
        images: NDArray[np.float32],
        targets: NDArray[np.int64],
        options: Mapping[str, Any],
        tell: Tell | None = None,
    ) -> Pictured:
        """Return what a method says of each picture."""
        from audit.explain.images import View, image_method

        view = View(options["low"], options["high"], options["baseline"])
        return image_method(method).explain(
            self.classifier, images, targets, view=view, seed=options["seed"], progress=tell
        )

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
        """Return what global methods say of the model."""
        from audit.explain.behaviour import pictures_of

        return pictures_of(setting, self.scorer, rows, groups, outcomes, reference, methods, cutoffs=cutoffs)

    def retrained(
        self,
        rows: Columns,
        outcomes: NDArray[np.float64],
        weights: NDArray[np.float64],
        held: Columns,
        seed: int,
    ) -> NDArray[np.float64]:
        """Return the scores of rows by a model trained anew."""
        from audit.models.retrained import retrained

        return retrained(self.scorer, rows, outcomes, weights, held, seed)

    def close(self) -> None:
        """Let go of the model."""
        self._scorer = self._classifier = None
