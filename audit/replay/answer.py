"""What a replay answers, for machines and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.replay.difference import Compared

_EQUAL = "The second run is equal to the first."


@dataclass(frozen=True, slots=True)
class Replay:
    """What a second run said of an audit.

    Parameters
    ----------
    exact : whether it ran on the environment of the audit, so that every bit must be equal
    environment : what differs of it: name, then, now
    compared : of each kind, how much was compared and what differs
    erased : pseudonym -> "erased on … under entry …"
    cannot : what could not be compared, and why
    """

    audit: str
    exact: bool
    from_files: bool
    environment: tuple[tuple[str, str, str], ...]
    compared: tuple[Compared, ...]
    erased: Mapping[str, str]
    cannot: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return all(one.ok for one in self.compared)

    def as_json(self, limit: int = 1000) -> dict[str, Any]:
        """Return it for machines, with at most so many differences of each kind."""
        return {
            "audit": self.audit,
            "equal": self.ok,
            "demand": "bits" if self.exact else "tolerances",
            "run_from": "files" if self.from_files else "record",
            "environment": [{"name": n, "sealed": then, "now": now} for n, then, now in self.environment],
            "differs": [one.kind for one in self.compared if not one.ok],
            "compared": [one.as_json(limit) for one in self.compared],
            "n_erased": len(self.erased),
            "erased": [{"decision": n, "told": told} for n, told in list(self.erased.items())[:limit]],
            "cannot": list(self.cannot),
        }

    def in_words(self, limit: int = 10) -> str:
        """Return it for people."""
        where = (
            "on the environment of the audit: every bit must be equal"
            if self.exact
            else "on another environment: numbers may lie as far apart as the tolerances allow"
        )
        lines = [f"Audit {self.audit[:12]} was run again {where}."]
        lines += [f"  {name}: {then or 'absent'} then, {now or 'absent'} now"
                  for name, then, now in self.environment]  # fmt: skip
        for one in self.compared:
            if one.ok:
                apart = f", at most {one.largest:.2g} apart" if one.largest else ""
                lines.append(f"{'equal':<9}  {one.kind}: {one.n:,} compared{apart}")
                continue
            n = len(one.differences)
            of = f" in {len(one.decisions):,} decisions" if one.decisions else ""
            apart = f", at most {one.largest:.3g} apart" if one.largest else ""
            lines.append(f"{'DIFFERENT':<9}  {one.kind}: {n:,} of {one.n:,}{of}{apart}")
            lines += [f"    {difference}" for difference in one.differences[:limit]]
            if n > limit:
                lines.append(f"    and {n - limit:,} more (--json has them)")
        lines += [f"{name}: {told}" for name, told in list(self.erased.items())[:limit]]
        if len(self.erased) > limit:
            lines.append(f"and {len(self.erased) - limit:,} more whose record is gone")
        lines += [f"cannot tell  {one}" for one in self.cannot]
        told = ", ".join(one.kind for one in self.compared if not one.ok)
        whole = "All that could be compared is equal." if self.cannot or self.erased else _EQUAL
        lines.append(f"What differs: {told}." if told else whole)
        return "\n".join(lines)
