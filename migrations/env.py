"""How Alembic runs our migrations: on the connection it is handed, in the caller's transaction.

The program always hands over a connection (``attributes["connection"]``), already inside a
transaction that holds the database's write lock, so that two first runs cannot race. A developer
who runs ``alembic revision`` gives a database with ``-x url=sqlite:///…``.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection

from audit.ledger.tables import metadata


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transactional_ddl=False,  # the transaction is the caller's
    )
    context.run_migrations()


handed = context.config.attributes.get("connection")
if handed is not None:
    _migrate(handed)
else:
    url = context.get_x_argument(as_dictionary=True).get("url", "sqlite:///ledger.db")
    with create_engine(url).begin() as connection:
        _migrate(connection)
