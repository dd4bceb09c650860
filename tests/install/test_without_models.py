"""Retelling needs no model library: a machine without TensorFlow reads, renders and verifies."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.install.blocked import BLOCKED
from tests.install.conftest import CHECKOUT, clean_environment
from tests.worlds import sealed


def _run(commands: list[list[str]], folder: Path) -> subprocess.CompletedProcess[str]:
    asked = folder / "commands.json"
    asked.write_text(json.dumps(commands), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "tests.install.blocked", str(asked)],
        cwd=CHECKOUT,
        env=clean_environment(PYTHONPATH=str(CHECKOUT)),
        capture_output=True,
        text=True,
    )


def test_everything_but_a_run_works_without_model_libraries(evidence: Path, tmp_path: Path) -> None:
    """With all model libraries blocked: report, letter, verify, list, show, explain."""
    out = tmp_path / "out"
    out.mkdir()
    ledger = ["--ledger", str(evidence / "ledger.db")]
    refused = next(one for one in sealed.applicants() if one.action == "D" and one.number != sealed.HELD)
    letter = ["letters", "latest", "--decision", refused.id, "--date", sealed.AS_OF.isoformat()]
    for format in ("pdf", "html", "txt"):
        letter += ["--format", format]
    commands = [
        ["list", *ledger],
        ["show", "latest", "--json", *ledger],
        ["explain", "latest", refused.id, "--json", *ledger],
        ["report", "latest", "--out", str(out / "report.html"), *ledger],
        ["report", "latest", "--out", str(out / "report.pdf"), *ledger],
        [*letter, "--out", str(out / "letters"), *ledger],
        ["verify", *ledger],
    ]
    done = _run(commands, tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [0] * len(commands), done.stdout + done.stderr

    assert (out / "report.html").stat().st_size > 20_000
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF-")
    written = {file.suffix for file in (out / "letters").iterdir() if file.name.startswith(refused.id)}
    assert written == {".pdf", ".html", ".txt"}
    shown = json.loads(next(line for line in done.stdout.splitlines() if line.startswith('{"decision"')))
    (told,) = (out / "letters").glob(f"{refused.id}.txt")
    words = " ".join(told.read_text(encoding="utf-8").split())
    assert shown["reasons"]
    for reason in shown["reasons"]:
        assert reason["statement"] in words  # explain prints the exact sentence of the letter


def test_the_block_blocks(tmp_path: Path) -> None:
    """A command that needs a model library fails there, so the test above says something."""
    names = sorted(BLOCKED)
    code = (
        "import sys, importlib; sys.path.insert(0, '.');"
        "from tests.install.blocked import Missing; sys.meta_path.insert(0, Missing())\n"
        f"for name in {names!r}:\n"
        "    try: importlib.import_module(name)\n"
        "    except ModuleNotFoundError as error: print(error.name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True)
    assert done.stdout.split() == names, done.stderr
