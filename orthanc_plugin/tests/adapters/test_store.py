from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.exceptions import InvalidTag
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.store.attempts import SqlAttempts
from orthanc_plugin.adapters.store.database import SqlTransaction, StoreError, open_store, transaction
from orthanc_plugin.adapters.store.devices import SqlDevices
from orthanc_plugin.adapters.store.schema import metadata
from orthanc_plugin.adapters.store.sessions import SqlSessions
from orthanc_plugin.adapters.store.shares import SqlShares
from orthanc_plugin.domain.session import Session
from orthanc_plugin.domain.throttle import Client
from orthanc_plugin.ports import ShareFilter

from ..support.studies import share

KEYS = Keyring({1: bytes(32)})
SHARE = share("share", note="Frau Mustermann ruft zurück")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "store.sqlite3"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    opened = open_store(f"sqlite:///{path}")
    yield opened
    opened.dispose()


def test_the_migrations_make_exactly_the_tables_of_the_schema(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_opening_again_keeps_what_is_there(engine: Engine, path: Path) -> None:
    SqlShares(engine, KEYS).add(SHARE, "index", "hash")
    again = open_store(f"sqlite:///{path}")
    assert SqlShares(again, KEYS).get(SHARE.id) == SHARE
    again.dispose()


def test_the_files_are_for_their_owner_alone(path: Path) -> None:
    previous = os.umask(0)
    try:
        engine = open_store(f"sqlite:///{path}")
        SqlShares(engine, KEYS).add(SHARE, "index", "hash")
    finally:
        os.umask(previous)
    files = sorted(path.parent.iterdir())
    assert path in files
    assert [file.name for file in files if stat.S_IMODE(file.stat().st_mode) != 0o600] == []
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    engine.dispose()


def test_a_confirmed_change_survives_a_loss_of_power(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert connection.execute(text("PRAGMA busy_timeout")).scalar() == 5000


def test_every_connection_is_tuned_not_only_the_first(engine: Engine) -> None:
    connections = [engine.connect() for _ in range(3)]
    assert [c.execute(text("PRAGMA synchronous")).scalar() for c in connections] == [2, 2, 2]
    for connection in connections:
        connection.close()


def test_neither_notes_nor_secrets_stand_in_the_file(engine: Engine, path: Path) -> None:
    SqlShares(engine, KEYS).add(SHARE, "index", "hash")
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    stored = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert SHARE.id.encode() in stored
    for words in ("Mustermann", "ruft"):
        assert words.encode() not in stored


def test_no_column_could_hold_a_patients_name(engine: Engine) -> None:
    columns = {
        f"{table}.{column['name']}"
        for table in ("shares", "sessions", "attempts", "devices")
        for column in inspect(engine).get_columns(table)
    }
    assert not [column for column in columns if any(word in column for word in ("patient", "name", "birth", "mail"))]


def test_a_note_that_was_moved_to_another_share_does_not_read(engine: Engine) -> None:
    shares = SqlShares(engine, KEYS)
    shares.add(SHARE, "index", "hash")
    shares.add(share("other", note="other"), "other index", "hash")
    with engine.begin() as connection:
        connection.execute(text("UPDATE shares SET note = (SELECT note FROM shares WHERE id = :a)"), {"a": SHARE.id})
    assert shares.get(SHARE.id) == SHARE
    with pytest.raises(InvalidTag):
        shares.get(share("other").id)


def test_a_code_cannot_be_filed_twice(engine: Engine) -> None:
    shares = SqlShares(engine, KEYS)
    shares.add(SHARE, "index", "hash")
    with pytest.raises(IntegrityError) as fault:
        shares.add(share("other"), "index", "hash")
    assert share("other").id not in str(fault.value)


def test_a_session_needs_a_share(engine: Engine) -> None:
    with pytest.raises(IntegrityError):
        SqlSessions(engine, SqlShares(engine, KEYS)).start(Session("hash", "no such share", 1, 1), 3)


def test_concurrent_attempts_never_lose_a_count(engine: Engine) -> None:
    SqlShares(engine, KEYS).add(SHARE, "index", "hash")
    attempts = SqlAttempts(engine)
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: attempts.reserve(SHARE.id, Client("here"), 1_700_000_000).wait, range(40)))
    assert waits.count(0) == 5
    assert len([wait for wait in waits if wait > 0]) == 35


