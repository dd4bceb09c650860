"""The same code on PostgreSQL: write, read, guard and verify. Needs its server programs."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from audit.errors import LedgerError
from audit.ledger import Ledger, tables, verify
from audit.ledger.database import writing
from tests.worlds.issued import SENT_AT, a_letter
from tests.worlds.sealed import small_audit, write_audit

pytestmark = pytest.mark.slow
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL of our own, on a socket in a folder of our own."""
    if not PROGRAMS:
        pytest.skip("no PostgreSQL server programs in /usr/lib/postgresql")
    folder = tmp_path_factory.mktemp("postgresql")
    account: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("running as root, and there is no account postgres to run the server")
        if shutil.which("setpriv") is None:
            pytest.skip("running as root without setpriv")
        account = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
        shutil.chown(folder, "postgres", "postgres")
        for parent in folder.parents:
            if parent == Path("/tmp"):
                break
            parent.chmod(parent.stat().st_mode | 0o011)
    data, programs = folder / "data", PROGRAMS[-1]
    start = [*account, str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log")]
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    try:
        subprocess.run(
            [*account, str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "auditor"],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        subprocess.run([*start, "-o", options, "start"], check=True, capture_output=True, cwd=folder)
    except (subprocess.CalledProcessError, OSError) as error:
        pytest.skip(f"no PostgreSQL can be started here: {error}")
    yield f"postgresql+psycopg://auditor@/postgres?host={folder}"
    subprocess.run([*start, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=folder)


def test_an_audit_lives_the_same_life_there(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written, read back equal, a letter recorded, guarded, verified; an altered row is named."""
    with pytest.raises(LedgerError, match="PLAINSPOKEN_KEY_FILE"):
        Ledger.open(server, create=True)
    monkeypatch.setenv("PLAINSPOKEN_KEY_FILE", str(tmp_path / "keys" / "ledger.key"))
    (tmp_path / "keys").mkdir()
    small = small_audit()
    with Ledger.open(server, create=True) as ledger:
        audit = write_audit(ledger, small)
        assert write_audit(ledger, small) == audit
        assert ledger.rates(audit) == small.seal["rates"]
        assert ledger.references(audit) == small.seal["references"]
        assert [ledger.case(audit, d.decision) for d in small.decisions] == list(small.cases)
        ready = next(d for d in ledger.decisions(audit, notice="ready") if len(d.persons) == 1)
        ledger.record_document(audit, a_letter(ready), SENT_AT)
        assert ledger.decision(audit, ready.decision).notice.state == "sent"
        assert ledger.find(audit.audit[:10]) == audit
        assert verify(ledger).ok
        change = tables.rates.update().values(value=0.5)
        with pytest.raises(LedgerError, match="append-only"), writing(ledger.engine) as connection:
            connection.execute(change)
        with writing(ledger.engine) as connection:
            connection.execute(sa.text("ALTER TABLE rates DISABLE TRIGGER ALL"))
            connection.execute(change.where(tables.rates.c.pos == 3))
        proof = verify(ledger)
    assert not proof.ok
    assert any("rates row 3" in check.fact for check in proof.checks)
