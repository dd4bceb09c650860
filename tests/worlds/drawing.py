"""What a PDF looks like on paper, by a program that is none of ours."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


def pages_of(content: bytes, dots_an_inch: int = 60) -> list[bytes]:
    """Return each page of a PDF as poppler draws it, as a bitmap."""
    program = shutil.which("pdftoppm")
    if program is None:
        pytest.skip("poppler-utils is not here")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "it.pdf"
        file.write_bytes(content)
        command = [program, "-r", str(dots_an_inch), str(file), str(Path(folder) / "page")]
        subprocess.run(command, check=True, capture_output=True)
        return [page.read_bytes() for page in sorted(Path(folder).glob("page-*.ppm"))]