def test_concurrent_attempts_from_many_addresses_are_all_counted(engine: Engine) -> None:
    SqlShares(engine, KEYS).add(SHARE, "index", "hash")
    attempts = SqlAttempts(engine)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: attempts.reserve(SHARE.id, Client(f"address {n % 8}"), 1_700_000_000), range(19)))
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT address, failures FROM attempts")).all()
    assert {row.address: row.failures for row in rows} == {f"address {n}": 3 if n < 3 else 2 for n in range(8)} | {
        "*": 19
    }


def test_attempts_and_devices_go_with_their_share(engine: Engine) -> None:
    SqlShares(engine, KEYS).add(SHARE, "index", "hash")
    SqlAttempts(engine).reserve(SHARE.id, Client("here"), 1_700_000_000)
    SqlDevices(engine).remember(SHARE.id, "device", 1)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM shares"))
    with engine.connect() as connection:
        for table in ("attempts", "devices"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0


def test_concurrent_logins_leave_three_sessions(engine: Engine) -> None:
    shares = SqlShares(engine, KEYS)
    shares.add(SHARE, "index", "hash")
    sessions = SqlSessions(engine, shares)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: sessions.start(Session(f"s{n}", SHARE.id, n, n), 3), range(16)))
    assert len([n for n in range(16) if sessions.find(f"s{n}")]) == 3


def test_a_thread_neither_joins_nor_sees_the_transaction_of_another(engine: Engine) -> None:
    shares = SqlShares(engine, KEYS)
    with ThreadPoolExecutor(1) as other:
        with SqlTransaction(engine)():
            shares.add(SHARE, "index", "hash")
            assert other.submit(shares.get, SHARE.id).result() is None
            waiting = other.submit(shares.revoke, SHARE.id, 20)
        assert waiting.result()


def test_a_transaction_of_another_store_is_not_joined(engine: Engine, tmp_path: Path) -> None:
    other = open_store(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    with pytest.raises(RuntimeError), transaction(engine) as outer:
        SqlShares(other, KEYS).add(SHARE, "index", "hash")
        assert outer.execute(text("SELECT count(*) FROM shares")).scalar() == 0
        raise RuntimeError
    assert SqlShares(other, KEYS).get(SHARE.id) == SHARE
    other.dispose()


@pytest.mark.parametrize(
    "url", ["nonsense", "oracle9://x", "nodialect+nodriver://x", "sqlite://", "sqlite:///:memory:"]
)
def test_an_address_that_no_store_can_live_at_is_one_sentence(url: str) -> None:
    with pytest.raises(StoreError, match="share store"):
        open_store(url)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreError, match="share store"):
        open_store(f"sqlite:///{tmp_path / 'file' / 'store.sqlite3'}")


def test_a_file_that_is_no_database_is_one_sentence(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database at all, but long enough to look like one" * 20)
    with pytest.raises(StoreError, match="share store"):
        open_store(f"sqlite:///{path}")


def test_a_store_of_a_newer_version_is_one_sentence(engine: Engine, path: Path) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="share store"):
        open_store(f"sqlite:///{path}")


def test_the_password_of_the_database_is_not_in_the_sentence() -> None:
    for url in (
        "nodialect://user:s3cret@host/db",
        "postgresql+nodriver://user:s3cret@host/db",
        "://user:s3cret@host/db",
    ):
        with pytest.raises(StoreError) as fault:
            open_store(url)
        assert "s3cret" not in str(fault.value)


def test_a_share_whose_key_was_taken_away_is_still_there_without_its_note(engine: Engine) -> None:
    SqlShares(engine, KEYS).add(SHARE, "index", "hash")
    later = SqlShares(engine, Keyring({2: bytes(range(32))}))
    assert later.get(SHARE.id) == replace(SHARE, note="")
    assert later.page(ShareFilter(), 0, 10, None).shares == (replace(SHARE, note=""),)
