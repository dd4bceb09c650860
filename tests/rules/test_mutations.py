"""Each test of a rule fails once the line that keeps the rule is changed; slow, one run of it each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("audit", "reports", "templates", "migrations", "tests")

# rule, file, what stands there, what is put in its place
MUTATIONS = (
    ("R01", "audit/check/factors.py", "if column not in inputs:", "if False:"),
    (
        "R02",
        "audit/reasons.py",
        "top, rest = entries[:at_most], entries[at_most:]",
        "entries = [e for e in entries if e.factor not in protected_factors]\n"
        "    top, rest = entries[:at_most], entries[at_most:]",
    ),
    ("R03", "audit/reasons.py", "entries[:at_most], entries[at_most:]", "entries[:9], entries[9:]"),
    ("R04", "audit/explain/reference.py", "_SHARE = 10", "_SHARE = 5"),
    (
        "R05",
        "audit/packs/screening/requirements.yaml",
        "measure: named_method_overlap\n  bound: [{from: 2011-12-30, at_least: 0.75}]",
        "measure: named_method_overlap\n  bound: [{from: 2011-12-30, at_least: 0.05}]",
    ),
    ("R06", "audit/reasons_given.py", 'causes.add("reason_helped")', "pass"),
    ("R07", "audit/reasons.py", "decision.judgment if decision.stage in JUDGED_STAGES else ()", "()"),
    ("R08", "audit/reasons.py", "key=lambda factor: _precedence(factor, codes)", "key=lambda f: f[::-1]"),
    ("R09", "audit/vague.py", "if not _BANNED.search(plain):", "if True:"),
    ("R10", "audit/check/factors.py", "if column not in mapped:", "if False:"),
    ("R11", "audit/reasons.py", "if statement and statement in place:", "if False:"),
    ("R12", "audit/reasons.py", 'component == "score" and factor in missing', "False"),
    (
        "R13",
        "audit/reasons.py",
        "math.inf if code is None or code.priority is None else code.priority",
        "0.0",
    ),
    ("R14", "audit/reasons.py", "not abs(residual) <= tolerance", "abs(residual) > 1"),
    ("R15", "reports/lint.py", "if told != recorded:", "if False:"),
    ("R16", "audit/explain/reference.py", "return stricter and", "return False and"),
    (
        "R17",
        "reports/sheet.py",
        "int.from_bytes(digest[:8]) % 10**10",
        "__import__('random').randrange(10**10)",
    ),
    ("R18", "audit/scored_age.py", "apart > tolerance", "apart > 1"),
    ("R19", "audit/measurements.py", "if not _shows(code, bins[code.factor])", "if False"),
    ("R20", "reports/lint.py", "if reason.statement not in _approved_words(reason, terms):", "if False:"),
    ("R21", "audit/flips.py", "self.main > SHARE * self.n", "False"),
)


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "file", "old", "new"), MUTATIONS, ids=[one[0] for one in MUTATIONS])
def test_the_test_of_a_rule_can_fail(tmp_path: Path, rule: str, file: str, old: str, new: str) -> None:
    """In a copy of the program with one line changed, the test of that rule fails and says so."""
    for part in PARTS:
        ignored = shutil.ignore_patterns("__pycache__", "golden", "benchmarks")
        shutil.copytree(ROOT / part, tmp_path / part, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    changed = tmp_path / file
    text = changed.read_text()
    assert text.count(old) >= 1, f"{file} does not say {old!r} any more"
    changed.write_text(text.replace(old, new))
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/rules", "-k", f"{rule}_"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 1, run.stdout[-2000:] + run.stderr[-2000:]
    assert "Error" in run.stdout


def test_every_rule_has_a_mutation() -> None:
    """None is left out."""
    assert [one[0] for one in MUTATIONS] == [f"R{number:02d}" for number in range(1, 22)]
