"""What goes into an ONNX model and what comes out: columns by name, and the output that is a score.

Classifiers give a label and probabilities: as a tensor, as a map a row (ZipMap), or as an output a
class. Labels are no scores. Of two probabilities beside a label the score is the second, as with
scikit-learn; of others ``model.output`` says which, by place or by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from audit.errors import ModelError

_NUMBERS = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}
TEXT = "tensor(string)"
_SCORES = ("tensor(float)", "tensor(double)")
_MAPS = ("seq(map(int64,tensor(float)))", "seq(map(string,tensor(float)))")


@dataclass(frozen=True)
class Input:
    """One input: its name, its type, and how many numbers one row has in it."""

    name: str
    kind: str
    width: int | None  # None: not stated
    flat: bool  # n values rather than n rows of one
    rows: int | None  # rows of each call, where the model fixes it

    def fed(self, values: Any) -> Any:
        """Return one column or matrix as this input takes it."""
        if self.kind == TEXT:
            shaped = np.asarray(values, dtype=object)
        else:
            shaped = np.asarray(values).astype(_NUMBERS[self.kind])
        return shaped.reshape(-1) if self.flat else shaped.reshape(len(shaped), -1)

    @property
    def whole(self) -> bool:
        """Whether it holds whole numbers, which know no missing value."""
        return self.kind in ("tensor(int64)", "tensor(int32)", "tensor(bool)")


def inputs_of(session: Any, name: str) -> tuple[Input, ...]:
    """Return the inputs in their order.

    Raises
    ------
    ModelError
        Where one is no column and no matrix of rows.
    """
    found = []
    for one in session.get_inputs():
        sizes = [size if isinstance(size, int) and size >= 0 else None for size in one.shape]
        if (one.type not in _NUMBERS and one.type != TEXT) or not 1 <= len(sizes) <= 2:
            raise ModelError(
                f"model {name}: its input {one.name!r} is a {one.type} of {len(sizes)} dimensions, which "
                "is no column. Give the model one input a column, or one matrix of all columns."
            )
        width = 1 if len(sizes) == 1 else sizes[1]
        found.append(Input(one.name, one.type, width, len(sizes) == 1, sizes[0]))
    if not found:
        raise ModelError(f"model {name}: it takes no input. Export the model that scores.")
    if len(found) > 1 and any(one.width not in (1, None) for one in found):
        raise ModelError(
            f"model {name}: its inputs have {', '.join(str(one.width) for one in found)} columns. "
            "Give the model one input a column, or one matrix of all columns."
        )
    return tuple(found)


@dataclass(frozen=True)
class Output:
    """The output that is the score: what is asked for, how a row's number is taken, and its name."""

    name: str
    take: Callable[[Any], Any]
    said: str


def output_of(session: Any, model: Any, output: int | str, name: str) -> Output:
    """Return the output that is the score.

    Raises
    ------
    ModelError
        Where there is no such output, or it gives several scores a row.
    """
    every = session.get_outputs()
    scores = [one for one in every if one.type in _SCORES or one.type in _MAPS]
    if not scores:
        raise ModelError(
            f"model {name}: it gives no numbers (outputs: {', '.join(one.name for one in every)}). "
            "Export it with its probabilities."
        )
    labelled = len(scores) < len(every)
    names = [one.name for one in scores]
    if output in names:
        return _single(scores[names.index(str(output))], model, labelled, 0, name)
    if len(scores) == 1:
        return _single(scores[0], model, labelled, output, name)
    if isinstance(output, int) and 0 <= output < len(scores):
        return _single(scores[output], model, labelled, 0, name)
    raise ModelError(
        f"model {name}: it has no output {output!r} (outputs: {', '.join(names)}). Correct model.output."
    )


def _single(one: Any, model: Any, labelled: bool, output: int | str, name: str) -> Output:
    """Return how the score is taken out of one output."""
    classes = _classes(model)
    zipped = one.type in _MAPS
    width = len(classes) if zipped else _width(one.shape)
    if width is None:
        width = len(classes) or 1
    known = classes if len(classes) == width else []
    if isinstance(output, str) and output in known:
        at = known.index(output)
    elif labelled and width == 2 and output in (0, 1):
        at = 1
    elif isinstance(output, int):
        at = output
    else:
        at = -1
    if not 0 <= at < width:
        what = f"classes: {', '.join(known)}" if known else f"it gives {width} a row"
        raise ModelError(f"model {name}: it has no output {output!r} ({what}). Correct model.output.")
    said = f"probability of {known[at]}" if known else one.name if width == 1 else f"{one.name}[{at}]"
    if zipped:
        key = known[at] if "string" in one.type else int(known[at])
        return Output(one.name, lambda rows: [row[key] for row in rows], said)
    return Output(one.name, lambda values: np.asarray(values).reshape(len(values), -1)[:, at], said)


def _width(shape: Sequence[Any]) -> int | None:
    if len(shape) < 2:
        return 1
    sizes = [size if isinstance(size, int) and size > 0 else None for size in shape[1:]]
    return None if None in sizes else int(np.prod([size for size in sizes if size is not None]))


def _classes(model: Any) -> list[str]:
    """Return the names of a classifier's classes, where its nodes state them and agree."""
    found: list[list[str]] = []
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name.startswith("classlabels"):
                words = [value.decode() for value in attribute.strings] or [str(v) for v in attribute.ints]
                if words and words not in found:
                    found.append(words)
    return found[0] if len(found) == 1 else []
