"""What a letter costs, from the sealed record to the file: three ways, side by side in one run.

Run by hand: ``python tests/benchmarks/letters.py --json``; ``--letters`` for fewer. Unit: milliseconds of
this process's processor for each letter, so that it is a figure of one core. The peer, ``naive``, is what
one writes first: ``HTML(string=…).write_pdf()`` with the style in the page. ``rendered`` is WeasyPrint with
style and fonts read once, ``stamped`` the compiled pages. The three take turns letter by letter, so that
what else the machine does falls on all of them. ``end_to_end`` is reading the case, wording and checking the
letter, its PDF, hash and file; ``pdf`` is the PDF alone. Compiling is told aside: it is once a shape, however
many letters have it, and ``at`` is the ratio for so many letters with it counted in. Recording in the ledger
is the same for all three and is in none.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from audit import assets
from audit.cli.outbox import read_recipients_of
from audit.ledger import Ledger
from audit.runner import run
from reports.compiled.press import Press, Printed, rendered
from reports.compiled.shape import Shape
from reports.letter import Letters
from tests.worlds import joint_lender

DAY = dt.date(2026, 11, 20)


class Timed:
    """Stands where a press does and keeps the time that each PDF took."""

    def __init__(self) -> None:
        self.took: list[float] = []

    def print(self, *page: Any, shape: Shape | None = None) -> Printed:
        """Return the PDF of a page."""
        begun = time.process_time()
        made = self.pdf(*page, shape)
        self.took.append(time.process_time() - begun)
        return made

    def pdf(self, *page: Any) -> Printed:
        """Return the PDF of a page."""
        return rendered(*page[:4])


class Naive(Timed):
    """The first thing that one writes."""

    def pdf(self, *page: Any) -> Printed:
        """Return the PDF of a page, its style inside it."""
        from weasyprint import HTML

        html, styles, identifier, *_ = page
        folder = assets.templates()
        style = "".join((folder / name).read_text(encoding="utf-8") for name in styles)
        whole = html.replace("</head>", f"<style>{style}</style></head>")
        base = (folder / "style").resolve().as_uri() + "/"
        made = HTML(string=whole, base_url=base).write_pdf(pdf_variant="pdf/a-3a", pdf_identifier=identifier)
        return Printed(made, 2, [page[0], *_everything(html)])


class Stamped(Timed):
    """The compiled pages."""

    def __init__(self) -> None:
        super().__init__()
        self.press = Press()

    def pdf(self, *page: Any) -> Printed:
        """Return the PDF of a page."""
        *given, shape = page
        return self.press.print(*given, shape=shape)


def _everything(html: str) -> list[str]:
    """Return every letter of a page, since the peer does not read back what it drew."""
    from reports.html import words

    return [words(html)]


def measure(folder: Path, n: int) -> dict[str, Any]:
    """Return the times and the sizes of n letters, each made three ways."""
    world = joint_lender.build(folder / "world", n=max(60, 2 * n), guarantors=False)
    run(world.config, ledger=f"sqlite:///{world.folder / 'ledger.db'}")
    ways: dict[str, Timed] = {"naive": Naive(), "rendered": Timed(), "stamped": Stamped()}
    with Ledger.open(f"sqlite:///{world.folder / 'ledger.db'}") as ledger:
        audit = ledger.find("latest").audit
        known, _ = read_recipients_of(ledger, audit, world.folder / "recipients.csv")
        letters = {way: Letters(ledger, audit, press=press) for way, press in ways.items()}  # type: ignore[arg-type]
        whole: dict[str, list[float]] = {way: [] for way in ways}
        size: dict[str, list[int]] = {way: [] for way in ways}
        for decision in ledger.decisions(audit, outcome="adverse"):
            for recipient in known.get(decision.decision, []):
                for way, each in letters.items():
                    begun = time.process_time()
                    made = each.render(decision, recipient, date=DAY)
                    assert isinstance(made, tuple), made
                    hashlib.sha256(made[0].content).digest()
                    (folder / f"{way}.pdf").write_bytes(made[0].content)
                    whole[way].append(time.process_time() - begun)
                    size[way].append(len(made[0].content))
            if len(whole["naive"]) >= n:
                break
    stamped = ways["stamped"]
    assert isinstance(stamped, Stamped)
    return _told({way: press.took for way, press in ways.items()}, whole, size, stamped.press)


def _told(
    pdf: dict[str, list[float]], whole: dict[str, list[float]], size: dict[str, list[int]], press: Press
) -> dict[str, Any]:
    ends, alone = _milliseconds(whole), _milliseconds(pdf)
    # A letter whose page is compiled first takes a rendering and more; no other is near that.
    compiled = [one for one in pdf["stamped"] if one > median(pdf["rendered"]) / 2]
    return {
        "letters": len(whole["naive"]),
        "stamped": press.stamped,
        "left_to_weasyprint": press.causes.total(),
        "end_to_end_ms": ends,
        "pdf_ms": alone,
        "end_to_end_ratio": round(ends["naive"] / ends["stamped"], 1),
        "pdf_ratio": round(alone["naive"] / alone["stamped"], 1),
        "compiled_pages": len(compiled),
        "compile_ms": round(1000 * median(compiled), 1) if compiled else 0.0,
        "at": {n: _with_compiling(n, ends, sum(compiled)) for n in (1_000, 10_000, 100_000)},
        "bytes": {way: round(median(each)) for way, each in size.items()},
    }


def _milliseconds(times: dict[str, list[float]]) -> dict[str, float]:
    return {way: round(1000 * median(each), 2) for way, each in times.items()}


def _with_compiling(n: int, ends: dict[str, float], compiling: float) -> float:
    return round(n * ends["naive"] / (n * ends["stamped"] + 1000 * compiling), 1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--letters", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        told = measure(Path(folder), asked.letters)
    if asked.json:
        print(json.dumps(told))
        return
    for key, value in told.items():
        print(f"{key:>20}  {value}")


if __name__ == "__main__":
    main()
