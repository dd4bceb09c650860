"""``plainspoken serve --scheduler``: a clock for machines that have none."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from types import FrameType

import typer

from audit.cli.place import LEDGER_HELP
from audit.errors import UsageError

MINUTE = 60.0
AT_ONCE = 4  # ticks; one that runs a long audit must not hold up another schedule
GRACE = 30.0  # seconds that a tick has to stop


def serve(
    scheduler: bool = typer.Option(False, "--scheduler", help="Call plainspoken tick each minute."),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
) -> None:
    """Stay, and call tick each minute, until SIGTERM or SIGINT.

    Why so: each tick is a process of its own. The one that stays never loads a model, so that a
    model that crashes, or that keeps its memory, takes one tick with it and not the clock.
    """
    from audit.cli.place import open_ledger

    if not scheduler:
        raise UsageError("serve: nothing is asked for. Give --scheduler.")
    with open_ledger(ledger) as opened:
        url, shown = opened.engine.url.render_as_string(hide_password=False), opened.shown
    over = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        over.set()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, stop)
    typer.echo(f"Calling tick each minute on {shown}.")
    keep_time(url, over)
    typer.echo("Stopped.")


def keep_time(url: str, over: threading.Event) -> None:
    """Start a tick at once and at each full minute, until told to stop; then let those at work end."""
    ticks: list[subprocess.Popen[bytes]] = []
    try:
        while not over.is_set():
            ticks = [one for one in ticks if one.poll() is None]
            if len(ticks) < AT_ONCE:
                ticks.append(_start(url))
            over.wait(MINUTE - time.time() % MINUTE)
    finally:
        for one in ticks:
            if one.poll() is None:
                one.send_signal(signal.SIGINT)  # it lets go of its slot; the next clock goes on with it
        for one in ticks:
            try:
                one.wait(GRACE)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()


def _start(url: str) -> subprocess.Popen[bytes]:
    import os

    # The URL may hold a password, which arguments would show to everybody on the machine.
    return subprocess.Popen(
        [sys.executable, "-P", "-c", "from audit.cli import main; main(['tick'])"],
        env={**os.environ, "PLAINSPOKEN_LEDGER": url},
    )
