"""``ImagesConfig``: an audit of a model that reads pictures, `audit.kind: images`.

Its sections have the names of the others, and fewer keys. Keys of decisions, letters and groups are
refused by name: pictures are classified here and nobody is decided on, so what they ask for would
never be done.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PrivateAttr

from audit.config.environment import expand, secret_faults
from audit.config.faults import read_model
from audit.config.load import in_order
from audit.config.model import TrustSection
from audit.config.reader import Lines, read_yaml
from audit.config.schema import Config, FindingWord
from audit.config.section import (
    Date,
    Label,
    Many,
    OneOf,
    Positive,
    Section,
    Sha256,
    Text,
    Unique,
    Whole,
    endings,
    refusal,
)
from audit.errors import ConfigError, Fault

KIND = "images"
METHODS = ("xrai", "integrated_gradients", "smoothgrad", "grad_cam")
MODELS = (".keras", ".h5")
_FOREIGN = "this is of decisions about people, and an audit of pictures has none"


def _model_path(path: str) -> str:
    if not path.lower().endswith(MODELS):
        raise refusal(f"no model of pictures is read from {path[:60]!r}", f"Use one of {', '.join(MODELS)}")
    return path


class ImagesAuditSection(Section):
    """What this audit is."""

    name: Text
    owner: Text
    as_of: Date
    """The day whose law is in force."""

    kind: Literal["images"]


class ImagesModelSection(Section):
    """The model: a Keras file with one input of pictures and one number a class."""

    path: Annotated[Text, AfterValidator(_model_path), Field(json_schema_extra={"pattern": endings(MODELS)})]
    """A .keras or .h5 file beside the config."""

    sha256: Sha256 | None = None
    trust: TrustSection | None = None
    """Mandatory where the file carries code of its own."""

    version: Text | None = None
    """The model's version; by default the first 16 digits of its digest."""


class ImagesDataSection(Section):
    """The pictures, each with what it shows."""

    path: Text
    """An .npz file, or a folder with one folder a class, named as the class."""

    images: Text = "images"
    """Of an .npz file: the array of the pictures, [n, height, width] or with channels behind."""

    label: Text = "labels"
    """Of an .npz file: the array that says what each picture shows."""

    id: Text | None = None
    """Of an .npz file: the array that names each picture; by default its place."""

    classes: Annotated[Many[Label], Field(min_length=2), Unique("class")] | None = None
    """What the model's outputs stand for, in their order; by default labels are their numbers from 0."""

    range: Annotated[Many[float], Field(min_length=2, max_length=2)] | None = None
    """The values of black and white that the model was trained on; by default those of the file as it is."""


class ImagesExplainSection(Section):
    """Which methods explain how many pictures, and how many are shown."""

    also: Annotated[Many[Annotated[Text, OneOf("method for pictures", METHODS)]], Unique("method")] = METHODS
    sample: Positive = 50
    """Pictures that are explained, drawn by the seed."""

    baseline: Literal["black", "gray", "white"] = "black"
    """The picture that shows nothing: where integrated gradients start, and what hides pixels."""

    shown: Annotated[int, Field(ge=0, le=12)] = 6
    """Pictures that are sealed and printed in clear; 0 where nobody may see them."""


class ImagesConfig(Section):
    """The whole config of an audit of pictures."""

    audit: ImagesAuditSection
    model: ImagesModelSection
    data: ImagesDataSection
    explain: ImagesExplainSection = Field(default_factory=ImagesExplainSection)
    policies: Annotated[Many[Text], Unique("policy")] = ()
    """Packs by name, and folders of house policies."""

    fail_on: Annotated[Many[FindingWord], Unique("outcome")] = ("not_met", "error")
    seed: Whole = 7

    _path: Path = PrivateAttr(default=Path("config"))
    _folder: Path = PrivateAttr(default=Path())
    _lines: Lines = PrivateAttr(default_factory=lambda: Lines("config"))

    @property
    def path(self) -> Path:
        """The config file as the user named it."""
        return self._path

    @property
    def folder(self) -> Path:
        """The folder that the config's paths start from, absolute."""
        return self._folder

    @property
    def lines(self) -> Lines:
        """Where each value stands in the file."""
        return self._lines

    def file(self, written: str) -> Path:
        """Return where a path of the config lies."""
        return self._folder / expand(written)

    def resolved(self) -> dict[str, Any]:
        """Return the whole config as JSON values, defaults written out and ``${NAME}`` as written."""
        return self.model_dump(mode="json", by_alias=True)


def is_of_images(source: Path | str | Mapping[str, Any]) -> bool:
    """Return whether a config says `audit.kind: images`; a file that cannot be read does not."""
    data: Any = source
    if not isinstance(source, Mapping):
        try:
            data, _ = read_yaml(source)
        except ConfigError:
            return False  # whoever reads it next tells what is wrong with it
    audit = data.get("audit") if isinstance(data, Mapping) else None
    return isinstance(audit, Mapping) and audit.get("kind") == KIND


def read_images_config(
    source: Path | str | Mapping[str, Any], *, folder: Path | None = None
) -> tuple[ImagesConfig | None, tuple[Fault, ...]]:
    """Read the config of an audit of pictures, and return its faults instead of raising them."""
    if isinstance(source, Mapping):
        path, data, lines = Path("config"), dict(source), Lines("config")
        folder = Path.cwd() if folder is None else folder
    else:
        path = Path(source)
        folder = path.parent if folder is None else folder
        data, lines = read_yaml(path)
    faults = list(secret_faults(data, lines))
    for key in [key for key in data if key in Config.model_fields and key not in ImagesConfig.model_fields]:
        faults.append(lines.fault((key,), _FOREIGN, "Remove this key, or write kind: population"))
        del data[key]
    config, refused = read_model(ImagesConfig, data, lines)
    faults += refused
    if config is not None:
        placed = config.model_copy()
        placed._path, placed._folder, placed._lines = path, folder.resolve(), lines
        config = placed
        faults += _fitting(config)
    return config, in_order(faults)


def load_images_config(source: Path | str | Mapping[str, Any], *, folder: Path | None = None) -> ImagesConfig:
    """Read and check the config of an audit of pictures.

    Raises
    ------
    ConfigError
        With all faults, each with its line.
    """
    config, faults = read_images_config(source, folder=folder)
    if faults or config is None:
        raise ConfigError(faults)
    return config


def _fitting(config: ImagesConfig) -> list[Fault]:
    found, fault = [], config.lines.fault
    data = config.data
    if data.range is not None and data.range[0] >= data.range[1]:
        fact = f"black ({data.range[0]:g}) is not below white ({data.range[1]:g})"
        found.append(fault(("data", "range"), fact, "Write [black, white]"))
    for loc, written in ((("model", "path"), config.model.path), (("data", "path"), data.path)):
        place = config.file(written)
        is_folder = place.is_dir() and loc[0] == "data"
        if not place.is_file() and not is_folder:
            fact = f"there is no {loc[0]} file {written}"
            way_out = "Name a file that exists; paths start at the config's folder"
            found.append(fault(loc, fact, way_out))
        elif loc[0] == "data" and not is_folder and place.suffix.lower() != ".npz":
            way_out = "Name an .npz file, or a folder with one folder a class"
            found.append(fault(loc, f"no pictures are read from {written[:60]!r}", way_out))
        elif is_folder:
            given = [key for key in ("images", "label", "id") if key in data.model_fields_set]
            for key in given:
                fact = "a folder of pictures has no arrays: a picture's label is the folder that it lies in"
                found.append(fault(("data", key), fact, "Remove this key"))
    return found
