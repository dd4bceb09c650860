"""Pages of a PDF as pictures, drawn by another reader."""

from __future__ import annotations

import subprocess
from pathlib import Path


def page_images(pdf: bytes, folder: Path, dpi: int = 150) -> list[Path]:
    """Return the pictures of a PDF's pages, first page first."""
    file = folder / "drawn.pdf"
    file.write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", str(dpi), "-png", file, folder / "drawn"], check=True)
    return sorted(folder.glob("drawn-*.png"))
