"""A command in a process of its own, with its time and its peak memory."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Done:
    """A command that ended: its exit code, the JSON on its last line, seconds, peak megabytes."""

    code: int
    told: dict[str, Any]
    seconds: float
    megabytes: float


# What the kernel counts for a child begins with its parent's memory, so the child itself says what
# its own peak was.
_SAY = "import atexit, sys; atexit.register(lambda: sys.stderr.write(open('/proc/self/status').read()))\n"


def plainspoken(*arguments: str) -> Done:
    """Run a command of the program."""
    return python("from audit.cli import main; main()", *arguments)


def python(code: str, *arguments: str) -> Done:
    """Run Python code; what it prints on the last line, where that is a JSON object, is read."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as error:
        begun = time.perf_counter()
        command = [sys.executable, "-c", _SAY + code, *arguments]
        process = subprocess.run(command, stdout=out, stderr=error)
        seconds = time.perf_counter() - begun
        out.seek(0)
        error.seek(0)
        lines, failed = out.read().splitlines(), error.read()
    if process.returncode not in (0, 3) or not lines:
        raise RuntimeError(f"exit {process.returncode}: {failed[-2000:]}")
    (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB$", failed, flags=re.M)
    told = json.loads(lines[-1]) if lines[-1].startswith("{") else {}
    return Done(process.returncode, told, seconds, int(peak) / 1024)
