"""bubblewrap: a child that sees no network, no other process, and no file but those that are named."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

HOME = "/tmp/plainspoken-model"  # of the child: a folder in memory that goes with it
_TRIAL_SECONDS = 20


def program() -> str | None:
    """Return where bubblewrap lies, or None."""
    return shutil.which("bwrap")


def usable() -> tuple[bool, str]:
    """Try it once; return whether it works, and why not.

    A container or a kernel may forbid namespaces to whoever asks, so nothing but a try tells.
    """
    if program() is None:
        return False, "not installed (Debian: apt-get install bubblewrap)"
    try:
        tried = subprocess.run(
            command(["/usr/bin/env", "true"], [Path("/usr"), Path("/lib"), Path("/lib64"), Path("/bin")], {}),
            capture_output=True,
            timeout=_TRIAL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, f"it could not be started ({type(error).__name__})"
    if tried.returncode == 0:
        return True, ""
    said = tried.stderr.decode(errors="replace").strip().splitlines()
    return False, f"this machine forbids it ({said[0][:120] if said else f'exit {tried.returncode}'})"


def command(argv: Sequence[str], readable: Sequence[Path], environment: Mapping[str, str]) -> list[str]:
    """Return the command line that runs ``argv`` behind the wall.

    Parameters
    ----------
    readable : files and folders that it may read; links among them stay links
    environment : all that it finds in its environment
    """
    line = [program() or "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in environment.items():
        line += ["--setenv", name, value]
    line += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", HOME]
    for path in sorted(readable, key=lambda one: len(one.parts)):
        if any(path != other and path.is_relative_to(other) for other in readable):
            continue  # what holds it is there already
        if path.is_symlink():
            line += ["--symlink", str(path.readlink()), str(path)]
        else:
            line += ["--ro-bind-try", str(path), str(path)]
    return [*line, "--chdir", HOME, "--", *argv]
