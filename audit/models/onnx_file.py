"""What an ONNX file carries: looked at before a session is made of it.

An ONNX file is data, but for two things. Its weights may lie in other files, and a path that leads
out of the model's folder reads what was never meant (CVE-2022-25882, CVE-2024-27318,
CVE-2025-51480); an operator of somebody's own domain is answered by a library of theirs.

Why so: external weights are read here, from files of the model's folder alone, and put into the
model. What the session is made of is written anew from what was looked at, so it opens no file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audit.errors import ModelError

_DOMAINS = ("", "ai.onnx", "ai.onnx.ml")
_MOST = 1 << 31  # bytes that one message of this format can hold


def read_model(content: bytes, name: str) -> Any:
    """Return the ModelProto in ``content``; nothing outside of it is opened.

    Raises
    ------
    ModelError
        Where it is no ONNX model, or the package that reads it is absent.
    """
    try:
        import onnx
    except ImportError:
        raise ModelError(
            f"model {name}: reading .onnx needs the packages onnx and onnxruntime. "
            "Install plainspoken[boosting]."
        ) from None
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except Exception as error:  # protobuf's own class, wherever this version of it keeps it
        raise ModelError(
            f"model {name}: it is no ONNX file ({type(error).__name__}). Export the model again."
        ) from None
    if not model.graph.node or not model.graph.output:
        raise ModelError(f"model {name}: it holds no graph. Export the model again.")
    model.DiscardUnknownFields()
    return model


def check_operators(model: Any, name: str) -> None:
    """Refuse operators that are neither ONNX's own nor made of them inside the file."""
    import onnx

    own = {(function.domain, function.name) for function in model.functions}
    foreign = sorted(
        {
            f"{node.domain}.{node.op_type}"
            for node in _messages(model, onnx.NodeProto)
            if node.domain not in _DOMAINS and (node.domain, node.op_type) not in own
        }
    )
    if foreign:
        raise ModelError(
            f"model {name}: it uses operators that are not ONNX's own ({', '.join(foreign[:5])}). "
            "Export it with standard operators, and without optimizations for one runtime."
        )


def external_files(model: Any, path: Path) -> dict[str, Path]:
    """Return the files that hold weights of the model: the name in the model -> the file.

    Raises
    ------
    ModelError
        Where one is absent, no plain file, or lies outside of the model's folder.
    """
    here = path.parent.resolve()
    files: dict[str, Path] = {}
    for tensor in _external(model):
        location = _stated(tensor).get("location", "")
        told = location[:60]
        file = here / location
        outside = (
            not location
            or "\\" in location
            or "\0" in location
            or Path(location).is_absolute()
            or ".." in Path(location).parts
        )
        if outside or not file.resolve().is_relative_to(here):
            raise ModelError(
                f"model {path.name}: its weights are said to lie at {told!r}, outside of the model's folder. "
                "Export it again with all weights in one file."
            )
        parts = [here.joinpath(*Path(location).parts[: n + 1]) for n in range(len(Path(location).parts))]
        if any(part.is_symlink() for part in parts) or not file.is_file() or file.stat().st_nlink > 1:
            raise ModelError(
                f"model {path.name}: its weights at {told!r} are no plain file of the model's folder. "
                "Put the file beside the model as it is, without links."
            )
        files[location] = file
    return files


def take_in(model: Any, files: dict[str, Path], name: str) -> bytes:
    """Put the weights of ``files`` into the model; return the digest's further bytes.

    Raises
    ------
    ModelError
        Where a file is shorter than the model says, or the whole is too large for one message.
    """
    held: dict[str, bytes] = {}
    total = 0
    for location, file in sorted(files.items()):
        total += file.stat().st_size
        if total >= _MOST:
            raise ModelError(f"model {name}: its weights are larger than 2 GB. Wrap it in a python function.")
        with file.open("rb") as handle:
            held[location] = handle.read()
    for tensor in _external(model):
        stated = _stated(tensor)
        data = held[stated["location"]]
        try:
            offset = int(stated.get("offset", "0"))
            length = int(stated["length"]) if "length" in stated else len(data) - offset
        except ValueError:
            offset = length = -1
        if offset < 0 or length < 0 or offset + length > len(data):
            raise ModelError(
                f"model {name}: weights are said to lie where {stated['location'][:60]!r} has none. "
                "Export the model again."
            )
        tensor.raw_data = data[offset : offset + length]
        del tensor.external_data[:]
        tensor.ClearField("data_location")
    return b"".join(
        location.encode() + b"\0" + hashlib.sha256(content).digest() for location, content in held.items()
    )


def digest_of_onnx(path: Path) -> str:
    """Return the SHA-256 of an ONNX file; where weights lie beside it, of the file and of each of them.

    Raises
    ------
    ModelError
        As ``external_files`` and ``take_in`` do.
    """
    content = path.read_bytes()
    model = read_model(content, path.name)
    return digest(content, take_in(model, external_files(model, path), path.name))


def digest(content: bytes, further: bytes) -> str:
    """Return the digest of a model's bytes, and of what lies beside them."""
    own = hashlib.sha256(content)
    return own.hexdigest() if not further else hashlib.sha256(own.digest() + further).hexdigest()


def _stated(tensor: Any) -> dict[str, str]:
    return {entry.key: entry.value for entry in tensor.external_data}


def _external(model: Any) -> list[Any]:
    import onnx

    return [
        tensor
        for tensor in _messages(model, onnx.TensorProto)
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data
    ]


def _messages(message: Any, wanted: Any) -> Iterator[Any]:
    """Yield every message of one kind, wherever it lies: in graphs, functions, attributes, below them."""
    if isinstance(message, wanted):
        yield message
    for place, value in message.ListFields():
        if place.message_type is None:
            continue
        for one in value if hasattr(value, "__len__") and not hasattr(value, "ListFields") else (value,):
            yield from _messages(one, wanted)
