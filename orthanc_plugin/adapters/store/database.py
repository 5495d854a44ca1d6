"""Open the share store and bring its schema up to date."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DatabaseError, InterfaceError, InternalError, OperationalError, SQLAlchemyError

from ...domain.errors import Unavailable
from . import postgresql

MIGRATIONS = Path(__file__).parent.parent / "migrations"
_BUSY_TIMEOUT_MS = 5000
# The transaction that this thread is in, and the store that it belongs to.
_OPEN: ContextVar[tuple[Engine, Connection] | None] = ContextVar("open transaction", default=None)
_DEFAULT_STORAGE = "OrthancStorage"


class StoreError(Exception):
    """The share store cannot be opened or migrated; the text is for the administrator."""


def default_url(configuration: Mapping[str, Any]) -> str:
    """Where the store lies unless the setting Database says otherwise: in Orthanc's storage directory."""
    return f"sqlite:///{storage_directory(configuration) / 'patient-share.sqlite3'}"


def storage_directory(configuration: Mapping[str, Any]) -> Path:
    """Where Orthanc keeps its attachments."""
    return Path(configuration.get("StorageDirectory") or _DEFAULT_STORAGE).absolute()


def open_store(url: str, existing: bool = False) -> Engine:
    """Connect, migrate to the newest schema and answer the engine; raises StoreError.

    With `existing` the store is left as it is: commands beside a running Orthanc neither make nor migrate one.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
            raise StoreError("The share store cannot be opened: SQLite needs the path of a file.")
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            if existing and not Path(parsed.database).is_file():
                raise StoreError("The share store cannot be opened: there is no such file.")
            _create_private(Path(parsed.database))
        # Parameters of statements hold hashes and identifiers: they stay out of error messages and logs.
        engine = create_engine(parsed, hide_parameters=True, pool_size=20, max_overflow=20)
        if engine.dialect.name == "sqlite":
            _tune_sqlite(engine)
        elif engine.dialect.name == "postgresql":
            postgresql.tune(engine)
        if not existing:
            _migrate(engine)
        event.listen(engine, "handle_error", _unavailable)
    except CommandError as fault:
        raise StoreError("The share store was written by a newer version of this plugin.") from fault
    except (SQLAlchemyError, OSError, ImportError) as fault:
        # Not the text of the fault: it may quote the URL with its password.
        raise StoreError(f"The share store cannot be opened ({_kind(fault)}).") from fault
    return engine


def _unavailable(context: ExceptionContext) -> None:
    """A store that is locked, full, damaged or gone is told apart from a fault of ours."""
    fault = context.sqlalchemy_exception
    # SQLite reports a damaged file as plain DatabaseError, the base of them all; PostgreSQL a server that has become
    # a read-only copy, or a transaction that was idle for too long, as InternalError.
    unreachable = isinstance(fault, OperationalError | InterfaceError | InternalError) or context.is_disconnect
    if unreachable or type(fault) is DatabaseError:
        raise Unavailable from context.original_exception


def _kind(fault: Exception) -> str:
    if isinstance(fault, OSError):
        return fault.strerror or type(fault).__name__
    return type(getattr(fault, "orig", None) or fault).__name__


def writing(engine: Engine) -> Engine:
    """The same store, with transactions that take SQLite's write lock at their beginning.

    A transaction that reads first and writes later would otherwise fail at once under concurrency, whatever the
    busy time-out.
    """
    return engine.execution_options(begin_immediate=True)


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Write: a transaction of its own, or a part of the one that this thread is in already.

    What is done inside is kept as a whole or not at all. A part that raises takes back what it did itself; the
    transaction around it goes on if the exception is caught there.
    """
    outer = _OPEN.get()
    if outer is not None and outer[0] is engine:
        with outer[1].begin_nested():
            yield outer[1]
        return
    with writing(engine).begin() as connection:
        postgresql.one_at_a_time(connection)
        before = _OPEN.set((engine, connection))
        try:
            yield connection
        finally:
            _OPEN.reset(before)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Read: inside a transaction of this thread with what it has written so far, otherwise what is committed."""
    outer = _OPEN.get()
    if outer is not None and outer[0] is engine:
        yield outer[1]
        return
    with engine.connect() as connection:
        yield connection


@dataclass(frozen=True)
class SqlTransaction:
    """Transaction on SQLAlchemy: all repositories over the same engine take part."""

    engine: Engine

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Begin, and commit at the end; an exception takes everything back."""
        with transaction(self.engine):
            yield


def _create_private(path: Path) -> None:
    """Create the file for the owner alone before SQLite would create it by the umask."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.close(descriptor)


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        # The driver's own transaction handling is switched off; `begin` below does it explicitly.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        # FULL: a revocation or a counted attempt that was answered is on the disk, even when the power fails.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("begin_immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    by = postgresql.engine_for_migrations(engine.url) if engine.dialect.name == "postgresql" else writing(engine)
    with by.begin() as connection:
        postgresql.one_at_a_time(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
