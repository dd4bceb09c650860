"""Small pictures as PNG, written here so that equal pixels give equal bytes.

A PNG of a library may hold a date or a program's name; this one holds pixels. Pictures that are small are
enlarged by whole pixels, since viewers blur them otherwise, and large ones are shrunk by means.

Source: the PNG specification (ISO/IEC 15948), filter type 0.
"""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 96  # pixels of a printed picture's longer side, about: 24 mm at 100 dpi
_PALE, _DARK = (255, 255, 255), (18, 58, 99)  # paper and accent: grey values far apart


def picture(image: NDArray[Any], low: float, high: float) -> str:
    """Return a picture as base64 PNG.

    Parameters
    ----------
    image : float[height, width, channels], one channel or three
    low, high : the values of black and white
    """
    even = np.clip((image.astype(np.float64) - low) / (high - low), 0.0, 1.0)
    return _png(np.rint(fitted(even) * 255).astype(np.uint8))


def heat(map_: NDArray[np.float64]) -> str:
    """Return a map as base64 PNG: white for 0 and what speaks against, dark for the most.

    Parameters
    ----------
    map_ : float[height, width]
    """
    most = float(map_.max())
    even = np.clip(map_ / most, 0.0, 1.0) if most > 0 else np.zeros(map_.shape)
    part = fitted(even[..., None])
    pale, dark = (np.array(one, dtype=np.float64) for one in (_PALE, _DARK))
    return _png(np.rint(pale + part * (dark - pale)).astype(np.uint8))


def fitted(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a picture at about ``SIDE``: enlarged by a whole number, or the means of whole blocks.

    >>> fitted(np.zeros((8, 8, 1))).shape, fitted(np.zeros((224, 200, 3))).shape
    ((96, 96, 1), (75, 67, 3))
    """
    longer = max(image.shape[:2])
    if longer <= SIDE:
        times = SIDE // longer
        return np.repeat(np.repeat(image, times, axis=0), times, axis=1)
    block = -(-longer // SIDE)
    height, width = (-(-one // block) * block for one in image.shape[:2])
    even = np.pad(image, ((0, height - image.shape[0]), (0, width - image.shape[1]), (0, 0)), mode="edge")
    cut = even.reshape(height // block, block, width // block, block, image.shape[2])
    means: NDArray[np.float64] = cut.mean(axis=(1, 3))
    return means


def _png(pixels: NDArray[np.uint8]) -> str:
    height, width, channels = pixels.shape
    rows = np.zeros((height, 1 + width * channels), dtype=np.uint8)  # each row begins with its filter, 0
    rows[:, 1:] = pixels.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2}[channels], 0, 0, 0)
    packed = zlib.compress(rows.tobytes(), 9)
    whole = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")
    return base64.b64encode(whole).decode()


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
