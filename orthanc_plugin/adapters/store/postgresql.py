"""What PostgreSQL needs beyond SQLite: nobody waits for it for ever, and changes are made one at a time."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy import text as sql

# A server that answers nothing for so long is out of reach: requests are then refused.
PATIENCE_SECONDS = 4
# A connection whose instance has died gives back its locks after this time.
_FORGOTTEN_MS = 15_000
# Any number that nobody else uses in this database.
_ONE_AT_A_TIME = sql("SELECT pg_advisory_xact_lock(7305812643)")


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is given up when the server hangs: the network alone would not notice for minutes."""

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        """As in psycopg, but never without a limit; an unanswered connection is closed."""
        try:
            return super().wait(gen, interval, PATIENCE_SECONDS if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise


def engine_for_migrations(url: URL) -> Engine:
    """Without limits: a migration takes as long as it takes, and a second instance waits for the first."""
    connecting = {"connect_timeout": PATIENCE_SECONDS}
    return create_engine(url, hide_parameters=True, poolclass=NullPool, connect_args=connecting)


def tune(engine: Engine) -> None:
    """Put limits on each connection: on connecting, on statements and locks, and on silence."""

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        milliseconds = PATIENCE_SECONDS * 1000
        limits: dict[str, Any] = {
            "connect_timeout": PATIENCE_SECONDS,
            "tcp_user_timeout": milliseconds,
            "options": f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds} "
            f"-c idle_in_transaction_session_timeout={_FORGOTTEN_MS}",
        }
        return PatientConnection.connect(*arguments, **(limits | options))


def one_at_a_time(connection: Connection) -> None:
    """Let no other change begin before this transaction ends, on whatever instance; nothing on SQLite.

    SQLite does so by itself. Without it two instances could each count the sessions of a share before either adds one.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_ONE_AT_A_TIME)
