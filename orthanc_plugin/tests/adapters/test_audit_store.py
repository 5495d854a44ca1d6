"""The audit log on a real SQLite file: what is written is found again, and whatever somebody changes is found too."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.store import audit as audit_module
from orthanc_plugin.adapters.store.audit import BrokenLog, SqlAudit
from orthanc_plugin.adapters.store.database import SqlTransaction, open_store
from orthanc_plugin.adapters.store.shares import SqlShares
from orthanc_plugin.domain.audit import AuditEvent, Who
from orthanc_plugin.domain.audit_terms import Action
from orthanc_plugin.ports import AuditFilter, AuditMark

from ..support.studies import share

OLD, NEW = bytes(32), bytes(range(32))
SHARE = share("share")
TABLES = {
    "audit": ("seq", "at", "event", "action", "outcome", "who", "share_id", "studies", "entry", "previous",
              "key_version", "mac"),
    "audit_state": ("name", "seq", "mac", "key_version", "seal"),
}  # fmt: skip
ENTRIES = 8
PURGED = 2


def event(number: int) -> AuditEvent:
    who = Who.staff("reception") if number % 2 else Who.recipient(SHARE.id)
    return AuditEvent(
        Action.SHARE_EXTENDED if number % 2 else Action.LOGIN,
        1000 + number,
        who,
        share_id=SHARE.id,
        studies=("1.2.3",),
        detail={"count": number},
    )


@dataclass
class Log:
    path: Path
    engine: Engine
    audit: SqlAudit

    def tampered(self, *statements: str) -> int:
        """Change the file behind the product's back; answers how many rows changed."""
        with sqlite3.connect(self.path) as file:
            for name, table in file.execute(
                "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                file.execute(f"DROP TRIGGER {name}")
                assert table.startswith("audit")
            file.commit()
            changed = sum(file.execute(statement).rowcount for statement in statements)
        file.close()
        return changed


def opened(path: Path, keys: dict[int, bytes] | None = None) -> Log:
    engine = open_store(f"sqlite:///{path}")
    return Log(path, engine, SqlAudit(engine, Keyring(keys or {1: OLD})))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = opened(tmp_path / "store.sqlite3")
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A log of several entries under two keys, of which the oldest were removed by retention."""
    path = tmp_path_factory.mktemp("template") / "store.sqlite3"
    first = opened(path)
    for number in range(4):
        first.audit.append(event(number))
    first.engine.dispose()
    second = opened(path, {1: OLD, 2: NEW})
    for number in range(4, ENTRIES):
        second.audit.append(event(number))
    assert second.audit.purge(1000 + PURGED) is not None
    assert second.audit.verify().intact
    second.engine.dispose()
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA journal_mode = DELETE")
    file.close()
    return path.read_bytes()


def test_what_is_appended_is_read_back_and_verifies(log: Log) -> None:
    for number in range(5):
        log.audit.append(event(number))
    page = log.audit.page(AuditFilter(), 10, None)
    assert [entry.seq for entry in page.entries] == [5, 4, 3, 2, 1]
    assert [entry.text for entry in page.entries] == [event(number).canonical() for number in (4, 3, 2, 1, 0)]
    found = log.audit.verify()
    assert (found.intact, found.entries, found.first_bad, found.reason) == (True, 5, None, "")
    assert found.head == log.audit.head() == AuditMark(5, page.entries[0].mac)


def test_an_empty_log_is_not_whole_since_each_start_writes_an_entry(log: Log) -> None:
    found = log.audit.verify()
    assert (found.intact, found.first_bad) == (False, 1)


def test_an_entry_and_its_change_are_kept_together_or_not_at_all(log: Log) -> None:
    shares = SqlShares(log.engine, Keyring({1: OLD}))
    shares.add(SHARE, "index", "hash")
    log.audit.append(event(0))
    with pytest.raises(RuntimeError), SqlTransaction(log.engine)():
        shares.revoke(SHARE.id, 1)
        log.audit.append(event(1))
        raise RuntimeError
    assert shares.get(SHARE.id) == SHARE
    assert log.audit.verify().entries == 1


def test_many_threads_append_one_after_the_other(log: Log) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: log.audit.append(event(number)), range(40)))
    found = log.audit.verify()
    assert (found.intact, found.entries) == (True, 40)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET who = 'system' WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 1",
        "DELETE FROM audit_state",
    ],
)
def test_the_store_itself_refuses_changes(log: Log, statement: str) -> None:
    for number in range(3):
        log.audit.append(event(number))
    with pytest.raises(IntegrityError), log.engine.begin() as connection:
        connection.execute(text(statement))
    assert log.audit.verify().intact


def test_retention_removes_the_oldest_and_the_log_still_verifies(log: Log) -> None:
    for number in range(5):
        log.audit.append(event(number))
    removed = log.audit.purge(1003)
    assert removed is not None
    assert removed.seq == 3
    assert [entry.seq for entry in log.audit.page(AuditFilter(), 10, None).entries] == [5, 4]
    assert log.audit.purge(1003) is None
    log.audit.append(event(5))
    found = log.audit.verify()
    assert (found.intact, found.entries, found.head.seq) == (True, 3, 6)


def test_retention_may_remove_everything_that_there_is(log: Log) -> None:
    for number in range(3):
        log.audit.append(event(number))
    log.audit.purge(9999)
    log.audit.append(event(3))
    found = log.audit.verify()
    assert (found.intact, found.entries, found.head.seq) == (True, 1, 4)


def test_an_old_entry_behind_a_young_one_stays(log: Log) -> None:
    # The clock was set back in between.
    for number in (0, 7, 1, 2):
        log.audit.append(event(number))
    removed = log.audit.purge(1005)
    assert removed is not None
    assert removed.seq == 1


def test_one_call_of_retention_removes_a_bounded_number(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_module, "_REMOVED_AT_ONCE", 2)
    for number in range(5):
        log.audit.append(event(number))
    marks = [log.audit.purge(9999) for _ in range(4)]
    assert [mark and mark.seq for mark in marks] == [2, 4, 5, None]


def test_a_mark_that_was_noted_elsewhere_is_compared(log: Log) -> None:
    for number in range(5):
        log.audit.append(event(number))
    entries = {entry.seq: entry for entry in log.audit.page(AuditFilter(), 10, None).entries}
    assert log.audit.verify(AuditMark(3, entries[3].mac)).intact
    other = log.audit.verify(AuditMark(3, entries[2].mac))
    assert (other.intact, other.first_bad) == (False, 3)
    ahead = log.audit.verify(AuditMark(9, entries[2].mac))
    assert (ahead.intact, ahead.first_bad) == (False, 6)
    log.audit.purge(1002)
    assert log.audit.verify(AuditMark(2, entries[2].mac)).intact
    assert not log.audit.verify(AuditMark(1, entries[1].mac)).intact


def test_a_store_that_was_set_back_is_found_by_the_noted_mark_alone(log: Log, tmp_path: Path) -> None:
    log.audit.append(event(0))
    with sqlite3.connect(log.path) as file:
        file.execute("VACUUM INTO ?", [str(tmp_path / "backup.sqlite3")])
    file.close()
    log.audit.append(event(1))
    noted = log.audit.head()
    older = opened(tmp_path / "backup.sqlite3")
    assert older.audit.verify().intact
    assert not older.audit.verify(noted).intact
    older.engine.dispose()


def test_an_entry_of_another_life_of_the_store_is_found(log: Log, tmp_path: Path) -> None:
    log.audit.append(event(0))
    with sqlite3.connect(log.path) as file:
        file.execute("VACUUM INTO ?", [str(tmp_path / "copy.sqlite3")])
    file.close()
    copy = opened(tmp_path / "copy.sqlite3")
    copy.audit.append(event(7))
    for number in (1, 2):
        log.audit.append(event(number))
    log.tampered(
        f"ATTACH '{copy.path}' AS other",
        "DELETE FROM audit WHERE seq = 2",
        "INSERT INTO audit SELECT * FROM other.audit WHERE seq = 2",
    )
    found = log.audit.verify()
    assert (found.intact, found.first_bad) == (False, 3)
    copy.engine.dispose()


def test_a_head_from_before_the_newest_entries_is_found(log: Log) -> None:
    for number in range(3):
        log.audit.append(event(number))
        log.tampered(f"CREATE TABLE was{number} AS SELECT * FROM audit_state WHERE name = 'head'")
    log.tampered("DELETE FROM audit_state WHERE name = 'head'", "INSERT INTO audit_state SELECT * FROM was1")
    found = log.audit.verify()
    assert (found.intact, found.first_bad) == (False, 3)


def test_entries_under_a_key_that_was_taken_away_do_not_verify(log: Log) -> None:
    log.audit.append(event(0))
    found = SqlAudit(log.engine, Keyring({2: NEW})).verify()
    assert not found.intact


def test_an_instance_without_the_newest_key_does_not_write(log: Log) -> None:
    SqlAudit(log.engine, Keyring({1: OLD, 2: NEW})).append(event(0))
    with pytest.raises(BrokenLog):
        log.audit.append(event(1))


class OldHand(SqlAudit):
    """Somebody who knows an old key and uses it, whatever the log has come to since."""

    def _version(self, connection: Connection) -> int:
        return 0


class OneOfTwo(Keyring):
    """Uses the first of two keys."""

    @property
    def newest(self) -> int:
        return 1


def test_an_instance_that_lags_behind_seals_with_the_key_that_the_log_has_come_to(log: Log) -> None:
    both = SqlAudit(log.engine, Keyring({1: OLD, 2: NEW}))
    both.append(event(0))
    SqlAudit(log.engine, OneOfTwo({1: OLD, 2: NEW})).append(event(1))
    assert both.verify().intact


def test_a_key_that_was_replaced_seals_no_later_entries(log: Log) -> None:
    both = SqlAudit(log.engine, Keyring({1: OLD, 2: NEW}))
    both.append(event(0))
    OldHand(log.engine, OneOfTwo({1: OLD, 2: NEW})).append(event(1))
    found = both.verify()
    assert (found.intact, found.first_bad) == (False, 2)


def test_nothing_is_appended_to_a_log_whose_state_somebody_wrote(log: Log) -> None:
    log.audit.append(event(0))
    log.audit.append(event(1))
    log.tampered("DELETE FROM audit WHERE seq = 2", "UPDATE audit_state SET seq = 1, mac = (SELECT mac FROM audit)")
    with pytest.raises(BrokenLog):
        log.audit.append(event(2))
    with pytest.raises(BrokenLog):
        log.audit.purge(9999)
    assert not log.audit.verify().intact


ROWS = st.integers(PURGED + 1, ENTRIES)
VALUES = st.one_of(
    st.integers(-5, 20_000).map(str),
    st.sampled_from(
        ["NULL", "''", "'system'", "x'00ff'", "'1'", "1.5", "'login'", f"'{'0' * 64}'", "'staff:reception'"]
    ),
    st.text("abcdef0123456789 ", max_size=64).map(lambda text: f"'{text}'"),
)


@st.composite
def mutations(draw: st.DrawFn) -> tuple[str, ...]:
    """One thing that somebody with the file, and without the keys, could do."""
    kind = draw(st.sampled_from(["change", "copy", "state", "delete", "newest", "swap", "insert", "state rows"]))
    row, other = draw(ROWS), draw(ROWS)
    match kind:
        case "change":
            column = draw(st.sampled_from(TABLES["audit"]))
            return (f"UPDATE OR IGNORE audit SET {column} = {draw(VALUES)} WHERE seq = {row}",)
        case "copy":
            column = draw(st.sampled_from(TABLES["audit"][1:]))
            return (f"UPDATE audit SET {column} = (SELECT {column} FROM audit WHERE seq = {other}) WHERE seq = {row}",)
        case "state":
            name, column = draw(st.sampled_from(["head", "base"])), draw(st.sampled_from(TABLES["audit_state"]))
            return (f"UPDATE OR IGNORE audit_state SET {column} = {draw(VALUES)} WHERE name = '{name}'",)
        case "delete":
            return (f"DELETE FROM audit WHERE seq = {row}",)
        case "newest":
            # The newest entries go, and the head is set to what is then the last.
            return (
                f"DELETE FROM audit WHERE seq > {row}",
                "UPDATE audit_state SET seq = (SELECT max(seq) FROM audit), "
                "mac = (SELECT mac FROM audit ORDER BY seq DESC LIMIT 1) WHERE name = 'head'",
            )
        case "swap":
            return (
                f"UPDATE audit SET seq = -1 WHERE seq = {row}",
                f"UPDATE audit SET seq = {row} WHERE seq = {other}",
                f"UPDATE audit SET seq = {other} WHERE seq = -1",
            )
        case "insert":
            columns = ", ".join(TABLES["audit"][1:])
            seq = draw(st.sampled_from([0, 1, PURGED, ENTRIES + 1, ENTRIES + 2]))
            return (f"INSERT INTO audit (seq, {columns}) SELECT {seq}, {columns} FROM audit WHERE seq = {row}",)
        case _:
            return draw(
                st.sampled_from(
                    [
                        ("DELETE FROM audit_state WHERE name = 'head'",),
                        ("DELETE FROM audit_state WHERE name = 'base'",),
                        ("INSERT INTO audit_state SELECT 'x', seq, mac, key_version, seal FROM audit_state LIMIT 1",),
                        ("UPDATE audit_state SET seq = 0, mac = '" + "0" * 64 + "', key_version = 0, seal = ''",),
                    ]
                )
            )


def content(path: Path) -> list[list[tuple[object, ...]]]:
    with sqlite3.connect(path) as file:
        rows = [file.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in TABLES]
    file.close()
    return rows


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400)
@given(mutations())
def test_any_change_of_any_row_is_found(template: bytes, tmp_path: Path, statements: tuple[str, ...]) -> None:
    path = tmp_path / "store.sqlite3"
    for left in tmp_path.glob("store.sqlite3*"):
        left.unlink()
    path.write_bytes(template)
    before = content(path)
    log = opened(path, {1: OLD, 2: NEW})
    try:
        assert log.audit.verify().intact
        with suppress(sqlite3.IntegrityError):
            log.tampered(*statements)
        found = log.audit.verify()
        assert found.intact == (content(path) == before), statements
        assert found.intact or found.first_bad is not None
    finally:
        log.engine.dispose()
