"""The proof of equality: random letters of all kinds, languages and papers, stamped and rendered.

Run by hand: ``python tests/benchmarks/stamped_letters.py --letters 1000 --json``. Each letter is made by a
press and by WeasyPrint alone. Compared are the drawing, tags, outlines, metadata, files and glyphs
(``reports.compiled.equality``), and of every tenth stamped letter by poppler, another reader, the words in
their order, the tags that it hears, and the pixels. Compiled pages are shared through a cache. What is not
stamped has a cause, and is the very file that WeasyPrint makes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import pikepdf
from PIL import Image, ImageChops

from reports.compiled.cache import Cache
from reports.compiled.equality import differences
from reports.compiled.press import Press
from tests.worlds.many_letters import KINDS, printed

_DPI = 60
_EVERY = 10  # letter that is drawn: starting poppler six times takes longer than all else


@dataclass(slots=True)
class Found:
    """What was found: how many letters, why some were rendered or refused, and where any differed."""

    letters: int = 0
    stamped: int = 0
    compiled: int = 0
    refused: int = 0
    drawn: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    different: Counter[str] = field(default_factory=Counter)
    unsound: int = 0  # files of which qpdf has something to say
    largest: int = 0  # difference of a pixel, of 255

    def add(self, other: Found) -> None:
        """Add what another process found."""
        for name in ("letters", "stamped", "compiled", "refused", "drawn", "unsound"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.causes.update(other.causes)
        self.different.update(other.different)
        self.largest = max(self.largest, other.largest)

    def as_json(self) -> dict[str, Any]:
        """Return the counts."""
        return {
            "letters": self.letters,
            "stamped": self.stamped,
            "rendered": dict(self.causes.most_common()),
            "different": dict(self.different.most_common()),
            "drawn_by_poppler": self.drawn,
            "largest_pixel_difference": self.largest,
            "unsound_files": self.unsound,
            "compiled": self.compiled,
            "refused": self.refused,
        }


def cases(n: int) -> Iterator[tuple[str, str, str, int]]:
    """Yield n kinds, languages, papers and seeds in turn."""
    turns = cycle([(kind, lang, paper) for kind, lang in KINDS for paper in ("letter", "a4")])
    for place, (kind, lang, paper) in enumerate(islice(turns, n)):
        yield kind, lang, paper, 1000 + place


def compare(asked: Sequence[tuple[str, str, str, int]], cache: Path) -> Found:
    """Make letters both ways and compare them."""
    found, press = Found(), Press(Cache(cache))
    with tempfile.TemporaryDirectory() as folder:
        for case in asked:
            _one(*case, press, found, Path(folder))
    found.stamped, found.compiled, found.causes = press.stamped, press.compiled, press.causes
    return found


def _one(kind: str, lang: str, paper: str, seed: int, press: Press, found: Found, folder: Path) -> None:
    before = press.stamped
    stamped = printed(kind, lang, seed, press=press, paper=paper, strange=True)
    rendered = printed(kind, lang, seed, paper=paper, strange=True)
    if not isinstance(stamped, tuple) or not isinstance(rendered, tuple):
        found.refused += 1
        if stamped != rendered:
            found.different["the refusal"] += 1
        return
    found.letters += 1
    one, other = stamped[0], rendered[0]
    if (one.words, one.name, one.template_digest) != (other.words, other.name, other.template_digest):
        found.different["what is recorded"] += 1
    if press.stamped == before:
        if one.content != other.content:
            found.different["a letter that was not stamped"] += 1
        return
    found.different.update(differences(one.content, other.content))
    with pikepdf.open(BytesIO(one.content)) as pdf:
        found.unsound += bool(pdf.check_pdf_syntax())
    if press.stamped % _EVERY:
        return
    found.drawn += 1
    for tool in (("pdftotext", "-raw"), ("pdfinfo", "-struct-text")):
        if _said(tool, one.content, folder) != _said(tool, other.content, folder):
            found.different[" ".join(tool)] += 1
    found.largest = max(found.largest, _pixels(one.content, other.content, folder))


def _said(tool: tuple[str, ...], content: bytes, folder: Path) -> str:
    file = folder / "letter.pdf"
    file.write_bytes(content)
    end = ["-"] if tool[0] == "pdftotext" else []
    return subprocess.run([*tool, file, *end], capture_output=True, check=True, text=True).stdout


def _pixels(one: bytes, other: bytes, folder: Path) -> int:
    """Return the largest difference of a pixel; 255 where pages are missing."""
    drawn = []
    for name, content in (("one", one), ("other", other)):
        (folder / f"{name}.pdf").write_bytes(content)
        call = ["pdftoppm", "-gray", "-r", str(_DPI), folder / f"{name}.pdf", folder / name]
        subprocess.run(call, check=True, capture_output=True)
        pages = sorted(folder.glob(f"{name}-*.pgm"))
        drawn.append([Image.open(BytesIO(page.read_bytes())) for page in pages])
        for page in pages:
            page.unlink()
    if len(drawn[0]) != len(drawn[1]) or not drawn[0]:
        return 255
    return max(int(ImageChops.difference(*pair).getextrema()[1]) for pair in zip(*drawn, strict=True))


def prove(n: int, jobs: int, tell: Callable[[Found], None] | None = None) -> Found:
    """Return what is found of n letters, refusals among them, by some processes."""
    every, found = list(cases(n)), Found()
    parts = [every[at : at + 20] for at in range(0, n, 20)]
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(jobs, get_context("spawn")) as pool,
    ):
        for part in pool.map(partial(compare, cache=Path(folder) / "kept"), parts):
            found.add(part)
            if tell is not None:
                tell(found)
    return found


def _tell(found: Found) -> None:
    print(json.dumps(found.as_json()), file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--letters", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    told = prove(asked.letters, asked.jobs, _tell).as_json()
    if asked.json:
        print(json.dumps(told))
        return
    for key, value in told.items():
        print(f"{key:>26}  {value}")


if __name__ == "__main__":
    main()
