"""Backup and restore: nothing readable in the file, nothing lost, nothing revived."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orthanc_plugin.adapters.keyring import Keyring, read_key_file, write_new_key_file
from orthanc_plugin.adapters.store.audit import SqlAudit
from orthanc_plugin.adapters.store.database import SqlTransaction, open_store
from orthanc_plugin.adapters.store.outbox import SqlOutbox
from orthanc_plugin.adapters.store.shares import SqlShares
from orthanc_plugin.cli import main
from orthanc_plugin.domain.audit import SYSTEM
from orthanc_plugin.domain.audit_terms import Action
from orthanc_plugin.domain.outbox import MailKind, MailState
from orthanc_plugin.domain.share import Audience, Share, SharedStudy, ShareState
from orthanc_plugin.ports import ShareFilter
from orthanc_plugin.use_cases.order_mail import new_entry
from orthanc_plugin.use_cases.record_event import RecordEvent

from .support.clock import MovableClock

NOTE = "Erika Muster, Zimmer 3"


class Practice:
    """A store on the disk, with three shares."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, MovableClock()
        folder.mkdir()
        self.key = folder / "key"
        write_new_key_file(self.key)
        self.keys = Keyring(read_key_file(self.key))
        self.file = folder / "backup"
        self.configuration = self.configured(folder / "db")
        self.engine = open_store(f"sqlite:///{folder / 'db' / 'patient-share.sqlite3'}")
        self.shares = SqlShares(self.engine, self.keys)
        self.record = RecordEvent(SqlAudit(self.engine, self.keys), self.clock)
        for name in "abc":
            self.add(name)

    def configured(self, storage: Path) -> Path:
        path = self.folder / f"{storage.name}.json"
        section = {"PublicUrl": "https://p.example", "KeyFile": str(self.key), "Practice": {"Name": "P"}}
        path.write_text(json.dumps({"StorageDirectory": str(storage), "PatientShare": section}))
        return path

    def add(self, name: str) -> Share:
        now = int(self.clock.now())
        share = Share(name * 32, (SharedStudy("s", "1.2"),), Audience.PATIENT, "de", now, "x", now + 10**9, note=NOTE)
        with SqlTransaction(self.engine)():
            self.shares.add(share, name * 64, "hash")
            self.record(Action.SHARE_CREATED, SYSTEM, share)
        return share

    def note(self, action: Action, name: str) -> None:
        with SqlTransaction(self.engine)():
            if action is Action.SHARE_REVOKED:
                self.shares.revoke(name * 32, int(self.clock.now()))
            self.record(action, SYSTEM, self.shares.get(name * 32))

    def run(self, *arguments: str, configuration: Path | None = None) -> int:
        return main([*arguments, "--configuration", str(configuration or self.configuration)])

    def exported(self, capsys: pytest.CaptureFixture[str]) -> Path:
        capsys.readouterr()
        assert self.run("audit", "export") == 0
        path = self.folder / "audit.jsonl"
        path.write_text(capsys.readouterr().out)
        return path

    def restored(self, *arguments: str) -> SqlShares:
        assert self.run("restore", str(self.file), *arguments, configuration=self.configured(self.folder / "new")) == 0
        return SqlShares(open_store(f"sqlite:///{self.folder / 'new' / 'patient-share.sqlite3'}"), self.keys)

    def states(self, shares: SqlShares) -> dict[str, ShareState]:
        now = int(self.clock.now())
        return {one.id[0]: one.state(now) for one in shares.page(ShareFilter(), now, 10, None).shares}


@pytest.fixture
def practice(tmp_path: Path) -> Practice:
    made = Practice(tmp_path / "p")
    assert made.run("backup", str(made.file)) == 0
    return made


def test_the_file_is_for_its_owner_and_holds_nothing_readable(practice: Practice) -> None:
    data = practice.file.read_bytes()
    assert practice.file.stat().st_mode & 0o077 == 0
    for word in (b"Erika", b"shares", b"a" * 20, b"patient"):
        assert word not in data


