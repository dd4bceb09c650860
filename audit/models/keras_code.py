"""What a Keras file would run if it were opened: read from its config, before anything is loaded.

A ``.keras`` file is a zip with ``config.json``; an ``.h5`` file keeps the same JSON in its
attribute ``model_config``. Layers of Keras itself are data. A Lambda, a layer that wraps a
SavedModel, and any class or function that is not Keras's own are programs.

Why so: CVE-2025-9905 (``.h5`` ignored ``safe_mode``) and CVE-2025-9906 (a config that switched it
off) show that the loader's own refusal cannot be the only one. The compile section is not read,
since the file is opened without it.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audit.errors import ModelError

_PROGRAMS = {
    "Lambda": "a Lambda layer",
    "__lambda__": "a Python lambda",
    "TFSMLayer": "a layer that runs a SavedModel",
    "TorchModuleWrapper": "a layer that runs a pickled Torch module",
    "JaxLayer": "a layer that runs a JAX function",
    "FlaxLayer": "a layer that runs a JAX function",
}
_LARGEST = 64 << 20  # bytes of an architecture as JSON; a thousand layers take one
_MARKS = {"__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__"}
_PLACES = ("layers", "initializers", "regularizers", "constraints", "models", "dtype_policies", "activations")


def code_in_keras(path: Path) -> list[str]:
    """Name the programs inside a ``.keras`` or ``.h5`` file, sorted; empty where it is data alone.

    Raises
    ------
    ModelError
        Where the file is not a Keras file, or holds no architecture.
    """
    return sorted(set(_programs(architecture(path))))


def architecture(path: Path) -> dict[str, Any]:
    """Return the architecture that a Keras file states, as JSON values."""
    try:
        text = _h5_config(path) if path.suffix.lower() == ".h5" else _zip_config(path)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError(
            f"model {path.name}: it is not a Keras file ({type(error).__name__}). "
            "Save the model again with model.save"
        ) from None
    if text is None:
        raise ModelError(
            f"model {path.name}: it holds weights and no architecture. Save the whole model with model.save"
        )
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        raise ModelError(
            f"model {path.name}: its architecture is not JSON. Save the model again with model.save"
        ) from None
    if not isinstance(config, dict):
        raise ModelError(f"model {path.name}: its architecture is not a model. Save it with model.save")
    return config


def _zip_config(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        # Keras writes plain names; one that climbs or starts at the root means to land elsewhere.
        odd = [name for name in archive.namelist() if name.startswith(("/", "\\")) or ".." in name.split("/")]
        if odd:
            raise ModelError(
                f"model {path.name}: it names files outside of itself ({odd[0][:60]!r}). "
                "Save the model again with model.save"
            )
        size = archive.getinfo("config.json").file_size
        if size > _LARGEST:
            raise ModelError(
                f"model {path.name}: its architecture is {size:,} bytes long, and none is. "
                "Save the model again with model.save"
            )
        with archive.open("config.json") as member:
            return member.read(_LARGEST)  # what the file says of its size need not be so


def _h5_config(path: Path) -> str | bytes | None:
    import h5py

    with h5py.File(path, "r") as file:
        config: str | bytes | None = file.attrs.get("model_config")
        return config


def _programs(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _programs(item)
    if not isinstance(node, dict):
        return
    name = node.get("class_name")
    if isinstance(name, str) and "config" in node:
        named = _program(name, node)
        if named:
            yield named
    for key, value in node.items():
        if key != "compile_config":
            yield from _programs(value)


def _program(name: str, node: dict[str, Any]) -> str | None:
    config = node["config"]
    own_name = config.get("name") if isinstance(config, dict) else config if name == "function" else None
    suffix = f" {own_name!r}" if isinstance(own_name, str) else ""
    if name in _PROGRAMS:
        return _PROGRAMS[name] + suffix
    if name in _MARKS or name == "__tuple__":
        return None
    if name == "function":  # a named function that is none of Keras's own activations
        return f"a custom function{suffix}"
    module, registered = node.get("module"), node.get("registered_name")
    if isinstance(registered, str) and ">" in registered:
        return f"the custom object {registered!r}"
    if isinstance(module, str):
        own = module == "keras" or module.startswith(("keras.", "tf_keras."))
        return None if own else f"the custom object {module}.{name}"
    return None if _is_kerass_own(name) else f"the custom object {name!r}"


def _is_kerass_own(name: str) -> bool:
    # Files written by Keras 2 name a class without its module.
    import keras

    return any(hasattr(getattr(keras, place), name) for place in _PLACES) or name in {
        "Functional",
        "DTypePolicy",
    }
