"""What a letter costs, from the sealed record to the file: three ways, side by side in one run.

Run by hand: ``python tests/benchmarks/letters.py --json``; ``--letters`` for fewer. Unit: milliseconds of
this process's processor for each letter, so that it is a figure of one core. The peer, ``naive``, is what
one writes first: ``HTML(string=…).write_pdf()`` with the style in the page. ``rendered`` is WeasyPrint with
style and fonts read once, ``stamped`` the compiled pages. The three take turns every 128 decisions, so that
what else the machine does falls on all of them, and none finds a cache that another emptied.
``end_to_end`` is reading the case, wording and checking the letter, its PDF, hash and file (its own, as in
an outbox); ``pdf`` is the PDF alone. Stamped letters read their cases some dozens at once, as ``letters``
does, and each bears its share. All are medians over all letters, the ratios too.

What comes once a process is in the first letters: compiling (``compile_ms`` for each of ``compiled_pages``),
and the pairs of letters that are drawn before lines are put together from them. ``settled_ms`` is the median
of the second half; ``at`` is the ratio for so many letters with all of it counted in, the measured ones as
they were and the others settled. ``write_ms`` is the file alone, which is the system's and swings with its
memory and disk. ``record_ms`` is closing a letter for the ledger and recording it, some dozens in one
transaction: the same for all three ways and in none of the figures above; ``recorded_ratio`` is end to end
with it.

``--night N`` adds a night of stamped letters as ``letters --stamped`` renders them, N of them in all: letters
for each second of the wall clock by one process and by two, both warm (the first half is not timed); the
peak of memory after a tenth of them and after all; and a single letter in a warm process, its case read by
itself. Below some thousands two processes still compile in the second half; on a machine whose cores are busy
the ratio says more of the machine than of letters.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from audit import assets
from audit.cli import addressees
from audit.cli.desk import Card, of_cells
from audit.cli.outbox import _told as _told_of
from audit.cli.output import put
from audit.cli.pressroom import Asked, Pressroom, Room, Told, Wanted
from audit.cli.tally import Order
from audit.config import load_config
from audit.data.recipients import each_row
from audit.ledger import Ledger
from audit.ledger.database import reading
from audit.ledger.issuing import Sending, close, record_many
from audit.record import Document, Recipient
from audit.runner import run
from reports.compiled.press import Press, Printed, rendered
from reports.compiled.shape import Shape
from reports.letter import Letters
from tests.worlds import joint_lender

DAY = dt.date(2026, 11, 20)
AT_ONCE = 128  # as the pressroom reads where letters are stamped


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
        known = {
            name: addressees.read(cards)[0] for name, cards in _cards(ledger, audit, world.folder).items()
        }
        letters = {way: Letters(ledger, audit, press=press) for way, press in ways.items()}  # type: ignore[arg-type]
        whole: dict[str, list[float]] = {way: [] for way in ways}
        size: dict[str, list[int]] = {way: [] for way in ways}
        parts: dict[str, list[float]] = {"write": [], "record": []}
        left = iter([one for one in ledger.decisions(audit, outcome="adverse") if one.decision in known])
        while len(whole["naive"]) < n and (some := list(islice(left, AT_ONCE))):
            begun = time.process_time()
            letters["stamped"].read_ahead(some)
            share = (time.process_time() - begun) / sum(len(known[one.decision]) for one in some)
            issued: list[tuple[Document, Recipient]] = []
            for way, each in letters.items():
                for decision, recipient in ((one, who) for one in some for who in known[one.decision]):
                    begun = time.process_time()
                    made = each.render(decision, recipient, date=DAY)
                    assert isinstance(made, tuple), made
                    hashlib.sha256(made[0].content).digest()
                    hashed = time.process_time()
                    put(folder / f"{way}-{len(whole[way])}.pdf", made[0].content, settled=False, told=folder)
                    ended = time.process_time()
                    whole[way].append(ended - begun + (share if way == "stamped" else 0.0))
                    size[way].append(len(made[0].content))
                    if way == "stamped":
                        parts["write"].append(ended - hashed)
                        issued.append((made[0], recipient))
            parts["record"] += [_recorded(ledger, audit, issued) / len(issued)] * len(issued)
    stamped = ways["stamped"]
    assert isinstance(stamped, Stamped)
    return _told({way: press.took for way, press in ways.items()}, whole, size, stamped.press, parts)


def _recorded(ledger: Ledger, audit: str, made: Sequence[tuple[Document, Recipient]]) -> float:
    """Return the seconds that closing and recording these letters took."""
    begun, sending = time.process_time(), Sending(audit, dt.datetime.combine(DAY, dt.time(), dt.UTC))
    ledger.keyring.forget()
    with reading(ledger.engine) as connection:
        ledger.keyring.open_keys(connection, {bytes.fromhex(one.person or "") for one, _ in made})
    closed = [close(ledger.keyring, sending, document, recipient) for document, recipient in made]
    answers = record_many(ledger, audit, closed)
    assert not any(isinstance(one, Exception) for one in answers), answers
    return time.process_time() - begun


def night(folder: Path, n: int) -> dict[str, Any]:
    """Return what a night of n stamped letters costs."""
    world = joint_lender.build(folder / "night", n=2 * min(n, 2000), guarantors=False)
    run(world.config, ledger=f"sqlite:///{world.folder / 'ledger.db'}")
    with Ledger.open(f"sqlite:///{world.folder / 'ledger.db'}") as ledger:
        audit = ledger.find("latest").audit
        cards = _cards(ledger, audit, world.folder)
        adverse = [one for one in ledger.decisions(audit, outcome="adverse") if one.decision in cards]
        asked = [Wanted(one.decision, cards[one.decision]) for one in adverse]
        order = Order(date=DAY, formats=("pdf",), stamped=True)
        room = Room(audit, world.folder, stamped=True, tell=partial(_told_of, order, "all"))
        warm = _single(room.letters(ledger), room.asked(ledger, asked[:40]))
        peaks = _peaks(Pressroom(room, ledger, 1).tell(islice(cycle(asked), n)), n)
        rates = {
            jobs: _rate(Pressroom(room, ledger, jobs).tell(islice(cycle(asked), n)), n)
            for jobs in (1, 2, 1, 2)
        }
    return {
        "letters_per_second": rates,
        "two_to_one": round(rates[2] / rates[1], 2),
        "peak_mb": peaks,
        "single_ms": warm,
    }


def _cards(ledger: Ledger, audit: str, folder: Path) -> dict[str, list[Card]]:
    """Return the rows of the recipients by decision."""
    found: dict[str, list[Card]] = {}
    for rows in each_row(load_config(ledger.find(audit).config, folder=folder)):
        for number, cells in rows:
            found.setdefault(ledger.pseudonym("decision", cells[0]), []).append((number, of_cells(cells)))
    return found


def _single(letters: Letters, asked: Sequence[Asked]) -> float:
    """Return the median milliseconds, by the wall clock, of a letter whose case is read by itself."""
    took = []
    for one in [*asked, *asked]:
        begun = time.perf_counter()
        letters.render(one.decision, one.known[0], date=DAY)
        took.append(time.perf_counter() - begun)
    return round(1000 * median(took[len(asked) :]), 2)


def _rate(made: Iterable[Told], n: int) -> float:
    """Return how many decisions a second are told in the second half of a night."""
    begun = 0.0
    for at, _ in enumerate(made):
        if at == n // 2:
            begun = time.perf_counter()
    return round((n - n // 2) / (time.perf_counter() - begun), 1)


def _peaks(made: Iterable[Told], n: int) -> dict[int, float]:
    """Return the most memory that this process ever had, in MB, after a tenth of a night and after all."""
    peaks = {}
    for at, _ in enumerate(made, start=1):
        if at in (n // 10, n):
            peaks[at] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    return peaks


def _told(
    pdf: dict[str, list[float]],
    whole: dict[str, list[float]],
    size: dict[str, list[int]],
    press: Press,
    parts: dict[str, list[float]],
) -> dict[str, Any]:
    ends, alone, more = _milliseconds(whole), _milliseconds(pdf), _milliseconds(parts)
    settled = _milliseconds({way: each[len(each) // 2 :] for way, each in whole.items()})
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
        "settled_ms": settled,
        "settled_ratio": round(settled["naive"] / settled["stamped"], 1),
        "write_ms": more["write"],
        "record_ms": more["record"],
        "recorded_ratio": round((ends["naive"] + more["record"]) / (ends["stamped"] + more["record"]), 1),
        "compiled_pages": len(compiled),
        "compile_ms": round(1000 * median(compiled), 1) if compiled else 0.0,
        "at": {
            n: _with_all(n, ends["naive"], whole["stamped"], settled["stamped"])
            for n in (1_000, 10_000, 100_000)
        },
        "bytes": {way: round(median(each)) for way, each in size.items()},
    }


def _milliseconds(times: dict[str, list[float]]) -> dict[str, float]:
    return {way: round(1000 * median(each), 3) for way, each in times.items()}


def _with_all(n: int, naive: float, stamped: Sequence[float], settled: float) -> float:
    """Return the ratio over n letters: those that were measured, and settled ones behind them."""
    return round(n * naive / (1000 * sum(stamped) + (n - len(stamped)) * settled), 1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--letters", type=int, default=100)
    parser.add_argument("--night", type=int, default=0, metavar="N")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        told = measure(Path(folder), asked.letters)
        if asked.night:
            told |= night(Path(folder), asked.night)
    if asked.json:
        print(json.dumps(told))
        return
    for key, value in told.items():
        print(f"{key:>20}  {value}")


if __name__ == "__main__":
    main()
