"""What of a machine decides the last bits of a sum: its instructions, and the switches of TensorFlow."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path

_SWITCHES = ("TF_ENABLE_ONEDNN_OPTS", "XLA_FLAGS")


def processor() -> dict[str, str]:
    """Return the processor (its name and a digest of its instruction sets) and the switches that are set.

    Where the system does not tell (any but Linux), the processor is absent: then nothing is known of it.
    """
    found = _processor(Path("/proc/cpuinfo"))
    switches = {name: os.environ[name] for name in _SWITCHES if os.environ.get(name)}
    return {**({"processor": found} if found else {}), **switches}


@lru_cache(maxsize=4)
def _processor(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    facts = {}
    for line in text.split("\n\n")[0].splitlines():
        name, _, value = line.partition(":")
        facts[name.strip()] = value.strip()
    # x86 calls them flags, ARM Features.
    flags = " ".join(sorted((facts.get("flags") or facts.get("Features") or "").split()))
    name = facts.get("model name") or facts.get("CPU part") or ""
    if not flags and not name:
        return ""
    return f"{name} {hashlib.sha256(flags.encode()).hexdigest()[:8]}".strip()
