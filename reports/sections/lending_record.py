"""Owner, access, privilege, retention, and what somebody needs to make the report again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.retention import load_retention
from audit.theories import digest
from reports import register, wording
from reports.access import COUNSEL, WORDS, of_lending
from reports.sealed import read
from reports.wording import capital, count

if TYPE_CHECKING:
    from audit.record import RetentionTerm
    from reports.sealed import Reading, Sealed

LABEL = "Record"
_PRIVILEGE = (
    "The privilege of a self-test covers what the test itself created, and not an analysis of loan files; "
    "the rule of 2026 amended that section (12 CFR 1002.15). Whether it or another privilege covers this "
    "report is for counsel."
)
_NOBODY = "Nobody is sent this report by the program. It goes where somebody puts it."
_TERMS = ("us_ecoa_regb",)


@dataclass(frozen=True, slots=True)
class LendingRecord:
    """What the section prints."""

    finding: str
    rows: tuple[tuple[str, str], ...]
    retention: tuple[tuple[str, str, str], ...]
    again: tuple[tuple[str, tuple[str, ...], str], ...]
    run: tuple[tuple[str, str], ...]
    command: str


def query(ledger: Reading, audit_id: str, *, counsel: bool = False) -> LendingRecord:
    """Read who answers for the report, and what it rests on.

    Parameters
    ----------
    counsel : whether the report says that counsel directed it
    """
    sealed = read(ledger, audit_id)
    audit = sealed.audit
    access = of_lending(sealed, counsel=counsel)
    rows = (
        ("Owner of audit and findings", audit.owner),
        ("Due dates", f"Not stated: {register.NO_DUE_DATES}."),
        ("Access", f"{WORDS[access]}. The class is sealed with this document in the ledger."),
        ("Direction", f"{COUNSEL}." if counsel else "No direction of counsel is stated."),
        ("Privilege", _PRIVILEGE),
        ("Distribution", _NOBODY),
    )
    return LendingRecord(
        f"{audit.owner} answers for the findings",
        rows,
        tuple(_term(one) for one in load_retention(_TERMS, audit.as_of)),
        tuple(_digests(sealed)),
        tuple(_run(sealed)),
        f"plainspoken replay {audit.audit[:8]}",
    )


def title(data: LendingRecord) -> str:
    """Return who answers for the findings."""
    return data.finding


def _term(one: RetentionTerm) -> tuple[str, str, str]:
    told = []
    if one.at_least is not None:
        told.append(f"at least {count(one.at_least.months)} months ({one.at_least.kind})")
    if one.at_most is not None:
        told.append(f"at most {count(one.at_most.months)} months ({one.at_most.kind})")
    sources = [kept.source for kept in (one.at_least, one.at_most) if kept is not None]
    return one.title, capital("; ".join(told)) if told else one.note, "; ".join(sources)


def _digests(sealed: Sealed) -> list[tuple[str, tuple[str, ...], str]]:
    audit = sealed.audit
    found = [("Data", audit.dataset.digest, "content of the applications")]
    if audit.model.framework != "none":
        found.append(("Model", audit.model.digest, "the model’s own code and weights"))
    environment = sealed.figure("environment") or {}
    if environment.get("fingerprint"):
        found.append(
            ("Environment", str(environment["fingerprint"]), "versions of every library, and the machine")
        )
    found.append(("Law", digest(), "what this report says of theories, classes and the state of the law"))
    return [(name, wording.digest_groups(value), of) for name, value, of in found]


def _run(sealed: Sealed) -> list[tuple[str, str]]:
    audit = sealed.audit
    environment = sealed.figure("environment") or {}
    return [
        ("Program", f"plainspoken {environment.get('program') or audit.program}"),
        ("Python", str(environment.get("python") or audit.environment.get("python") or wording.NOTHING)),
        ("Platform", str(environment.get("platform") or wording.NOTHING)),
        ("Seed", str(audit.seed)),
        ("Sealed", wording.moment_in_words(audit.sealed_at)),
    ]
