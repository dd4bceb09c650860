"""The QR code of a checkpoint."""

from __future__ import annotations

import re

import pytest

from reports import qr

NOTE = "plainspoken/3b74253\n12\nqc6aOPgiM6fR5qc6aOPgiM6fR5qc6aOPgiM6fR5qc6a=\n\n— plainspoken AAECAwQF\n"


def modules(drawing: str) -> list[list[bool]]:
    """Return which modules are dark, margin included, read back from the drawing."""
    side = int(re.search(r'viewBox="0 0 (\d+)', drawing)[1])  # type: ignore[index]
    dark = [[False] * side for _ in range(side)]
    for x, y, n in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", drawing):
        for i in range(int(n)):
            dark[int(y)][int(x) + i] = True
    return dark


def test_equal_texts_give_equal_drawings() -> None:
    """The same bytes each time, others for another text, and a title for whoever cannot see it."""
    first = qr.svg(NOTE, "A <checkpoint>")
    assert first == qr.svg(NOTE, "A <checkpoint>")
    assert first != qr.svg(NOTE + "x", "A <checkpoint>")
    assert "<title>A &lt;checkpoint&gt;</title>" in first


def test_it_has_its_margin_and_its_three_corners() -> None:
    """Four light modules all round, and the finder patterns where readers look for them."""
    dark = modules(qr.svg(NOTE, "t"))
    side = len(dark)
    assert (side - 8 - 17) % 4 == 0  # a version's size
    for i in range(4):
        assert not any(dark[i])
        assert not any(dark[side - 1 - i])
        assert not any(row[i] or row[side - 1 - i] for row in dark)
    ring = [[max(abs(y - 3), abs(x - 3)) != 2 for x in range(7)] for y in range(7)]
    for top, left in ((4, 4), (4, side - 11), (side - 11, 4)):
        assert [row[left : left + 7] for row in dark[top : top + 7]] == ring


def test_a_reader_reads_it() -> None:
    """Another library's reader gives the text back, letter for letter."""
    reader = pytest.importorskip("zxingcpp", reason="zxing-cpp, of the extra `letters`, is not installed")
    import numpy as np

    dark = np.array(modules(qr.svg(NOTE, "t")))
    image = np.where(np.kron(dark, np.ones((4, 4), dtype=bool)), 0, 255).astype(np.uint8)
    (found,) = reader.read_barcodes(image)
    assert found.text == NOTE
