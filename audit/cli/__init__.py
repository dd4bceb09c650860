"""The shell: reads what was asked, calls the rooms below, writes files and says what happened.

Only typer is imported here; each command imports what it needs when it runs, so that ``--help``
and ``--version`` answer at once.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import typer

from audit.errors import AuditError

app = typer.Typer(
    name="plainspoken",
    help="Audits models that decide about people, and says plainly why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

# command -> its function, or a Typer with commands of its own; the order is that of --help
COMMANDS = {
    "demo": "audit.cli.demo:demo",
    "init": "audit.cli.init:init",
    "check": "audit.cli.check:check",
    "reasons": "audit.cli.reasons:reasons",
    "run": "audit.cli.run:run",
    "report": "audit.cli.report:report",
    "letters": "audit.cli.letters:letters",
    "held": "audit.cli.held:held",
    "due": "audit.cli.due:due",
    "sent": "audit.cli.sent:sent",
    "handover": "audit.cli.handover:handover",
    "reissue": "audit.cli.reissue:reissue",
    "correct": "audit.cli.correct:correct",
    "affected": "audit.cli.correct:affected",
    "request": "audit.cli.request:request",
    "explain": "audit.cli.explain:explain",
    "list": "audit.cli.look:list_audits",
    "show": "audit.cli.look:show",
    "compare": "audit.cli.compare:compare",
    "verify": "audit.cli.verify:verify",
    "prove": "audit.cli.prove:prove",
    "keys": "audit.cli.keys:keys",
    "sample": "audit.cli.sample:sample",
    "export": "audit.cli.export:export",
    "trace": "audit.cli.trace:trace",
    "replay": "audit.cli.replay:replay",
    "erase": "audit.cli.erase:erase",
    "hold": "audit.cli.hold:hold",
    "purge": "audit.cli.purge:purge",
    "accept": "audit.cli.accept:accept",
    "schedule": "audit.cli.schedule:schedule",
    "tick": "audit.cli.tick:tick",
    "serve": "audit.cli.serve:serve",
    "packs": "audit.cli.packs:packs",
    "doctor": "audit.cli.doctor:doctor",
    "migrate": "audit.cli.migrate:migrate",
    "ledger": "audit.cli.ledger:ledger",
}


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"plainspoken {version('plainspoken')}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version."
    ),
) -> None:
    pass


def _mount() -> None:
    if app.registered_commands:
        return  # called before in this process
    for name, entry in COMMANDS.items():
        module, _, function = entry.partition(":")
        found = getattr(importlib.import_module(module), function)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave with its exit code; an error is a sentence, never a traceback."""
    _mount()
    command: Any = typer.main.get_command(app)
    try:
        code = command.main(args=arguments, prog_name="plainspoken", standalone_mode=False)
    except AuditError as error:
        typer.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except typer.Exit as leave:
        sys.exit(leave.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("Stopped. Nothing half-written is left; run the same command again to go on.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our words has gone, as `head` does; nothing is left to say to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(f"{where}{error.strerror}. Mend that and run the same command again.", err=True)
        sys.exit(1)
    except Exception as error:
        if hasattr(error, "exit_code") and hasattr(error, "format_message"):  # click's own usage errors
            error.show()  # type: ignore[attr-defined]
            sys.exit(2)
        if os.environ.get("PLAINSPOKEN_DEBUG"):
            raise
        # The message itself may quote a person's data, so only its kind and place are printed.
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        where = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame is not None else "?"
        typer.echo(
            f"{where}: {type(error).__name__}: an error that plainspoken did not expect. "
            "Set PLAINSPOKEN_DEBUG=1 and run again to see it whole.",
            err=True,
        )
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
