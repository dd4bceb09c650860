"""``plainspoken doctor``: can this machine do the work?"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

_PACKAGES = (
    "tensorflow", "keras", "shap", "lime", "jinja2", "weasyprint", "sqlalchemy", "alembic", "pydantic",
    "ruamel.yaml", "polars", "numpy", "scipy", "scikit-learn", "cryptography", "babel", "pikepdf",
)  # fmt: skip
_EXTRAS = {
    "psycopg": "postgres", "skops": "sklearn-safe", "statsmodels": "statistics", "xgboost-cpu": "boosting",
    "lightgbm": "boosting", "onnx": "boosting", "onnxruntime": "boosting", "saliency": "images",
}  # fmt: skip
_LIBRARIES = (
    ("libpango-1.0.so.0", "libpango-1.0-0", True),
    ("libpangoft2-1.0.so.0", "libpangoft2-1.0-0", True),
    ("libharfbuzz-subset.so.0", "libharfbuzz-subset0", False),
)
_ROOM = 500_000_000  # bytes: a ledger of some hundred thousand decisions


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing that was looked at."""

    name: str
    ok: bool
    fact: str
    needed: bool = True


def doctor(as_json: bool = typer.Option(False, "--json", help="Print one JSON object.")) -> None:
    """Say whether this machine can do the work, and what is missing."""
    from audit.explain import EXPLAINERS
    from audit.explain.images import IMAGE_METHODS

    methods = sorted({*EXPLAINERS, *IMAGE_METHODS})

    found = list(examine())
    ok = all(one.ok for one in found if one.needed)
    if as_json:
        checks = [{"name": one.name, "ok": one.ok, "fact": one.fact, "needed": one.needed} for one in found]
        typer.echo(json.dumps({"ok": ok, "explainers": methods, "checks": checks}))
    else:
        for one in found:
            mark = "ok      " if one.ok else ("MISSING " if one.needed else "optional")
            typer.echo(f"{mark} {one.name}: {one.fact}")
        typer.echo(f"explanation methods: {', '.join(methods)}")
        typer.echo("This machine can do the work." if ok else "Something that is needed is missing.")
    raise typer.Exit(0 if ok else 1)


def examine(here: Path | None = None) -> Iterator[Symptom]:
    """Look at Python, packages, system libraries, the folder and the disk.

    Parameters
    ----------
    here : Path, optional
        The folder that commands are started in; default: the current one.
    """
    yield Symptom(
        "python", sys.version_info >= (3, 11), f"{platform.python_version()} (3.11 or newer is needed)"
    )
    yield from _shadows(here or Path.cwd())
    for name in _PACKAGES:
        yield _package(name, needed=True, way_out="pip install plainspoken")
    for name, extra in _EXTRAS.items():
        yield _package(name, needed=False, way_out=f"pip install 'plainspoken[{extra}]'")
    yield from _libraries()
    yield from _walls()
    yield _own_assets()
    free = shutil.disk_usage(tempfile.gettempdir()).free
    yield Symptom("temporary space", free > _ROOM, f"{free / 1e9:.1f} GB free")


def _shadows(here: Path) -> Iterator[Symptom]:
    # Linux's libaudit ships a Python module called audit too, and a user's own folder of one of
    # these names comes first on the path when Python is started in its parent.
    own = Path(__file__).resolve().parents[2]
    for name in ("audit", "reports"):
        others = [
            (what, other)
            for what, other in (("folder", here / name), ("file", here / f"{name}.py"))
            if other.exists() and other.resolve() != (own / name).resolve()
        ]
        loaded = importlib.util.find_spec(name)
        place = Path(loaded.origin).resolve().parent if loaded is not None and loaded.origin else None
        if others:
            what, other = others[0]
            fact = (
                f"the {what} '{other.name}' here hides our package from 'python -m' and notebooks. "
                "Start from another folder or rename it"
            )
        elif place != own / name:
            fact = f"another package of that name comes first ({place}). Use a virtual environment of its own"
        else:
            fact = "our own package is found"
        yield Symptom(f"package {name}", not others and place == own / name, fact)


def _package(name: str, *, needed: bool, way_out: str) -> Symptom:
    try:
        return Symptom(name, True, importlib.metadata.version(name), needed)
    except importlib.metadata.PackageNotFoundError:
        return Symptom(name, False, f"not installed. {way_out}", needed)


def _libraries() -> Iterator[Symptom]:
    import ctypes

    for library, package, needed in _LIBRARIES:
        try:
            ctypes.CDLL(library)
            yield Symptom(library, True, "found", needed)
        except OSError:
            slower = "" if needed else " (letters render 1.5 times slower without it)"
            yield Symptom(library, False, f"not found. Debian: apt-get install {package}{slower}", needed)


def _walls() -> Iterator[Symptom]:
    """Say behind which walls a model would run here, and why the others do not stand."""
    from audit.sandbox import in_words, strongest

    walls = strongest()
    names = walls.names()
    missing = "".join(f"; {reason}" for reason in walls.reasons)
    yield Symptom("walls around models", bool(names), f"{in_words(names)}{missing}", needed=False)


def _own_assets() -> Symptom:
    from audit import assets

    missing = [
        name
        for name, folder in (("templates", assets.templates()), ("migrations", assets.migrations()))
        if not folder.is_dir()
    ]
    return Symptom("templates and migrations", not missing, f"missing: {missing}" if missing else "found")
