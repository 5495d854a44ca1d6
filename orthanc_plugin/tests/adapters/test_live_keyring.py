from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from sqlalchemy import update

from orthanc_plugin.adapters.keyring import KeyFileError, Keyring, add_key, read_key_file, write_new_key_file
from orthanc_plugin.adapters.live_keyring import SETTLE_SECONDS, LiveKeyring
from orthanc_plugin.adapters.store.database import open_store
from orthanc_plugin.adapters.store.reseal import Reseal
from orthanc_plugin.adapters.store.schema import shares
from orthanc_plugin.adapters.store.shares import SqlShares
from orthanc_plugin.domain.credential import AccessCode
from orthanc_plugin.domain.share import SharedStudy

from ..support.clock import MovableClock
from ..support.studies import share

CODE = AccessCode.from_number(123456789)


class Server:
    """A running instance with the key file of a test."""

    def __init__(self, path: Path) -> None:
        self.clock, self.reported = MovableClock(), list[str]()
        self.keyring = LiveKeyring(path, self.clock.now, self.clock.now, self.reported.append)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_new_key_file(tmp_path / "key")
    os.utime(tmp_path / "key", (0, 0))
    return tmp_path / "key"


def test_a_new_key_is_read_at_once_and_used_once_everybody_has_read_it(path: Path) -> None:
    server = Server(path)
    old = server.keyring.current(CODE)
    assert add_key(path) == 2
    server.clock.advance(seconds=1)
    assert server.keyring.current(CODE) == old and len(server.keyring.candidates(CODE)) == 2
    assert server.keyring.taken_up() is None
    server.clock.advance(seconds=SETTLE_SECONDS)
    assert server.keyring.newest == 2
    assert server.keyring.candidates(CODE) == [server.keyring.current(CODE), old]
    assert [server.keyring.taken_up(), server.keyring.taken_up()] == [2, None]
    assert server.reported == []


def test_what_another_instance_made_under_a_newer_key_is_read_without_waiting(path: Path) -> None:
    server = Server(path)
    assert server.keyring.newest == 1
    add_key(path)
    other = Keyring(read_key_file(path))
    assert server.keyring.decrypt(other.encrypt("note", "share"), "share") == "note"
    assert server.keyring.sealed(2, b"entry", other.seal(2, b"entry"))


def test_a_server_that_starts_in_the_middle_of_a_rotation_waits_too(path: Path) -> None:
    add_key(path)
    os.utime(path, (MovableClock().now() - 2, MovableClock().now() - 2))
    server = Server(path)
    assert server.keyring.newest == 1
    server.clock.advance(seconds=SETTLE_SECONDS)
    assert server.keyring.newest == 2


def test_counters_and_known_devices_outlive_a_rotation(path: Path) -> None:
    server = Server(path)
    before = server.keyring.device("d"), server.keyring.address("192.0.2.1")
    add_key(path)
    server.clock.advance(seconds=SETTLE_SECONDS + 2)
    server.keyring.current(CODE)
    server.clock.advance(seconds=SETTLE_SECONDS + 2)
    assert server.keyring.newest == 2
    assert (server.keyring.device("d"), server.keyring.address("192.0.2.1")) == before


@pytest.mark.parametrize("damage", ["garbage", "gone", "open to others", "without the key in use"])
def test_a_damaged_file_is_reported_once_and_locks_nobody_out(path: Path, damage: str) -> None:
    server = Server(path)
    before = server.keyring.current(CODE)
    if damage == "garbage":
        path.write_text(path.read_text() + "nonsense\n")
    elif damage == "gone":
        path.unlink()
    elif damage == "open to others":
        path.chmod(0o644)
    else:
        path.unlink()
        write_new_key_file(path)
    for _ in range(3):
        server.clock.advance(seconds=2)
        assert server.keyring.current(CODE) == before
    assert len(server.reported) == 1


def test_a_file_that_cannot_be_used_at_the_start_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError):
        Server(tmp_path / "missing")


def test_a_key_is_added_in_one_piece_and_nothing_else_changes(path: Path) -> None:
    path.write_text(path.read_text().rstrip("\n"))
    before = read_key_file(path)
    facts = path.stat()
    assert [add_key(path), add_key(path)] == [2, 3]
    after = read_key_file(path)
    assert {version: after[version] for version in before} == before
    assert len(set(after.values())) == 3
    assert (path.stat().st_mode, path.stat().st_ino) == (facts.st_mode, facts.st_ino)


def test_two_rotations_at_once_give_out_two_versions(path: Path) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(add_key(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(2, 10))
    assert sorted(read_key_file(path)) == list(range(1, 10))


def test_a_file_that_is_none_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("nonsense")
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(KeyFileError):
        add_key(tmp_path / "key")
    assert (tmp_path / "key").read_text() == "nonsense"


def test_texts_move_on_to_the_newest_key(tmp_path: Path) -> None:
    engine = open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    old, both = Keyring({1: bytes(32)}), Keyring({1: bytes(32), 2: bytes(range(32))})
    awaited = SharedStudy(None, None, accession_number="ACC-1")
    for number in range(5):
        one = share(f"s{number}", note=f"note {number}", studies=(awaited,))
        SqlShares(engine, old).add(one, f"index {number}", "hash")
    reseal = Reseal(engine, both)
    assert [reseal(4), reseal(4), reseal(4)] == [4, 4, 2]
    only_new = SqlShares(engine, Keyring({2: bytes(range(32))}))
    found = [only_new.get(share(f"s{number}").id) for number in range(5)]
    assert [one.note for one in found if one] == [f"note {number}" for number in range(5)]
    assert {one.studies[0].accession_number for one in found if one} == {"ACC-1"}
    engine.dispose()


def test_a_text_whose_key_is_gone_is_left_alone(tmp_path: Path) -> None:
    engine = open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    SqlShares(engine, Keyring({1: bytes(32)})).add(share("s", note="note"), "index", "hash")
    with engine.begin() as connection:
        connection.execute(update(shares).values(opened=1))
    assert Reseal(engine, Keyring({2: bytes(32)}))(10) == 0
    found = SqlShares(engine, Keyring({1: bytes(32)})).get(share("s").id)
    assert found is not None and found.note == "note"
    engine.dispose()
