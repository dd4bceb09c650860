"""Progress bars on standard error, one a stage; silent where nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.runner import Progress

STAGES = {
    "check": "Checking config, data and model",
    "score": "Scoring applications",
    "classify": "Classifying pictures",
    "map": "Explaining pictures",
    "reference": "Choosing whom to compare with",
    "explain": "Explaining decisions",
    "hold": "Asking whether explanations hold",
    "fairness": "Comparing groups",
    "findings": "Judging requirements",
    "seal": "Sealing the ledger",
    "report": "Rendering the report",
    "letters": "Writing letters",
    "verify": "Verifying the ledger",
    "copy": "Copying its tables",
    "verify the copy": "Verifying the copy",
}


@contextmanager
def progress_bars(quiet: bool) -> Iterator[Progress]:
    """Give a function ``(stage, done, total)`` that draws bars while the block runs."""
    if quiet or not sys.stderr.isatty():
        seen: set[str] = set()

        def tell(stage: str, done: int, total: int) -> None:
            if not quiet and stage not in seen:
                seen.add(stage)
                print(STAGES.get(stage, stage), file=sys.stderr, flush=True)

        yield tell
        return

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, object] = {}

        def draw(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(STAGES.get(stage, stage), total=total)
            bars.update(tasks[stage], completed=done, total=total)  # type: ignore[arg-type]

        yield draw
