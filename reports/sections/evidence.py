"""Evidence: digests, checkpoint, versions, and the commands that check them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import qr, wording
from reports.sealed import access_words, read
from reports.wording import capital

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit import record
    from reports.sealed import Reading

LABEL = "Evidence"


@dataclass(frozen=True, slots=True)
class DigestRow:
    """What a digest is of, where it is sealed, and the digest in groups of 16."""

    what: str
    entry: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the section prints; ``parts`` says how many digests of partitions stand in the file."""

    audit: str
    audit_groups: tuple[str, ...]
    access: str
    digests: tuple[DigestRow, ...]
    parts: str
    checkpoint: tuple[str, ...]
    checkpoint_code: str  # the same lines as a QR code
    sealed_at: str
    commands: tuple[tuple[str, str], ...]
    run: tuple[tuple[str, str], ...]
    packages: str
    attached: str


def _row(evidence: record.Evidence) -> DigestRow:
    name = re.sub(r"reference [0-9a-f]{64}", "reference", evidence.name.removeprefix("seal: "))
    entry = wording.NOTHING if evidence.entry is None else wording.count(evidence.entry)
    return DigestRow(capital(name.replace("_", " ")), entry, wording.digest_groups(evidence.digest))


def _parts(every: Sequence[record.Evidence]) -> str:
    """Say how many more digests there are: those of the head and of each partition."""
    left = [e for e in every if e.name.startswith(("part ", "open: "))]
    if not left:
        return ""
    parts = {e.name.partition(":")[0] for e in left if e.name.startswith("part ")}
    n = len(left)
    partitions = f"{wording.count(len(parts))} {wording.plural(len(parts), 'partition')}"
    return f"{wording.count(n)} more digests, of the head and of {partitions}, stand in results.json."


def query(ledger: Reading, audit_id: str) -> Evidence:
    """Read what the report rests on."""
    sealed = read(ledger, audit_id)
    audit = sealed.audit
    short = audit.audit[:8]
    environment = sealed.figure("environment") or {}
    packages = environment.get("packages") or {}
    every = ledger.evidence(audit.audit)
    shown = [e for e in every if not e.name.startswith(("part ", "open: "))]
    rows = [
        ("Audit", wording.short_id(audit.audit)),
        ("Owner", audit.owner),
        ("Started", wording.moment_in_words(audit.opened_at)),
        ("Sealed", wording.moment_in_words(audit.sealed_at)),
        ("Produced by", f"plainspoken {environment.get('program') or audit.program}"),
        ("Python", environment.get("python") or audit.environment.get("python", wording.NOTHING)),
        ("Platform", environment.get("platform") or wording.NOTHING),
        ("Seed", str(audit.seed)),
    ]
    listed = ", ".join(f"{name} {version}" for name, version in sorted(packages.items()))
    return Evidence(
        audit=audit.audit,
        audit_groups=wording.digest_groups(audit.audit),
        access=access_words(sealed),
        digests=tuple(_row(e) for e in shown),
        parts=_parts(every),
        checkpoint=tuple(audit.checkpoint.rstrip("\n").split("\n")) if audit.checkpoint else (),
        checkpoint_code=qr.svg(audit.checkpoint, "The checkpoint above, as a QR code.")
        if audit.checkpoint
        else "",
        sealed_at=wording.moment_in_words(audit.sealed_at),
        commands=(
            (
                f"plainspoken verify {short} --checkpoint checkpoint.txt",
                "Nothing sealed was altered, removed or added.",
            ),
            (f"plainspoken show {short} --json", "Every finding and rate, for machines."),
        ),
        run=tuple(rows),
        packages=listed,
        attached="The PDF carries results.json: every finding, rate and figure of this report.",
    )


def title(data: Evidence) -> str:
    """Return what can be checked."""
    if not data.checkpoint:
        return "This audit is not sealed yet; nothing here can be checked"
    return "Everything printed here is sealed; one command checks it"
