"""Who may read a report: the class that is printed on each page and sealed with the document.

Why so, two things: the class says who may read; that counsel directed the work is somebody's statement,
printed where it is asked for and never derived from a class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from audit.record import DocumentAccess

if TYPE_CHECKING:
    from reports.sealed import Sealed

ORDER: tuple[DocumentAccess, ...] = get_args(DocumentAccess)  # from open to closed
COUNSEL = "Prepared at the direction of counsel"
WORDS: dict[DocumentAccess, str] = {
    "public": "Public",
    "notice": "Internal",
    "model_risk": "Internal · model risk",
    "fair_lending": "Internal · fair lending",
    "privileged": "Internal · fair lending, privileged",
}


def strictest(sealed: Sealed) -> DocumentAccess:
    """Return the strictest class among all that an audit measured; a cause alone tells of nobody."""
    classes: set[DocumentAccess] = {f.access for f in sealed.figures.values() if set(f.body) != {"cause"}}
    classes |= {f.access for a in sealed.asked for f in a.findings if f.outcome != "not_measured"}
    return max(classes, key=ORDER.index, default="model_risk")


def of_lending(sealed: Sealed, *, counsel: bool) -> DocumentAccess:
    """Return the class of a fair-lending report: never an opener one than fair lending."""
    if counsel:
        return "privileged"
    return max(strictest(sealed), "fair_lending", key=ORDER.index)


def heading_of(sealed: Sealed, *, counsel: bool) -> str:
    """Return what stands at the top of every page of a fair-lending report."""
    words = WORDS[of_lending(sealed, counsel=counsel)]
    return f"{COUNSEL} · privileged" if counsel else words
