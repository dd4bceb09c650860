"""Protected classes: which the law names, which this audit knows, from where, and of how many people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import classes, register, wording
from reports.groups import attribute_label, group_label
from reports.sealed import read
from reports.wording import capital, count, joined

if TYPE_CHECKING:
    from typing import Any

    from reports.sealed import Reading, Sealed

LABEL = "Protected classes"
_PROVENANCE = {
    "collected": "collected: asked of applicants, or observed",
    "self_test": "self-test: gathered for a test, not for decisions",
    "proxy": "proxy: somebody’s estimate, and not what people said of themselves",
}
_ACCESS = (
    "Group values are kept as codes in partitions of their own. Measuring reads them; letters and "
    "explanations of single decisions never do.",
    "A protected attribute enters the model only where it is one of its inputs; the section on treatment "
    "says whether one is.",
)


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class of the law."""

    title: str
    acts: str
    known: str
    missing: bool
    collected: str
    source: str


@dataclass(frozen=True, slots=True)
class SourceRow:
    """Where the values of one attribute come from, and of how many people they are known."""

    label: str
    provenance: str
    known: str
    unknown: str
    groups: str
    smallest: str


@dataclass(frozen=True, slots=True)
class LendingClasses:
    """What the section prints."""

    finding: str
    classes: tuple[ClassRow, ...]
    others: str
    sources: tuple[SourceRow, ...]
    cause: str
    estimated: str
    access: tuple[str, ...]
    min_group: int


def query(ledger: Reading, audit_id: str) -> LendingClasses:
    """Read which classes are known, and from where."""
    sealed = read(ledger, audit_id)
    every = classes.protected(sealed)
    known = sum(one.known for one in every)
    stated = classes.attributes(sealed)
    others = classes.others(sealed)
    return LendingClasses(
        f"{count(known)} of {count(len(every))} protected classes are known to this audit",
        tuple(_class(one) for one in every),
        _others(others),
        tuple(_source(one) for one in stated),
        "" if stated else "no protected attribute is stated",
        _estimated(sealed),
        _ACCESS,
        sealed.min_group,
    )


def title(data: LendingClasses) -> str:
    """Return how many classes are known."""
    return data.finding


def _class(one: classes.ProtectedClass) -> ClassRow:
    told = [attribute_label(name).lower() for name in one.attributes]
    told += ["estimated groups"] if one.estimated else []
    known = capital(joined(told)) if told else "Not measured: no attribute"
    return ClassRow(one.title, one.acts, known, not told, one.collected, one.source)


def _others(names: tuple[str, ...]) -> str:
    if not names:
        return ""
    told = capital(joined([attribute_label(name).lower() for name in names]))
    verb = wording.plural(len(names), "is", "are")
    return (
        f"{told} {verb} compared too: no class of these two acts by name, but the law of a state or a policy "
        "may ask."
    )


def _source(one: dict[str, Any]) -> SourceRow:
    groups = {group["group"]: int(group["n"]) for group in one["groups"]}
    unknown, n = groups.pop("unknown", 0), sum(int(group["n"]) for group in one["groups"])
    smallest = min(groups, key=lambda name: (groups[name], name), default="")
    return SourceRow(
        attribute_label(one["attribute"]),
        _PROVENANCE.get(one["provenance"], str(one["provenance"])),
        f"{count(n - unknown)} of {count(n)}" + (f" ({wording.share(n - unknown, n)})" if n else ""),
        count(unknown),
        count(len(groups)),
        f"{group_label(smallest)}, n = {count(groups[smallest])}" if smallest else wording.NOTHING,
    )


def _estimated(sealed: Sealed) -> str:
    cause = register.without_estimates(sealed)
    if cause:
        return f"Not measured: groups were not estimated from name and address, because {cause}."
    body = sealed.figure("estimated_groups") or {}
    missing = sum(int(one["n"]) for one in body["missing"])
    matched = f"{count(body['n_matched'])} of {count(body['n'])}"
    return (
        f"Groups were estimated from surname and address for {matched} decided applications; "
        f"{count(missing)} have no estimate. The next sections say how far the weights can be wrong. They "
        "are weights in sums, stay in memory, and never reach the model’s process."
    )
