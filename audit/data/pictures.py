"""Pictures with what they show, read from an ``.npz`` file or from a folder with one folder a class.

They come in the order of their ids, so that the order of a file decides nothing. Pictures of eight
bits are brought to the range of black and white that the config states; others are taken as they are.

Why so, ``allow_pickle=False`` and sizes first: an array of objects runs code when it is read, and a
small file can unpack to more than the machine holds.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.config.nearest import did_you_mean, listed
from audit.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audit.config.images import ImagesConfig

MOST_BYTES = 2 << 30  # of all pictures, unpacked
ENDINGS = (".png", ".jpg", ".jpeg")
_FORMATS = ("PNG", "JPEG")
_SAY_LESS = "Name fewer pictures"


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Pictures in the order of their ids.

    Parameters
    ----------
    images : float32[n, height, width, channels]
    labels : what each shows, as the data say it
    low, high : the values of black and white
    digest : SHA-256 over pixels, labels and ids, in this order
    """

    images: NDArray[np.float32]
    labels: tuple[str, ...]
    ids: tuple[str, ...]
    low: float
    high: float
    digest: str


def read_pictures(config: ImagesConfig) -> Pictures:
    """Read the pictures that a config names.

    Raises
    ------
    ConfigError
        With file, line and place: what is no picture, has no label, or is too large.
    """
    import numpy as np

    place = config.file(config.data.path)
    pixels, labels, ids = _folder(config, place) if place.is_dir() else _arrays(config, place)
    order = sorted(range(len(ids)), key=ids.__getitem__)
    pixels = pixels[np.array(order, dtype=np.int64)]
    images, low, high = _in_range(config, pixels)
    labels, ids = [labels[at] for at in order], [ids[at] for at in order]
    digest = hashlib.sha256(repr((pixels.shape, pixels.dtype.str, labels, ids)).encode())
    digest.update(np.ascontiguousarray(pixels).tobytes())
    return Pictures(images, tuple(labels), tuple(ids), low, high, digest.hexdigest())


def targets_of(config: ImagesConfig, labels: Sequence[str], n_classes: int) -> list[int]:
    """Return the model's output that each label stands for.

    Raises
    ------
    ConfigError
        A label that no output stands for, or classes that are not as many as the outputs.
    """
    named = config.data.classes
    if named is not None and len(named) != n_classes:
        fact = f"{len(named)} classes are named, and the model gives {n_classes}"
        raise _refused(config, "classes", fact, "Name one class an output, in their order")
    known = {name: at for at, name in enumerate(named or map(str, range(n_classes)))}
    unknown = sorted({label for label in labels if label not in known})
    if unknown:
        told = _many(len(unknown), "label is", "labels are")
        fact = f"{told} no class of the model, such as {unknown[0][:40]!r}"
        say = did_you_mean(unknown[0], tuple(known))
        where = "classes" if named is not None or config.file(config.data.path).is_dir() else "label"
        if named is None:
            way_out = "Add classes: [ … ], what the outputs stand for in their order"
        else:
            way_out = f"{say}Correct the labels, or the names ({listed(tuple(known))})"
        raise _refused(config, where, fact, way_out)
    return [known[label] for label in labels]


