"""A sealed audit as a Python value: data frames, a notebook view, the JSON of ``run --json``."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.errors import UsageError
from audit.record import Audit, Disparity, Figure, Finding, Rate

if TYPE_CHECKING:
    import polars as pl

    from audit.ledger import Ledger

_OUTCOMES = ("met", "not_met", "inconclusive", "not_applicable", "not_measured", "error")
_WORDS = {
    "met": "met",
    "not_met": "not met",
    "inconclusive": "cannot be decided",
    "not_applicable": "do not apply",
    "not_measured": "not measured",
    "error": "could not be checked",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What an audit found, read back from its ledger."""

    audit: Audit
    ledger_url: str = field(repr=False)  # it may hold a password
    existing: bool
    findings: tuple[Finding, ...]
    rates: tuple[Rate, ...]
    disparities: tuple[Disparity, ...]
    figures: Mapping[str, Figure]
    timings: Mapping[str, float] = field(default_factory=dict)
    companion: Result | None = None  # the audit for fairness, where it has a ledger of its own

    @classmethod
    def from_ledger(
        cls,
        ledger: Ledger,
        audit: str,
        url: str,
        *,
        existing: bool = False,
        timings: Mapping[str, float] | None = None,
    ) -> Result:
        """Read a sealed audit."""
        found = ledger.find(audit)
        return cls(
            audit=found,
            ledger_url=url,
            existing=existing,
            findings=tuple(ledger.findings(found.audit)),
            rates=tuple(ledger.rates(found.audit)),
            disparities=tuple(ledger.disparities(found.audit)),
            figures=ledger.figures(found.audit),
            timings=dict(timings if timings is not None else found.timings),
        )

    @classmethod
    def if_sealed(cls, url: str, audit: str) -> Result | None:
        """Return an audit that is sealed already; None where the ledger or the audit is not there."""
        from audit.ledger import Ledger
        from audit.ledger.database import is_empty

        if is_empty(url):
            return None
        with Ledger.open(url) as ledger:
            try:
                found = ledger.find(audit)
            except UsageError:  # none of that id
                return None
            if found.state != "sealed":
                return None
            return cls.from_ledger(ledger, audit, url, existing=True)

    @property
    def exit_code(self) -> int:
        """0 where what was asked for is so, 3 where a requirement in ``fail_on`` is not."""
        other = self.companion.exit_code if self.companion is not None else 0
        return max(self.audit.exit_code or 0, other)

    @property
    def outcomes(self) -> dict[str, int]:
        """How many findings had each outcome."""
        counted = Counter(finding.outcome for finding in self.findings)
        return {outcome: counted[outcome] for outcome in _OUTCOMES}  # type: ignore[index]

    def as_json(self) -> dict[str, Any]:
        """Return the object that ``run --json`` prints."""
        return {
            "audit": self.audit.audit,
            "existing": self.existing,
            "counts": dict(self.audit.counts),
            "findings": self.outcomes,
            "checkpoint": self.audit.checkpoint,
            "documents": [],
            "timings": {stage: round(seconds, 3) for stage, seconds in self.timings.items()},
            # Where the two are one audit there is none.
            "companion": self.companion.as_json() if self.companion is not None else None,
        }

    def in_words(self) -> str:
        """Return what was found in a few sentences."""
        lines = [
            f"{self.audit.name}: {'already sealed' if self.existing else 'sealed'} as audit "
            f"{self.audit.audit[:12]}.",
            self._counted(),
        ]
        duties = Counter(f.outcome for f in self.findings if f.kind != "convention")
        screens = Counter(f.outcome for f in self.findings if f.kind == "convention")
        for name, counted in (
            ("Duties of law, guidance and house", duties),
            ("Screens, which are conventions and not law", screens),
        ):
            told = ", ".join(
                f"{counted[outcome]} {_WORDS[outcome]}"  # type: ignore[index]
                for outcome in _OUTCOMES
                if counted[outcome]  # type: ignore[index]
            )
            lines.append(f"{name}: {told or 'none asked'}.")
        for finding in self.findings:
            if finding.outcome in ("not_met", "error"):
                who = "" if finding.group == "all" else f", {finding.attribute} {finding.group}"
                value = "" if finding.value is None else f" ({finding.value:.4g}, bound {finding.bound})"
                lines.append(f"  {_WORDS[finding.outcome]}: {finding.requirement}{who}{value}")
        if self.companion is not None:
            lines += ["", "Beside it, for fairness alone and in its own ledger:", self.companion.in_words()]
        return "\n".join(lines)

    def _counted(self) -> str:
        """Return how many were audited, and what became of them."""
        counts = self.audit.counts
        if self.audit.kind == "images":
            found = self.figures["image_accuracy"].body
            return f"{counts['rows']:,} pictures: {counts['rows'] - found['wrong']:,} recognised."
        return (
            f"{counts['rows']:,} applications: {counts['favourable']:,} favourable, "
            f"{counts['adverse']:,} adverse, {counts['none']:,} without a decision, "
            f"{counts['quarantined']:,} rows set aside. {counts['held']:,} notices are held."
        )

    def findings_frame(self) -> pl.DataFrame:
        """Return the findings as a data frame."""
        return _frame(self.findings, Finding)

    def rates_frame(self) -> pl.DataFrame:
        """Return the rates as a data frame."""
        return _frame(self.rates, Rate)

    def disparities_frame(self) -> pl.DataFrame:
        """Return the disparities as a data frame."""
        return _frame(self.disparities, Disparity)

    def decisions_frame(self, outcome: str | None = None) -> pl.DataFrame:
        """Return the decisions, under their pseudonyms, one row each."""
        import polars as pl

        from audit.ledger import Ledger

        with Ledger.open(self.ledger_url) as ledger:
            rows = [
                {
                    "decision": one.decision,
                    "outcome": one.outcome,
                    "score": one.score,
                    "cutoff": one.cutoff,
                    "notice": one.notice.state,
                    "cause": one.notice.cause,
                    "certified": one.certified,
                    "reason_codes": [reason.code for reason in one.reasons],
                }
                for one in ledger.decisions(self.audit.audit, outcome=outcome)
            ]
        return pl.DataFrame(rows, infer_schema_length=None)

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>"
            + "".join(
                f"<td>{html.escape(text)}</td>"
                for text in (
                    finding.outcome,
                    finding.requirement,
                    "" if finding.group == "all" else f"{finding.attribute}: {finding.group}",
                    "" if finding.value is None else f"{finding.value:.4g}",
                    finding.bound,
                    finding.cause or "",
                )
            )
            + "</tr>"
            for finding in self.findings
        )
        head = "".join(
            f"<th>{name}</th>" for name in ("outcome", "requirement", "group", "value", "bound", "cause")
        )
        told = "<br>".join(html.escape(line) for line in self.in_words().splitlines()[:4])
        return f"<p>{told}</p><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def open_result(path: str | Path, audit: str = "latest") -> Result:
    """Open an audit of an existing ledger.

    Parameters
    ----------
    path : str or Path
        A SQLite file, a database URL, or the folder that holds ``ledger.db``.
    audit : str
        An id, a unique beginning of it, or ``latest``.

    Returns
    -------
    Result
    """
    from audit.ledger import Ledger

    url = str(path)
    if "://" not in url:
        file = Path(path)
        url = f"sqlite:///{(file / 'ledger.db' if file.is_dir() else file).absolute()}"
    with Ledger.open(url) as ledger:
        return Result.from_ledger(ledger, audit, url, existing=True)


def _frame(rows: Iterable[Any], record: type[Any]) -> pl.DataFrame:
    import polars as pl

    # Without rows the columns are still those of the record.
    columns = [one.name for one in fields(record)]
    listed = [asdict(row) for row in rows]
    return pl.DataFrame(listed, infer_schema_length=None) if listed else pl.DataFrame(schema=columns)
