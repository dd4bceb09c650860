"""The kinds of report: which sections, in which order, for whom, and for which audits.

Why so, an absent part for every section that may have nothing to say: an audit report leaves such a section
out; a fair-lending report must hold each of its parts, so it prints the part's heading with the cause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from audit.errors import UsageError
from reports import classes, register
from reports.access import heading_of, of_lending, strictest
from reports.sections import LENDING, LOCAL_LAW_144, NAMES, lending_law, ll144

if TYPE_CHECKING:
    from audit.record import Audit, DocumentAccess
    from reports.sealed import Sealed

Kind = Literal["audit", "fair-lending", "ll144"]


@dataclass(frozen=True, slots=True)
class ReportKind:
    """What makes a report of one kind.

    Parameters
    ----------
    document : as which kind the ledger records it
    running : what its pages are called, at the top of each
    flowing, unnumbered : sections that begin no page in print, and that have no number
    absent : section -> why it has nothing to say of an audit; a section not named here is left out
    adapted : section -> what this kind alters of it, given whether counsel directed the report
    directed : sections that print whether counsel directed the report
    notes : what stands under the title of a section
    refuse : raises where an audit cannot have a report of this kind
    access : who may read it, given whether counsel directed it
    """

    kind: Kind
    document: str
    running: str
    names: tuple[str, ...]
    template: str
    flowing: frozenset[str]
    unnumbered: frozenset[str]
    refuse: Callable[[Audit, Sealed], None]
    access: Callable[[Sealed, bool], DocumentAccess]
    absent: Mapping[str, tuple[str, str, Callable[[Sealed], str]]] = field(default_factory=dict)
    adapted: Mapping[str, Callable[[Any, Sealed, bool], Any]] = field(default_factory=dict)
    directed: frozenset[str] = frozenset()
    notes: Callable[[str, Sealed], str] = lambda _, __: ""

    @property
    def public(self) -> bool:
        """Return whether it leaves the house, so that nothing may be attached to it."""
        return self.document == "ll144_summary"


def _any_audit(_: Audit, __: Sealed) -> None:
    """Every audit has a report of its own."""


def _lending(audit: Audit, sealed: Sealed) -> None:
    """Refuse where nobody's group is known, so that nothing could be compared."""
    if audit.kind == "images":
        raise UsageError(
            f"report: audit {audit.audit[:8]} is of pictures, and a fair-lending report is of decisions "
            "about people. Use --kind audit."
        )
    if sealed.groups_elsewhere:
        raise UsageError(
            f"report: audit {audit.audit[:8]} compares no group. {sealed.groups_elsewhere}. Render this "
            "report there, with --ledger."
        )
    if not classes.attributes(sealed) and sealed.figure("estimated_groups") is None:
        raise UsageError(
            f"report: audit {audit.audit[:8]} states no protected attribute, so a fair-lending report has "
            "nothing to compare. Name them under `protected`, or estimate groups with `fairness.bisg`, "
            "and run again."
        )


def _without_example(data: Any, _: Sealed, __: bool) -> Any:
    # One refusal whole is one applicant's record: it helps no comparison of groups.
    return replace(data, example=None)


def _with_access(data: Any, sealed: Sealed, counsel: bool) -> Any:
    return replace(data, access=heading_of(sealed, counsel=counsel))


def _with_scan(data: Any, sealed: Sealed, _: bool) -> Any:
    return data if data.scan else replace(data, scan=f"Not measured: {register.without_proxies(sealed)}.")


def _gap_cause(sealed: Sealed) -> str:
    if sealed.figure("gap") is not None:
        return sealed.cause("gap")
    return "the gap in scores was not split over factors, and factors were not tried on telling a group"


def _group_cause(sealed: Sealed, figure: str) -> str:
    if sealed.audit.kind == "batch":
        return "these are the refusals of one batch, so nothing can be said of all who applied"
    return sealed.cause(figure)


AUDIT = ReportKind(
    "audit",
    "report",
    "audit report",
    NAMES,
    "report.html",
    frozenset({"summary", "image_summary", "image_method"}),
    frozenset({"summary", "scope", "image_summary"}),
    _any_audit,
    lambda sealed, _: strictest(sealed),
)
FAIR_LENDING = ReportKind(
    "fair-lending",
    "fair_lending_report",
    "fair-lending report",
    LENDING,
    "report.html",
    frozenset({"lending_summary"}),
    frozenset({"lending_summary", "lending_contents"}),
    _lending,
    lambda sealed, counsel: of_lending(sealed, counsel=counsel),
    {
        "group_scores": (
            "Scores by group",
            "Scores by group were not measured",
            lambda sealed: _group_cause(sealed, "score_quantiles"),
        ),
        "cutoffs": (
            "Cutoffs",
            "What other cutoffs would do to groups was not measured",
            lambda sealed: _group_cause(sealed, "group_sweeps"),
        ),
        "estimated": ("Estimated groups", "Groups were not estimated", register.without_estimates),
        "gap": ("Gap", "The gap in scores was not split", _gap_cause),
        "alternatives": ("Alternatives", "No alternative was searched for", register.without_alternatives),
    },
    {"reasons": _without_example, "gap": _with_scan, "evidence": _with_access},
    frozenset({"lending_summary", "lending_record"}),
    lambda name, sealed: lending_law.serves(name, sealed.audit.as_of),
)

LL144 = ReportKind(
    "ll144",
    "ll144_summary",
    "summary under Local Law 144",
    LOCAL_LAW_144,
    "public.html",
    frozenset(LOCAL_LAW_144),
    frozenset(LOCAL_LAW_144),
    ll144.refuse,
    lambda _, __: "public",
)
