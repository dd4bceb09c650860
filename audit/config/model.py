"""``model``: what scores, or the column that its scores stand in already."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from audit.config.section import Date, Section, Sha256, Text, Whole, endings, refusal

BUILT = (
    ".keras", ".h5", ".skops", ".joblib", ".pkl", ".pickle", ".json", ".ubj", ".txt", ".onnx",
)  # fmt: skip
PICKLES = (".joblib", ".pkl", ".pickle")
_FUNCTION = re.compile(r"python:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_PATTERN = rf"^{_FUNCTION.pattern}$|^(?!python:).*({endings(BUILT)}|/$)"
_USE = f"Use one of {', '.join(BUILT)}, a SavedModel's folder/, or python:package.module:function"


def _model_path(path: str) -> str:
    if path.startswith("python:"):
        if not _FUNCTION.fullmatch(path):
            raise refusal(f"{path[:60]!r} names no function", "Write python:package.module:function")
        return path
    lower = path.lower()
    if lower.endswith((*BUILT, "/")):
        return path
    if lower.endswith(".pb"):
        raise refusal(f"{path[:60]!r} is a part of a SavedModel", "Name its folder, with a / at the end")
    raise refusal(f"no model format is known for {path[:60]!r}", _USE)


def _output(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise refusal("this names no output", "Give its index (0, 1 …) or its name")
    return value


class TrustSection(Section):
    """Who allowed a format that can run code, why, and when; printed in the report."""

    by: Text
    reason: Text
    date: Date


class ModelSection(Section):
    """The model: a file, a function, or a column of scores."""

    path: (
        Annotated[Text, AfterValidator(_model_path), Field(json_schema_extra={"pattern": _PATTERN})] | None
    ) = None
    """A model beside the config (.keras .h5 .skops .joblib .json .ubj .txt .onnx, a SavedModel's folder/)
    or python:package.module:function."""

    scores: Text | None = None
    """The column of the data that holds the scores, where no model is opened."""

    sha256: Sha256 | None = None
    """Digest of the model's file; mandatory for pickles."""

    trust: TrustSection | None = None
    """Mandatory for formats and functions that run code."""

    output: Annotated[Whole | Text, BeforeValidator(_output, json_schema_input_type=Whole | Text)] = 0
    """Index or name of the model's output."""

    version: Text | None = None
    """The model's version; by default the first 16 digits of its digest."""

    @property
    def is_function(self) -> bool:
        """Whether it is a Python function."""
        return self.path is not None and self.path.startswith("python:")

    @property
    def is_pickle(self) -> bool:
        """Whether opening the file runs what is written in it."""
        return self.path is not None and self.path.lower().endswith(PICKLES)

    @property
    def is_folder(self) -> bool:
        """Whether it is a SavedModel, which is a folder and a program."""
        return self.path is not None and self.path.endswith("/")
