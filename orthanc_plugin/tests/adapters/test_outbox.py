"""The outbox in the store: one sender at a time, never twice, nothing readable."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.store.database import open_store
from orthanc_plugin.adapters.store.outbox import SqlOutbox
from orthanc_plugin.adapters.store.reseal import Reseal
from orthanc_plugin.adapters.store.shares import SqlShares
from orthanc_plugin.domain.outbox import Delivery, MailKind, MailState, OutboxEntry, Reason
from orthanc_plugin.domain.share import Audience, Share, SharedStudy

NOW, LEASE, KEEP = 1_000_000, 100, 1000
ADDRESS, MESSAGE = "erika@example.org", b"Subject: x\r\n\r\nhttps://p.example/portal/#ABCD-EFGH\r\n"
SENT, WAITING = Delivery(MailState.SENT, reply=250), Delivery(MailState.WAITING, Reason.BUSY, 451)


@dataclass
class Post:
    outbox: SqlOutbox
    shares: SqlShares
    other: SqlOutbox
    file: Path

    def state(self, entry_id: str = "e1") -> MailState:
        entry = self.outbox.get(entry_id)
        assert entry is not None
        return entry.state

    def order(
        self, entry_id: str = "e1", share_id: str = "a" * 32, at: int = NOW, kind: MailKind = MailKind.INVITATION
    ) -> OutboxEntry:
        entry = OutboxEntry(entry_id, share_id, kind, MailState.WAITING, at, "staff", 0, at, at)
        assert self.outbox.add(entry, ADDRESS, MESSAGE)
        return entry


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    url = f"sqlite:///{tmp_path / 's.sqlite3'}"
    engine, second, keys = open_store(url), open_store(url), Keyring({1: bytes(32)})
    shares = SqlShares(engine, keys)
    for letter in "ab":
        share = Share(letter * 32, (SharedStudy("s", "1.2"),), Audience.PATIENT, "de", NOW, "staff", NOW + 50_000)
        shares.add(share, letter * 64, "hash")
    yield Post(SqlOutbox(engine, keys), shares, SqlOutbox(second, keys), tmp_path / "s.sqlite3")
    engine.dispose()
    second.dispose()


def test_what_is_due_is_taken_by_one_alone_and_once(post: Post) -> None:
    post.order()
    mail = post.outbox.claim(NOW, LEASE)
    assert mail is not None and (mail.address, mail.message, mail.entry.attempts) == (ADDRESS, MESSAGE, 1)
    assert post.other.claim(NOW, LEASE) is None and post.outbox.claim(NOW, LEASE) is None
    assert post.outbox.begin(mail, NOW, LEASE)
    assert post.state() is MailState.SENDING
    assert post.outbox.settle(mail, SENT, NOW, 0)
    assert post.other.claim(NOW + 10 * LEASE, LEASE) is None and post.state() is MailState.SENT


def test_a_sender_that_dies_before_the_message_is_followed_by_another(post: Post) -> None:
    post.order()
    dead = post.outbox.claim(NOW, LEASE)
    mail = post.other.claim(NOW + LEASE, LEASE)
    assert dead is not None and mail is not None
    # And should it live after all, it may not send.
    assert not post.outbox.begin(dead, NOW + LEASE, LEASE)
    assert post.other.begin(mail, NOW + LEASE, LEASE)
    assert not post.outbox.settle(dead, SENT, NOW + LEASE, 0)


def test_a_sender_that_dies_with_the_message_leaves_it_unclear_and_nobody_sends_it_again(post: Post) -> None:
    post.order()
    mail = post.outbox.claim(NOW, LEASE)
    assert mail is not None and post.outbox.begin(mail, NOW, LEASE)
    assert post.other.sweep(NOW + LEASE - 1, KEEP) == []
    assert [(e.id, e.state) for e in post.other.sweep(NOW + LEASE, KEEP)] == [("e1", MailState.UNCLEAR)]
    assert post.other.claim(NOW + 10 * LEASE, LEASE) is None
    # Its answer, should it come late, still counts.
    assert post.outbox.settle(mail, SENT, NOW + LEASE, 0) and post.state() is MailState.SENT


def test_staff_decide_on_what_is_unclear_and_the_late_answer_counts_no_more(post: Post) -> None:
    post.order()
    mail = post.outbox.claim(NOW, LEASE)
    assert mail is not None and post.outbox.begin(mail, NOW, LEASE)
    assert not post.outbox.retry("e1", NOW)
    post.outbox.sweep(NOW + LEASE, KEEP)
    assert post.outbox.retry("e1", NOW + LEASE)
    again = post.outbox.claim(NOW + LEASE, LEASE)
    assert again is not None and again.message == MESSAGE
    assert not post.outbox.settle(mail, SENT, NOW + LEASE, 0)


def test_a_failed_try_waits_for_its_time(post: Post) -> None:
    post.order()
    mail = post.outbox.claim(NOW, LEASE)
    assert mail is not None and post.outbox.settle(mail, WAITING, NOW, NOW + 60)
    assert post.outbox.claim(NOW + 59, LEASE) is None
    again = post.outbox.claim(NOW + 60, LEASE)
    assert again is not None and again.entry.attempts == 2 and again.entry.reason is Reason.BUSY


@pytest.mark.parametrize("end", ["revoked", "expired", "new code", "between"])
def test_mails_of_a_share_that_opens_no_more_are_dropped_and_wiped(post: Post, end: str) -> None:
    post.order()
    mail = post.outbox.claim(NOW, LEASE) if end == "between" else None
    now = NOW + 60_000 if end == "expired" else NOW
    if end in ("revoked", "between"):
        post.shares.revoke("a" * 32, NOW)
    elif end == "new code":
        post.shares.reissue("a" * 32, "hash", "c" * 64, NOW)
    if mail:
        assert not post.outbox.begin(mail, now, LEASE)
        assert post.outbox.settle(mail, Delivery(MailState.DROPPED, Reason.SHARE_CLOSED), now, 0)
    else:
        assert post.outbox.claim(now, LEASE) is None
        assert [e.state for e in post.outbox.sweep(now, KEEP)] == [MailState.DROPPED]
    entry = post.outbox.get("e1")
    assert entry is not None and entry.state is MailState.DROPPED and not entry.kept
    assert not post.outbox.retry("e1", now)


def test_a_reissue_with_the_same_code_leaves_the_mail_alone(post: Post) -> None:
    post.order()
    post.shares.reissue("a" * 32, "hash", None, NOW)
    assert post.outbox.sweep(NOW, KEEP) == [] and post.outbox.claim(NOW, LEASE)


def test_mails_of_a_paused_share_wait_until_it_goes_on(post: Post) -> None:
    post.order()
    post.shares.set_paused("a" * 32, NOW)
    assert post.outbox.claim(NOW, LEASE) is None and post.outbox.sweep(NOW, KEEP) == []
    post.shares.set_paused("a" * 32, None)
    assert post.outbox.claim(NOW, LEASE)


def test_nothing_readable_is_stored_and_the_message_goes_when_it_is_sent(post: Post) -> None:
    post.order()
    post.order("e2", "b" * 32)
    for clear in (ADDRESS.encode(), b"ABCD-EFGH", b"example"):
        assert clear not in b"".join(p.read_bytes() for p in post.file.parent.iterdir())
    mail = post.outbox.claim(NOW, LEASE)
    assert mail is not None and post.outbox.begin(mail, NOW, LEASE) and post.outbox.settle(mail, SENT, NOW, 0)
    with closing(sqlite3.connect(post.file)) as connection:
        kept = dict(connection.execute("SELECT id, message IS NOT NULL FROM outbox").fetchall())
    assert kept == {"e1": 0, "e2": 1}
    assert post.outbox.of_share("a" * 32)[0][1] == ADDRESS


def test_the_message_of_one_entry_is_none_of_another(post: Post) -> None:
    post.order()
    post.order("e2", "b" * 32, at=NOW + 1)
    with closing(sqlite3.connect(post.file)) as connection:
        connection.execute("UPDATE outbox SET message = (SELECT message FROM outbox WHERE id = 'e2') WHERE id = 'e1'")
        connection.commit()
    assert post.outbox.claim(NOW, LEASE) is None
    assert post.state() is MailState.DROPPED


def test_messages_that_did_not_leave_go_after_a_while(post: Post) -> None:
    post.order()
    mail = post.outbox.claim(NOW, LEASE)
    refused = Delivery(MailState.REFUSED, Reason.UNKNOWN_RECIPIENT, 550)
    assert mail is not None and post.outbox.settle(mail, refused, NOW, 0)
    post.outbox.sweep(NOW + KEEP - 1, KEEP)
    entry = post.outbox.get("e1")
    assert entry is not None and entry.kept and entry.reply == 550
    post.outbox.sweep(NOW + KEEP, KEEP)
    entry = post.outbox.get("e1")
    assert entry is not None and not entry.kept
    assert not post.outbox.retry("e1", NOW + KEEP)


def test_cancelled_is_what_has_not_left(post: Post) -> None:
    post.order()
    assert post.outbox.cancel("e1", NOW) and post.state() is MailState.CANCELLED
    assert not post.outbox.cancel("e1", NOW) and not post.outbox.retry("e1", NOW)
    assert post.outbox.claim(NOW, LEASE) is None
    post.order("e2")
    mail = post.outbox.claim(NOW, LEASE)
    assert mail is not None and post.outbox.begin(mail, NOW, LEASE)
    assert not post.outbox.cancel("e2", NOW)


def test_one_cancelled_at_the_last_moment_is_not_sent(post: Post) -> None:
    post.order()
    mail = post.outbox.claim(NOW, LEASE)
    assert mail is not None and post.outbox.cancel("e1", NOW)
    assert not post.outbox.begin(mail, NOW, LEASE)
    assert not post.outbox.settle(mail, Delivery(MailState.DROPPED), NOW, 0)
    assert post.state() is MailState.CANCELLED


def test_the_states_of_many_shares_are_those_of_their_newest_mails(post: Post) -> None:
    post.order()
    post.outbox.cancel("e1", NOW)
    post.order("e2", at=NOW + 5)
    post.order("e3", "b" * 32)
    assert post.outbox.newest_states(["a" * 32, "b" * 32, "c" * 32]) == {"a" * 32: "waiting", "b" * 32: "waiting"}
    assert [entry.id for entry, _ in post.outbox.of_share("a" * 32)] == ["e2", "e1"]


def test_a_mail_is_filed_once_under_its_id_and_goes_with_its_share(post: Post) -> None:
    entry = post.order()
    assert not post.outbox.add(entry, ADDRESS, MESSAGE)
    post.shares.delete("a" * 32)
    assert post.outbox.get("e1") is None


def test_notices_are_due_where_an_invitation_was_sent_and_once_for_each_end(post: Post) -> None:
    post.order()
    assert post.outbox.to_notify(NOW, NOW + 60_000) == []
    mail = post.outbox.claim(NOW, LEASE)
    assert mail is not None and post.outbox.settle(mail, SENT, NOW, 0)
    assert post.outbox.to_notify(NOW, NOW + 49_999) == []
    assert post.outbox.to_notify(NOW, NOW + 60_000) == [("a" * 32, ADDRESS)]
    notice = OutboxEntry("n1", "a" * 32, MailKind.EXPIRY_NOTICE, MailState.WAITING, NOW, "system", 0, NOW, NOW)
    assert post.outbox.add(notice, ADDRESS, b"x", for_expiry=NOW + 50_000)
    assert post.outbox.to_notify(NOW, NOW + 60_000) == []
    # Another end makes the one that waits void, and is told anew.
    post.shares.set_expiry("a" * 32, NOW + 55_000)
    assert post.outbox.claim(NOW, LEASE) is None
    assert [e.id for e in post.outbox.sweep(NOW, KEEP)] == ["n1"]
    assert post.outbox.to_notify(NOW, NOW + 60_000) == [("a" * 32, ADDRESS)]


def test_a_report_is_told_of_once_where_none_was_shown_at_the_invitation(post: Post) -> None:
    awaited = OutboxEntry(
        "r1", "a" * 32, MailKind.INVITATION, MailState.WAITING, NOW, "x", 0, NOW, NOW, report_awaited=True
    )
    assert post.outbox.add(awaited, ADDRESS, MESSAGE)
    post.order("e3", "b" * 32)
    for _ in range(2):
        mail = post.outbox.claim(NOW, LEASE)
        assert mail is not None and post.outbox.settle(mail, SENT, NOW, 0)
    assert post.outbox.to_tell_of_reports(NOW) == [("a" * 32, ADDRESS)]
    assert post.outbox.to_tell_of_reports(NOW + 60_000) == []
    notice = OutboxEntry("n1", "a" * 32, MailKind.REPORT_NOTICE, MailState.WAITING, NOW, "system", 0, NOW, NOW)
    assert post.outbox.add(notice, ADDRESS, b"x")
    assert post.outbox.to_tell_of_reports(NOW) == []


def test_after_a_change_of_keys_address_and_message_move_on(post: Post, tmp_path: Path) -> None:
    post.order()
    both, new = Keyring({1: bytes(32), 2: b"k" * 32}), Keyring({2: b"k" * 32})
    assert Reseal(post.outbox.engine, both)(100) == 4  # the notes of two shares as well
    mail = SqlOutbox(post.outbox.engine, new).claim(NOW, LEASE)
    assert mail is not None and (mail.address, mail.message) == (ADDRESS, MESSAGE)


def test_a_message_whose_key_is_gone_is_not_waited_for(post: Post) -> None:
    post.order()
    without = SqlOutbox(post.outbox.engine, Keyring({2: b"k" * 32}))
    assert without.claim(NOW, LEASE) is None
    entry, address = without.of_share("a" * 32)[0]
    assert (entry.state, entry.reason, address) == (MailState.DROPPED, Reason.KEY_GONE, "")


def test_the_same_code_under_another_key_leaves_its_mail_alone(post: Post) -> None:
    post.order()
    post.shares.refile("a" * 32, "n" * 64)
    assert post.outbox.sweep(NOW, KEEP) == [] and post.outbox.claim(NOW, LEASE)


def test_events_are_no_mails_and_do_not_end_with_the_share(post: Post) -> None:
    post.order("v1", kind=MailKind.EVENT)
    assert post.outbox.get("v1") is None and post.outbox.of_share("a" * 32) == []
    assert post.outbox.newest_states(["a" * 32]) == {}
    post.shares.revoke("a" * 32, NOW)
    assert post.outbox.sweep(NOW, KEEP) == [] and post.outbox.claim(NOW, LEASE) is None
    event = post.outbox.claim(NOW, LEASE, events=True)
    assert event is not None and event.message == MESSAGE
    assert post.other.claim(NOW, LEASE, events=True) is None
    assert post.outbox.remove(event) and not post.outbox.remove(event)
