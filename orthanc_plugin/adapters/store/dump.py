"""The whole share store as text, and back: for backups, and to move from SQLite to PostgreSQL.

What belongs to a moment is left behind: nobody is logged in after a restore, nothing is sent or printed twice.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, LargeBinary, Table, func, insert, select, update

from ...domain.outbox import MailState, Reason
from .database import transaction
from .schema import audit_state, automatic_shares, metadata, outbox, pages, sessions, shares

_MOMENTARY = {sessions.name, pages.name}
_ROWS_AT_ONCE = 500


class UnusableDump(Exception):
    """The text is not a dump of this program, or not for this store; says why, for the administrator."""


def dump(engine: Engine) -> Iterator[str]:
    """One line of JSON for the schema, then one for each row, all of the same moment."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield json.dumps({"schema": _revision(connection)}) + "\n"
        for table in metadata.sorted_tables:
            if table.name in _MOMENTARY:
                continue
            for row in connection.execute(select(table).execution_options(yield_per=_ROWS_AT_ONCE)):
                values = {column.name: _written(row._mapping[column.name]) for column in table.columns}
                yield json.dumps({"table": table.name, "row": values}, separators=(",", ":")) + "\n"


def load(engine: Engine, lines: Iterable[str]) -> None:
    """Fill a store that was just made, in one transaction; raises UnusableDump or Unavailable."""
    given = iter(lines)
    tables = {table.name: table for table in metadata.sorted_tables if table.name not in _MOMENTARY}
    with transaction(engine) as connection:
        try:
            head = json.loads(next(given, ""))
            if head["schema"] != _revision(connection):
                raise UnusableDump(
                    "It was made by another version of this program: install that one, restore, then upgrade."
                )
            if any(connection.execute(select(func.count()).select_from(shares)).scalars()):
                raise UnusableDump("The store that is restored to must be empty.")
            for line in given:
                found = json.loads(line)
                _put(connection, tables[found["table"]], found["row"])
        except (ValueError, KeyError, TypeError) as fault:
            raise UnusableDump("It is not a backup of this program, or it is damaged.") from fault
        _calm(connection)


def _put(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    values = {column.name: _read(column.type, row[column.name]) for column in table.columns}
    if table is audit_state:
        # The migration has made both rows, and nobody may remove them.
        here = audit_state.c.name == values["name"]
        connection.execute(update(audit_state).where(here).values(values))
        return
    connection.execute(insert(table).values(values))


def _calm(connection: Connection) -> None:
    """What waited may have been sent or printed since."""
    waiting = outbox.c.state.in_((MailState.WAITING.value, MailState.SENDING.value))
    unclear = {"state": MailState.UNCLEAR.value, "reason": Reason.ANSWER_LOST.value, "claim": None}
    connection.execute(update(outbox).where(waiting).values(unclear))
    connection.execute(update(automatic_shares).values(waiting=False))


def _revision(connection: Connection) -> str:
    return str(MigrationContext.configure(connection).get_current_revision())


def _written(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode("ascii")} if isinstance(value, bytes | memoryview) else value


def _read(kind: Any, value: Any) -> Any:
    if isinstance(kind, LargeBinary) and value is not None:
        return base64.b64decode(value["base64"], validate=True)
    return value
