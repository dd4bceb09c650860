"""A QR code in a letter: the one drawing that is another in each, and so a slot of its own.

``reports.qr`` writes a path of rectangles of whole modules; WeasyPrint draws each as a line around it. A
code of more modules is another shape, since its scale stands before the path.
"""

from __future__ import annotations

import re

PATH = re.compile(r'(?<=<path d=")(?:M\d+ \d+h\d+v1h-\d+z)+(?=" fill="#000000"/></svg>)')
OTHER = "M4 4h1v1h-1zM6 5h2v1h-2z"  # no code has it: a code has its marks in three corners
_STEP = re.compile(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z")


def drawn(path: str) -> bytes:
    r"""Return a code's path as WeasyPrint draws it.

    >>> drawn("M4 5h2v1h-2z")
    b'4 5 m\n6 5 l\n6 6 l\n4 6 l\nh\n'
    """
    lines: list[str] = []
    for step in _STEP.finditer(path):
        left, top, width, back = map(int, step.groups())
        right = left + width
        lines.append(f"{left} {top} m\n{right} {top} l\n{right} {top + 1} l\n{right - back} {top + 1} l\nh\n")
    return "".join(lines).encode()
