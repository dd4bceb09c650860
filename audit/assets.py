"""Where the templates and the migrations lie, in an installed wheel or in a checkout."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent


def _folder(inside: Path, beside: Path) -> Path:
    # The wheel's copy comes first: beside an installed package lies site-packages, whose
    # folder of the same name may be somebody else's. In an editable install the package
    # folder is the checkout's, so the copy inside does not exist there.
    return inside if inside.is_dir() else beside


def templates() -> Path:
    """Return the folder that holds the report's and the letters' templates."""
    return _folder(_ROOT / "reports" / "templates", _ROOT / "templates")


def migrations() -> Path:
    """Return the folder that holds the Alembic environment and its versions."""
    return _folder(_ROOT / "audit" / "migrations", _ROOT / "migrations")
