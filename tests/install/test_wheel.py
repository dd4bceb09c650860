"""The distributions: the wheel works in an empty folder, and the sdist gives the same wheel."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.install.conftest import Installed, fresh, install
from tests.worlds import sealed

pytestmark = pytest.mark.slow


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_sdist_gives_the_wheel_of_the_checkout(built: SimpleNamespace) -> None:
    """The wheel built from the unpacked sdist holds the same files with the same bytes."""
    with zipfile.ZipFile(built.wheel) as ours, zipfile.ZipFile(built.again) as theirs:
        assert {one.filename: one.CRC for one in ours.infolist()} == {
            one.filename: one.CRC for one in theirs.infolist()
        }


def test_the_wheel_holds_what_a_command_reads_and_no_more(built: SimpleNamespace) -> None:
    """Templates, fonts, migrations, packs and the example travel along; tests and caches do not."""
    names = _names(built.wheel)
    for needed in (
        "audit/py.typed",
        "audit/demo/applications.csv.gz",
        "audit/demo/credit_mlp.keras",
        "audit/migrations/env.py",
        "audit/migrations/versions/0001_ledger.py",
        "audit/packs/us_ecoa_regb/requirements.yaml",
        "reports/py.typed",
        "reports/templates/report.html",
        "reports/templates/letters/adverse_action/body.txt",
        "reports/templates/style/fonts/OFL.txt",
    ):
        assert needed in names
    # Any other top-level name would lie in everybody's site-packages.
    assert {name.split("/")[0] for name in names} == {"audit", "reports", "plainspoken-0.1.0.dist-info"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_the_sdist_can_be_built_and_tested(built: SimpleNamespace) -> None:
    """What `make demo` and `make test` call stands in the sdist, executable where it is called."""
    for needed in ("Makefile", "constraints.txt", "LICENSE", "README.md", "tests", "migrations", "templates"):
        assert (built.unpacked / needed).exists(), needed
    makefile = (built.unpacked / "Makefile").read_text(encoding="utf-8")
    called = set(re.findall(r"\.ci/[a-z-]+", makefile))
    assert called
    for script in called:
        assert (built.unpacked / script).is_file(), script


def test_the_package_is_the_installed_one(installed: Installed, tmp_path: Path) -> None:
    """`import audit` and `import reports` come from the environment's own site-packages."""
    shown = installed.python(
        "-c", "import audit, reports; print(audit.__file__); print(reports.__file__)", cwd=tmp_path
    )
    assert shown.returncode == 0, shown.stderr
    assert [Path(line).parent.parent for line in shown.stdout.split()] == [installed.site] * 2


def test_assets_are_the_installed_ones(installed: Installed, tmp_path: Path) -> None:
    """Templates and migrations are found inside the packages, not beside them."""
    code = "from audit import assets; print(assets.templates()); print(assets.migrations())"
    shown = installed.python("-c", code, cwd=tmp_path)
    assert shown.stdout.split() == [
        str(installed.site / "reports" / "templates"),
        str(installed.site / "audit" / "migrations"),
    ]


def test_the_console_command_answers_in_an_empty_folder(installed: Installed, tmp_path: Path) -> None:
    """--version, packs and doctor work where nothing lies, and leave nothing behind."""
    version = installed.plainspoken("--version", cwd=tmp_path)
    assert (version.returncode, version.stdout) == (0, "plainspoken 0.1.0\n")
    packs = installed.plainspoken("packs", cwd=tmp_path)
    assert packs.returncode == 0, packs.stderr
    for name in ("us_ecoa_regb", "us_fcra", "screening", "eu_gdpr"):
        assert name in packs.stdout
    doctor = installed.plainspoken("doctor", "--json", cwd=tmp_path)
    told = json.loads(doctor.stdout)
    assert (doctor.returncode, told["ok"]) == (0, True), [c for c in told["checks"] if not c["ok"]]
    assert "shapley" in told["explainers"]
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_from_elsewhere_is_read_and_retold(
    installed: Installed, evidence: Path, tmp_path: Path
) -> None:
    """list, verify, report (HTML and PDF) and letters work from the installed wheel in another folder."""
    here = tmp_path / "empty"
    here.mkdir()
    ledger = ("--ledger", str(evidence / "ledger.db"))

    listed = installed.plainspoken("list", *ledger, cwd=here)
    assert listed.returncode == 0, listed.stderr
    assert sealed.audit_head().name in listed.stdout
    assert installed.plainspoken("verify", *ledger, cwd=here).returncode == 0
    for name in ("report.html", "report.pdf"):
        made = installed.plainspoken("report", "latest", "--out", name, *ledger, cwd=here)
        assert made.returncode == 0, made.stderr
    assert (here / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (here / "report.pdf").read_bytes().startswith(b"%PDF-1.7")
    date = ("--date", sealed.AS_OF.isoformat())
    sent = installed.plainspoken(
        "letters", "latest", "--unsent", "--out", "out", "--format", "txt", "--json", *date, *ledger, cwd=here
    )
    told = json.loads(sent.stdout.splitlines()[-1])
    assert sent.returncode == 3, sent.stderr  # one notice of this world is held
    assert told["held"] == 1
    assert told["letters"] == len(list((here / "out").glob("*.txt"))) > 10
    assert installed.plainspoken("verify", *ledger, cwd=here).returncode == 0


def test_an_editable_install_reads_the_checkout(built: SimpleNamespace, tmp_path: Path) -> None:
    """Packages, templates and migrations are the checkout's own, and a change there is seen at once."""
    here = fresh(tmp_path / "editable")
    install(here, "--editable", str(built.unpacked))
    code = (
        "import audit, reports; from audit import assets\n"
        "print(audit.__file__, reports.__file__, assets.templates(), assets.migrations(), sep='\\n')"
    )
    shown = here.python("-c", code, cwd=tmp_path)
    assert [str(Path(line).relative_to(built.unpacked)) for line in shown.stdout.splitlines()] == [
        "audit/__init__.py", "reports/__init__.py", "templates", "migrations",
    ], shown.stderr  # fmt: skip
    assert here.plainspoken("packs", cwd=tmp_path).returncode == 0
