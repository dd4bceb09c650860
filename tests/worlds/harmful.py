"""Forty model files that mean harm, harmlessly: where one gets its way, a file called "marker" appears.

Each maker writes a file into a folder and returns the path that a config would name. What it tries is
real: ``tests/audit/models/test_harmful.py`` opens the pickles by themselves to see the marker.
"""

from __future__ import annotations

import json
import pickle
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np


@dataclass(frozen=True)
class Place:
    """Where a file is made: its folder, the marker that it tries to leave, a port that listens."""

    folder: Path
    marker: Path
    port: int

    @property
    def leave_marker(self) -> str:
        """Python code that leaves the marker."""
        return f"open({str(self.marker)!r}, 'w').close()"


class Reduced:
    """Pickles into a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> Any:
        return self._call


def _pickled(place: Place, reduced: Any, name: str = "model.pkl", protocol: int = 5) -> str:
    (place.folder / name).write_bytes(pickle.dumps(reduced, protocol=protocol))
    return name


def _getattr_static(place: Place) -> str:
    import inspect

    return _pickled(
        place, [Reduced(inspect.getattr_static, "".__class__, "join"), Reduced(exec, place.leave_marker)]
    )


def _cprofile(place: Place) -> str:
    import cProfile

    return _pickled(place, Reduced(cProfile.run, place.leave_marker))


def _timeit(place: Place) -> str:
    import timeit

    return _pickled(place, Reduced(timeit.timeit, place.leave_marker, "pass", timeit.default_timer, 1))


def _os_system(place: Place) -> str:
    import os

    return _pickled(place, Reduced(os.system, f"touch {place.marker}"), "model.pickle", protocol=0)


def _in_joblib(place: Place) -> str:
    joblib.dump(
        {"model": np.zeros(3), "more": Reduced(open, str(place.marker), "w")}, place.folder / "m.joblib"
    )
    return "m.joblib"


def _in_compressed_joblib(place: Place) -> str:
    joblib.dump(Reduced(exec, place.leave_marker), place.folder / "z.joblib", compress=3)
    return "z.joblib"


PICKLES: Mapping[str, Callable[[Place], str]] = {
    "pickle: open": lambda place: _pickled(place, Reduced(open, str(place.marker), "w")),
    "pickle: exec": lambda place: _pickled(place, Reduced(exec, place.leave_marker)),
    "pickle: eval": lambda place: _pickled(place, Reduced(eval, place.leave_marker)),
    "pickle: os.system, protocol 0": _os_system,
    "pickle: a process": lambda place: _pickled(
        place, Reduced(subprocess.call, ["touch", str(place.marker)])
    ),
    "pickle: timeit": _timeit,
    "pickle: cProfile": _cprofile,
    "pickle: behind a harmless call": _getattr_static,
    "joblib: beside an array": _in_joblib,
    "joblib: compressed": _in_compressed_joblib,
}


def _calls_home(place: Place) -> str:
    return _pickled(place, Reduced(socket.create_connection, ("127.0.0.1", place.port)), "home.pkl")


def _deep_pickle(place: Place) -> str:
    (place.folder / "deep.pkl").write_bytes(b"\x80\x04" + b"(" * 200_000 + b"N" + b"t" * 200_000 + b".")
    return "deep.pkl"


# --- Keras -----------------------------------------------------------------------------------------


def _keras(place: Place) -> Path:
    """Write an honest little network."""
    import keras

    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(1)])
    file = place.folder / "honest.keras"
    model.save(file)
    return file


def _rewritten(place: Place, change: Callable[[dict[str, Any]], None], **members: bytes) -> str:
    """Write a network whose architecture is changed after it was saved, as no Keras would save it."""
    honest, file = _keras(place), place.folder / "model.keras"
    with zipfile.ZipFile(honest) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                change(config)
                content = json.dumps(config).encode()
            new.writestr(name, members.pop(name, content))
        for name, content in members.items():
            new.writestr(name, content)
    return file.name


def _layer(place: Place, **layer: Any) -> str:
    return _rewritten(place, lambda config: config["config"]["layers"].append(layer))


def _lambda(place: Place) -> dict[str, Any]:
    import base64
    import marshal

    code = compile(f"lambda x: ({place.leave_marker}, x)[1]", "<string>", "eval").co_consts[0]
    value = base64.b64encode(marshal.dumps(code)).decode()
    function = {"class_name": "__lambda__", "config": {"value": value, "defaults": None, "closure": None}}
    config = {"name": "harm", "trainable": True, "dtype": "float32", "function": function, "arguments": {}}
    return {"module": "keras.layers", "class_name": "Lambda", "config": config, "registered_name": None}


def _wrapped_lambda(place: Place) -> str:
    inner = {"name": "wrap", "layer": _lambda(place)}
    return _layer(
        place, module="keras.layers", class_name="TimeDistributed", config=inner, registered_name=None
    )


def _nested_lambda(place: Place) -> str:
    inner = {"name": "inner", "layers": [_lambda(place)], "build_input_shape": [None, 1]}
    return _layer(place, module="keras", class_name="Sequential", config=inner, registered_name=None)


def _function(module: str, name: str, *arguments: Any, **config: Any) -> dict[str, Any]:
    return {
        "module": module,
        "class_name": name,
        "config": {"arguments": arguments, **config},
        "registered_name": name,
    }


def _activation(place: Place) -> str:
    def change(config: dict[str, Any]) -> None:
        config["config"]["layers"][1]["config"]["activation"] = {
            "module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function",
        }  # fmt: skip

    return _rewritten(place, change)


def _get_file(place: Place) -> str:
    origin = f"http://127.0.0.1:{place.port}/harm"
    return _layer(
        place,
        module="keras.utils",
        class_name="get_file",
        config={"fname": str(place.marker), "origin": origin},
        registered_name="get_file",
    )


def _unsafe_switch(place: Place) -> str:
    def change(config: dict[str, Any]) -> None:
        switch = _function("keras.config", "enable_unsafe_deserialization")
        config["config"]["layers"][1:1] = [switch, _lambda(place)]

    return _rewritten(place, change)


def _saved_model(place: Place) -> Path:
    """Write a SavedModel whose graph writes a file when it is asked for a score."""
    import tensorflow as tf

    class Writes(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, 2), tf.float32)])
        def __call__(self, x: Any) -> Any:
            with tf.control_dependencies([tf.io.write_file(str(place.marker), "x")]):
                return tf.reduce_sum(x, axis=1)

    folder, writes = place.folder / "saved", Writes()
    tf.saved_model.save(writes, str(folder), signatures={"serve": writes.__call__})
    return folder


def _tfsm(place: Place) -> str:
    config = {"filepath": str(_saved_model(place)), "call_endpoint": "serve", "name": "harm"}
    return _layer(place, module="keras.layers", class_name="TFSMLayer", config=config, registered_name=None)


def _torch(place: Place) -> str:
    config = {"name": "harm", "module": {"class_name": "__bytes__", "config": {"value": "gASVAAAA"}}}
    return _layer(
        place, module="keras.layers", class_name="TorchModuleWrapper", config=config, registered_name=None
    )


def _too_many_units(place: Place) -> str:
    def change(config: dict[str, Any]) -> None:
        config["config"]["layers"][1]["config"]["units"] = 10**12

    return _rewritten(place, change)


def _deep_config(place: Place) -> str:
    file = place.folder / "deep.keras"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("config.json", '{"a":' * 100_000 + "1" + "}" * 100_000)
    return file.name


def _bomb(place: Place) -> str:
    file = place.folder / "bomb.keras"
    return _zip_bomb(file, "config.json")


def _zip_bomb(file: Path, member: str) -> str:
    """Write a zip of a megabyte whose one member is a gigabyte of blanks."""
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open(member, "w", force_zip64=True) as blanks,
    ):
        for _ in range(1024):
            blanks.write(b" " * (1 << 20))
    return file.name


def _cut(place: Place) -> str:
    file = place.folder / "cut.keras"
    content = _keras(place).read_bytes()
    file.write_bytes(content[: len(content) // 2])
    return file.name


def _h5(place: Place, config: Mapping[str, Any] | None, external: bool = False) -> str:
    import h5py

    secret = place.folder / "secret.bin"
    secret.write_bytes(b"\1" * 64)
    with h5py.File(place.folder / "model.h5", "w") as file:
        if config is not None:
            file.attrs["model_config"] = json.dumps(config)
        weights = file.create_group("model_weights")
        if external:
            weights["link"] = h5py.ExternalLink(str(secret), "/")
            weights.create_dataset("kernel", (16,), "float32", external=[(str(secret), 0, 64)])
    return "model.h5"


def _h5_config(layer: Mapping[str, Any]) -> dict[str, Any]:
    start = {
        "class_name": "InputLayer",
        "config": {"batch_shape": [None, 2], "dtype": "float32", "name": "i"},
    }
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [start, layer]}}


def _h5_dense() -> dict[str, Any]:
    return {"class_name": "Dense", "config": {"name": "d", "units": 1, "activation": "linear"}}


# --- skops, functions and the rest -----------------------------------------------------------------


def _skops(place: Place, node: Mapping[str, Any]) -> str:
    file = place.folder / "model.skops"
    schema = {"protocol": 2, "_skops_version": "0.16.0", **node}
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("schema.json", json.dumps(schema))
    return file.name


def _skops_object(module: str, name: str, loader: str, content: Any) -> dict[str, Any]:
    return {"__class__": name, "__module__": module, "__loader__": loader, "__id__": 1, "content": content}


def _skops_reduce(place: Place) -> str:
    node = _skops_object("builtins", "exec", "ReduceNode", None)
    node["args"] = _skops_object("builtins", "tuple", "TupleNode", [])
    return _skops(place, node)


def _skops_bomb(place: Place) -> str:
    file = place.folder / "bomb.skops"
    return _zip_bomb(file, "schema.json")


def _module(place: Place, name: str, file: str, text: str) -> str:
    there = place.folder / file
    there.parent.mkdir(exist_ok=True)
    there.write_text(text + "\ndef score(rows):\n    return rows['a'] * 0\n")
    if "/" in file:
        (there.parent / "inner.py").write_text("def score(rows):\n    return rows['a'] * 0\n")
    return f"python:{name}:score"


def _bytes(place: Place, name: str, content: bytes) -> str:
    (place.folder / name).write_bytes(content)
    return name


def _traversal(place: Place) -> str:
    there = f"../{place.marker.name}"
    return _rewritten(place, lambda config: None, **{there: b"x", str(place.marker): b"x"})


HARMFUL: Mapping[str, Callable[[Place], str]] = {
    **PICKLES,
    "pickle: calls home": _calls_home,
    "pickle: deep": _deep_pickle,
    "keras: Lambda": lambda place: _layer(place, **_lambda(place)),
    "keras: Lambda in a wrapper": _wrapped_lambda,
    "keras: Lambda in a model": _nested_lambda,
    "keras: switch of safe mode": _unsafe_switch,
    "keras: a registered object": lambda place: _layer(
        place, module=None, class_name="Harm", config={"name": "h"}, registered_name="vendor>Harm"
    ),
    "keras: os.system": lambda place: _layer(place, **_function("os", "system", f"touch {place.marker}")),
    "keras: builtins.exec": lambda place: _layer(place, **_function("builtins", "exec", place.leave_marker)),
    "keras: eval as activation": _activation,
    "keras: get_file": _get_file,
    "keras: SavedModel layer": _tfsm,
    "keras: Torch module": _torch,
    "keras: paths that climb": _traversal,
    "keras: a million million units": _too_many_units,
    "keras: deep config": _deep_config,
    "keras: bomb": _bomb,
    "keras: cut": _cut,
    "keras: no zip": lambda place: _bytes(place, "noise.keras", bytes(range(256)) * 8),
    "h5: Lambda": lambda place: _h5(place, _h5_config(_lambda(place))),
    "h5: custom object": lambda place: _h5(
        place, _h5_config({"class_name": "Harm", "config": {"name": "h"}})
    ),
    "h5: external data": lambda place: _h5(place, _h5_config(_h5_dense()), external=True),
    "h5: no architecture": lambda place: _h5(place, None),
    "skops: os.system": lambda place: _skops(
        place, _skops_object("os", "system", "FunctionNode", {"function": "system", "module_path": "os"})
    ),
    "skops: a type of its own": lambda place: _skops(
        place, _skops_object("vendor", "Harm", "ObjectNode", None)
    ),
    "skops: reduce": _skops_reduce,
    "skops: bomb": _skops_bomb,
    "function: at import": lambda place: _module(place, "harm", "harm.py", place.leave_marker),
    "function: in its package": lambda place: _module(
        place, "harmful.inner", "harmful/__init__.py", place.leave_marker
    ),
    "SavedModel: writes": lambda place: _saved_model(place).name,
    "onnx: noise": lambda place: _bytes(place, "model.onnx", bytes(range(256)) * 8),
    "xgboost: deep JSON": lambda place: _bytes(place, "model.json", b"[" * 200_000 + b"]" * 200_000),
    "lightgbm: huge numbers": lambda place: _bytes(
        place, "model.txt", b"tree\nversion=v4\nnum_class=1\nmax_feature_idx=99999999999\n"
    ),
}


def opened_alone(file: Path) -> None:
    """Open a pickle in a process of its own, as whoever knows nothing of harm would."""
    how = "joblib.load" if file.suffix == ".joblib" else "pickle.load"
    code = f"import joblib, pickle, sys\n{how}(open(sys.argv[1], 'rb'))"
    subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, check=False, timeout=60)
