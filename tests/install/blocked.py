"""Run commands one after another where no model library can be imported.

``python -m tests.install.blocked FILE``: FILE holds a JSON list of lists of arguments. Prints a JSON
list of exit codes on the last line; ends with an error where a blocked module was loaded all the same.
"""

from __future__ import annotations

import importlib.abc
import json
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

BLOCKED = frozenset(
    {
        "tensorflow",
        "keras",
        "torch",
        "shap",
        "lime",
        "sklearn",
        "xgboost",
        "lightgbm",
        "onnx",
        "onnxruntime",
        "numba",
    }
)


class Missing(importlib.abc.MetaPathFinder):
    """Answers for the blocked names as a machine would that lacks them."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse the blocked names; pass all others on."""
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named '{name}' (blocked)", name=name)
        return None


def main(file: Path) -> None:
    """Run every command; each ends by SystemExit."""
    sys.meta_path.insert(0, Missing())
    from audit.cli import main as plainspoken

    codes = []
    for arguments in json.loads(file.read_text(encoding="utf-8")):
        try:
            plainspoken(arguments)
        except SystemExit as leave:
            codes.append(leave.code or 0)
    loaded = sorted(BLOCKED & {name.partition(".")[0] for name in sys.modules})
    if loaded:
        sys.exit(f"loaded although blocked: {loaded}")
    print(json.dumps(codes))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