def _many(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def _refused(config: ImagesConfig, key: str, fact: str, way_out: str) -> ConfigError:
    return ConfigError(config.lines.fault(("data", key), fact, way_out))


# --- an .npz file ------------------------------------------------------------------------------


def _arrays(config: ImagesConfig, file: Path) -> tuple[NDArray[Any], list[str], list[str]]:
    import numpy as np

    section = config.data
    try:
        with zipfile.ZipFile(file) as packed:
            size = sum(one.file_size for one in packed.infolist())
        if size > MOST_BYTES:
            fact = f"it unpacks to {size:,} bytes, more than {MOST_BYTES:,}"
            raise _refused(config, "path", fact, _SAY_LESS)
        with np.load(file, allow_pickle=False) as arrays:
            names = tuple(arrays.files)
            wanted = {"images": section.images, "label": section.label}
            if section.id is not None:
                wanted["id"] = section.id
            for key, name in wanted.items():
                if name not in names:
                    way_out = (
                        f"{did_you_mean(name, names)}Name one of {listed(names) or 'its arrays: it has none'}"
                    )
                    raise _refused(config, key, f"there is no array {name!r} in {section.path}", way_out)
            found = {key: arrays[name] for key, name in wanted.items()}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        fact = f"it cannot be read as arrays of numbers and text ({type(error).__name__})"
        raise _refused(config, "path", fact, "Save it again with numpy.savez, without objects") from None
    pixels = _pixels(config, found["images"])
    labels = _named(config, "label", found["label"], len(pixels))
    digits = len(str(len(pixels)))
    ids = [str(at).zfill(digits) for at in range(len(pixels))]
    if section.id is not None:
        ids = _named(config, "id", found["id"], len(pixels))
        if len(set(ids)) < len(ids):
            twice = len(ids) - len(set(ids))
            fact = f"{_many(twice, 'picture has', 'pictures have')} the id of another"
            raise _refused(config, "id", fact, "Give each its own")
    return pixels, labels, ids


def _pixels(config: ImagesConfig, found: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    shape = " x ".join(map(str, found.shape)) or "one number"
    if found.ndim == 3:
        found = found[..., None]
    if found.ndim != 4 or found.shape[3] not in (1, 3) or found.dtype.kind not in "buif":
        fact = f"the array {config.data.images!r} holds no pictures ({shape} of {found.dtype})"
        way_out = "Give [n, height, width], or with one or three channels behind"
        raise _refused(config, "images", fact, way_out)
    if not found.size:
        raise _refused(config, "path", f"there is no picture in it ({shape})", "Name a file with pictures")
    if not np.isfinite(found).all():
        n = int((~np.isfinite(found)).any(axis=(1, 2, 3)).sum())
        fact = f"{_many(n, 'picture holds', 'pictures hold')} pixels that are NaN or infinite"
        raise _refused(config, "images", fact, "Correct them, or take them out")
    return found


def _named(config: ImagesConfig, key: str, found: NDArray[Any], n: int) -> list[str]:
    if found.shape != (n,) or found.dtype.kind not in "uiU":
        fact = (
            f"it holds {' x '.join(map(str, found.shape)) or 'one value'} of {found.dtype}, for {n} pictures"
        )
        raise _refused(config, key, fact, "Give one whole number or one text a picture")
    return [str(one) for one in found.tolist()]


# --- a folder ----------------------------------------------------------------------------------


def _folder(config: ImagesConfig, folder: Path) -> tuple[NDArray[Any], list[str], list[str]]:
    import numpy as np

    files = [
        (label.name, file)
        for label in sorted(folder.iterdir())
        if label.is_dir()
        for file in sorted(label.iterdir())
        if file.suffix.lower() in ENDINGS
    ]
    if not files:
        fact = f"there is no picture in the folders of {config.data.path}"
        way_out = f"Lay one folder a class into it, with pictures inside ({', '.join(ENDINGS)})"
        raise _refused(config, "path", fact, way_out)
    opened = [_picture(config, file) for _, file in files]
    coloured = any(one.ndim == 3 for one in opened)
    size = opened[0].shape[:2]
    for (label, file), one in zip(files, opened, strict=True):
        if one.shape[:2] != size:
            fact = f"{label}/{file.name} is {one.shape[0]} x {one.shape[1]}, and others {size[0]} x {size[1]}"
            raise _refused(config, "path", fact, "Bring all pictures to the model's size")
    pixels = [one if one.ndim == 3 else one[..., None] for one in opened]
    if coloured:
        pixels = [one if one.shape[2] == 3 else np.repeat(one, 3, axis=2) for one in pixels]
    return np.stack(pixels), [label for label, _ in files], [f"{label}/{file.name}" for label, file in files]


def _picture(config: ImagesConfig, file: Path) -> NDArray[Any]:
    import numpy as np
    from PIL import Image

    try:
        with Image.open(file, formats=_FORMATS) as one:
            if one.width * one.height * 3 > MOST_BYTES // 8:
                raise ValueError
            read = np.asarray(one.convert("L" if one.mode in ("1", "L", "LA") else "RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        fact = f"{file.parent.name}/{file.name} cannot be read as a picture"
        raise _refused(config, "path", fact, "Save it again as PNG or JPEG, or take it out") from None
    return read


# --- black and white -----------------------------------------------------------------------------


def _in_range(config: ImagesConfig, pixels: NDArray[Any]) -> tuple[NDArray[np.float32], float, float]:
    import numpy as np

    stated = config.data.range
    found = pixels.astype(np.float64)
    if pixels.dtype == np.uint8:
        low, high = stated or (0.0, 255.0)
        return (low + found / 255.0 * (high - low)).astype(np.float32), float(low), float(high)
    least, most = float(found.min()), float(found.max())
    if stated is None:
        if least == most:
            raise _refused(config, "path", f"every pixel is {least:g}", "Name a file with pictures")
        return found.astype(np.float32), least, most
    low, high = stated
    if least < low or most > high:
        fact = f"pixels run from {least:g} to {most:g}, and black and white are {low:g} and {high:g}"
        raise _refused(
            config, "range", fact, "State the range of the file, or save the pictures in eight bits"
        )
    return found.astype(np.float32), float(low), float(high)
