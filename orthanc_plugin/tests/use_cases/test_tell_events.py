"""Events for the practice's information system: filed with the change, told at least once, without names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from orthanc_plugin.adapters.event_carriers import FileDrop
from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.store.audit import SqlAudit
from orthanc_plugin.adapters.store.database import SqlTransaction, open_store
from orthanc_plugin.adapters.store.outbox import SqlOutbox
from orthanc_plugin.adapters.store.shares import SqlShares
from orthanc_plugin.domain.audit import SYSTEM
from orthanc_plugin.domain.audit_terms import Action
from orthanc_plugin.domain.outbox import Delivery, MailState, Reason, RetryRule
from orthanc_plugin.domain.share import Audience, Share, SharedStudy
from orthanc_plugin.ports import EventCarrier
from orthanc_plugin.use_cases.record_event import RecordEvent
from orthanc_plugin.use_cases.tell_events import DeliverEvents, TellEvents

from ..support.cheap import CountingEntropy
from ..support.clock import MovableClock

SHARE = "a" * 32
DOWN, TAKEN = Delivery(MailState.WAITING, Reason.REFUSED, 500), Delivery(MailState.SENT, reply=204)


@dataclass
class Carrier:
    answers: list[Delivery]
    taken: list[dict[str, object]] = field(default_factory=list)

    def carry(self, entry_id: str, body: bytes) -> Delivery:
        self.taken.append(json.loads(body))
        assert self.taken[-1]["id"] == entry_id
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@dataclass
class Teller:
    share: Share
    shares: SqlShares
    record: RecordEvent
    transaction: SqlTransaction
    deliver: DeliverEvents
    clock: MovableClock
    reported: list[str]

    def say(self, action: Action) -> None:
        with self.transaction():
            self.record(action, SYSTEM, self.share)


def build(tmp_path: Path, clock: MovableClock, carriers: dict[str, EventCarrier], numbers: bool) -> Teller:
    engine, keys = open_store(f"sqlite:///{tmp_path / 's.sqlite3'}"), Keyring({1: bytes(32)})
    shares, outbox = SqlShares(engine, keys), SqlOutbox(engine, keys)
    now, reported = int(clock.now()), list[str]()
    share = Share(SHARE, (SharedStudy("s", "1.2.3"),), Audience.PATIENT, "de", now, "staff", now + 99999, note="Muster")
    shares.add(share, "c" * 64, "hash")
    tell = TellEvents(SqlAudit(engine, keys), outbox, shares, CountingEntropy(), tuple(carriers))
    deliver = DeliverEvents(
        outbox,
        carriers,
        shares,
        (lambda _share: ["A-1"]) if numbers else None,
        clock,
        RetryRule((60,), 150),
        100,
        reported.append,
    )
    return Teller(share, shares, RecordEvent(tell, clock), SqlTransaction(engine), deliver, clock, reported)


@pytest.fixture
def carrier() -> Carrier:
    return Carrier([TAKEN])


@pytest.fixture
def teller(tmp_path: Path, clock: MovableClock, carrier: Carrier) -> Iterator[Teller]:
    made = build(tmp_path, clock, {"webhook": carrier}, numbers=False)
    yield made
    made.shares.engine.dispose()


def test_creation_first_opening_and_revocation_are_told_and_nothing_else(teller: Teller, carrier: Carrier) -> None:
    teller.say(Action.SHARE_CREATED)
    for _ in range(2):
        teller.shares.note_opening(SHARE, 1)
        teller.say(Action.LOGIN)
    for action in (Action.SHARE_PAUSED, Action.STUDY_VIEWED, Action.LOGOUT, Action.SHARE_REVOKED):
        teller.say(action)
    while teller.deliver():
        pass
    names = [event["event"] for event in carrier.taken]
    assert sorted(map(str, names)) == ["share-created", "share-first-opened", "share-revoked"]
    assert set(carrier.taken[0]) == {"id", "event", "at", "share_id", "audience", "study_instance_uids"}
    assert carrier.taken[0]["study_instance_uids"] == ["1.2.3"] and carrier.taken[0]["share_id"] == SHARE


def test_what_is_taken_back_is_not_told(teller: Teller, carrier: Carrier) -> None:
    with pytest.raises(RuntimeError), teller.transaction():
        teller.record(Action.SHARE_CREATED, SYSTEM, teller.share)
        raise RuntimeError
    assert not teller.deliver() and carrier.taken == []


def test_a_receiver_that_is_down_gets_the_same_event_later(teller: Teller, carrier: Carrier) -> None:
    carrier.answers = [DOWN, TAKEN]
    teller.say(Action.SHARE_CREATED)
    assert teller.deliver() and not teller.deliver()
    teller.clock.advance(seconds=60)
    assert teller.deliver() and not teller.deliver()
    first, second = carrier.taken
    assert first == second and teller.reported == [
        "an event for webhook is tried again: message-refused 500",
    ]


def test_an_event_is_given_up_at_last_and_it_is_said(teller: Teller, carrier: Carrier) -> None:
    carrier.answers = [DOWN]
    teller.say(Action.SHARE_CREATED)
    for _ in range(5):
        teller.deliver()
        teller.clock.advance(seconds=60)
    assert len(carrier.taken) == 3 and "given up" in teller.reported[-1]


def test_each_target_has_its_own_copy(tmp_path: Path, clock: MovableClock, carrier: Carrier) -> None:
    folder = tmp_path / "events"
    folder.mkdir()
    carrier.answers = [DOWN]
    teller = build(tmp_path, clock, {"webhook": carrier, "folder": FileDrop(folder)}, numbers=True)
    teller.say(Action.SHARE_CREATED)
    while teller.deliver():
        pass
    [file] = folder.iterdir()
    assert file.suffix == ".json" and file.stat().st_mode & 0o777 == 0o600
    written = json.loads(file.read_text())
    assert written == carrier.taken[0] and written["accession_numbers"] == ["A-1"]
    assert file.stem == written["id"]
    teller.shares.engine.dispose()


def test_a_file_is_never_seen_half_and_an_event_that_comes_twice_is_one_file(tmp_path: Path) -> None:
    drop = FileDrop(tmp_path)
    (tmp_path / ".x.tmp").write_text("half, from before a power failure")
    assert drop.carry("x", b"{}").state is MailState.SENT and drop.carry("x", b"{}").state is MailState.SENT
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]
    assert FileDrop(tmp_path / "gone").carry("x", b"{}").state is MailState.WAITING


def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    folder, target = tmp_path / "events", tmp_path / "target"
    folder.mkdir()
    target.write_text("precious")
    (folder / ".x.tmp").symlink_to(target)
    assert FileDrop(folder).carry("x", b"{}").state is MailState.SENT
    assert target.read_text() == "precious" and not (folder / "x.json").is_symlink()