def test_what_was_closed_since_stays_closed(practice: Practice, capsys: pytest.CaptureFixture[str]) -> None:
    practice.note(Action.SHARE_REVOKED, "a")
    practice.note(Action.PASSWORD_REISSUED, "b")
    practice.note(Action.OBJECTION_RECORDED, "c")
    shares = practice.restored("--audit", str(practice.exported(capsys)))
    assert practice.states(shares) == {"a": ShareState.REVOKED, "b": ShareState.REVOKED, "c": ShareState.ACTIVE}
    assert "register them once more" in capsys.readouterr().out
    found = shares.get("c" * 32)
    assert found is not None and found.note == NOTE
    assert SqlAudit(shares.engine, practice.keys).verify().intact


def test_without_the_log_everything_waits_for_somebody_who_knows(
    practice: Practice, capsys: pytest.CaptureFixture[str]
) -> None:
    practice.note(Action.SHARE_REVOKED, "a")
    assert set(practice.states(practice.restored()).values()) == {ShareState.PAUSED}
    assert "3 open shares are paused" in capsys.readouterr().out


def test_pauses_and_what_followed_them_are_replayed(practice: Practice, capsys: pytest.CaptureFixture[str]) -> None:
    practice.note(Action.SHARE_PAUSED, "a")
    practice.note(Action.SHARE_PAUSED, "b")
    practice.note(Action.SHARE_RESUMED, "b")
    states = practice.states(practice.restored("--audit", str(practice.exported(capsys))))
    assert states == {"a": ShareState.PAUSED, "b": ShareState.ACTIVE, "c": ShareState.ACTIVE}


@pytest.mark.parametrize("how", ["a line less", "a line changed", "of another store", "too short", "no log"])
def test_a_log_that_was_touched_is_refused_and_nothing_restored(
    practice: Practice, tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    practice.note(Action.SHARE_REVOKED, "a")
    practice.note(Action.SHARE_REVOKED, "b")
    log = practice.exported(capsys)
    lines = log.read_text().splitlines(keepends=True)
    if how == "a line less":
        del lines[3]
    elif how == "a line changed":
        lines[3] = lines[3].replace("share-revoked", "share-resumed")
    elif how == "of another store":
        lines = Practice(tmp_path / "other").exported(capsys).read_text().splitlines(keepends=True)
    elif how == "too short":
        lines = lines[:2]
    else:
        lines = ["{}\n"]
    log.write_text("".join(lines))
    new = practice.configured(practice.folder / "new")
    assert practice.run("restore", str(practice.file), "--audit", str(log), configuration=new) == 1
    engine = open_store(f"sqlite:///{practice.folder / 'new' / 'patient-share.sqlite3'}")
    assert not SqlShares(engine, practice.keys).page(ShareFilter(), 0, 10, None).shares


def test_a_changed_backup_another_key_and_a_full_store_are_refused(
    practice: Practice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert practice.run("restore", str(practice.file)) == 1
    assert "must be empty" in capsys.readouterr().err
    new = practice.configured(practice.folder / "new")
    data = bytearray(practice.file.read_bytes())
    data[-5] ^= 1
    practice.file.write_bytes(data)
    assert practice.run("restore", str(practice.file), configuration=new) == 1
    other = Practice(tmp_path / "other")
    other.run("backup", str(other.file))
    practice.file.write_bytes(other.file.read_bytes())
    assert practice.run("restore", str(practice.file), configuration=new) == 1
    assert practice.run("restore", str(practice.folder / "none"), configuration=new) == 1


def test_what_waited_to_be_sent_is_not_sent_again(practice: Practice) -> None:
    share = practice.shares.get("a" * 32)
    assert share is not None
    outbox = SqlOutbox(practice.engine, practice.keys)
    outbox.add(new_entry("e" * 32, share, MailKind.INVITATION, 1, "x"), "erika@example.org", b"hello")
    practice.run("backup", str(practice.file))
    engine = practice.restored().engine
    found = SqlOutbox(engine, practice.keys).get("e" * 32)
    assert found is not None and found.state is MailState.UNCLEAR
