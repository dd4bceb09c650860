"""Roles on PostgreSQL: one that reads, one that writes audits, and the owner, who migrates and purges.

Why so: a report, an examiner and a dashboard need SELECT and nothing else, and a nightly run needs
no right to change what stands. Rights keep accidents out; whoever owns the tables can do anything,
which is what the log is for.
"""

from __future__ import annotations

from audit.errors import UsageError
from audit.ledger import tables

#: What changes in its place; all else is only ever added to.
CHANGING = tuple(sorted(set(tables.metadata.tables) - set(tables.APPEND_ONLY)))


def _name(role: str) -> str:
    if not role or "\0" in role or len(role.encode()) > 63:
        raise UsageError(f"{role or 'ROLE'}: this is no name of a role. Give 1 to 63 letters.")
    escaped = role.replace('"', '""')
    return f'"{escaped}"'


def sql(reader: str | None, writer: str | None, schema: str = "public") -> tuple[str, ...]:
    """Return the statements that an owner of the ledger runs once, to make these roles.

    Parameters
    ----------
    reader, writer : str, optional
        Names of the roles; None leaves one out. How they log in is the administrator's to add.
    """
    where = _name(schema)
    out: list[str] = []
    for role in (reader, writer):
        if role is None:
            continue
        name = _name(role)
        out += [
            f"CREATE ROLE {name} LOGIN",
            f"GRANT USAGE ON SCHEMA {where} TO {name}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {where} TO {name}",
            # Tables that a later migration brings can be read at once too.
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {where} GRANT SELECT ON TABLES TO {name}",
        ]
    if reader is not None:
        out.append(f"ALTER ROLE {_name(reader)} SET default_transaction_read_only = on")
    if writer is not None:
        name = _name(writer)
        listed = ", ".join(f"{where}.{table}" for table in sorted(tables.metadata.tables))
        changing = ", ".join(f"{where}.{table}" for table in CHANGING)
        out += [
            f"GRANT INSERT ON {listed} TO {name}",
            f"GRANT UPDATE, DELETE ON {changing} TO {name}",
        ]
    return tuple(out)
