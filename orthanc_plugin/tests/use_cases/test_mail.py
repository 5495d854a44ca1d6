"""E-mail from the order to its end: real store, use cases and staff API, a mail server that does as it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.store.audit import SqlAudit
from orthanc_plugin.adapters.store.database import SqlTransaction, open_store
from orthanc_plugin.adapters.store.outbox import SqlOutbox
from orthanc_plugin.adapters.store.shares import SqlShares
from orthanc_plugin.domain.audit import SYSTEM
from orthanc_plugin.domain.audit_terms import Action
from orthanc_plugin.domain.credential import AccessCode
from orthanc_plugin.domain.email_address import EmailAddress
from orthanc_plugin.domain.errors import MailNotFound, MailUnchangeable, ShareNotFound
from orthanc_plugin.domain.outbox import Delivery, MailKind, MailState, OutboxEntry, Reason, RetryRule
from orthanc_plugin.domain.report import ReportRule
from orthanc_plugin.domain.share import Audience, Share, SharedStudy
from orthanc_plugin.domain.study import SeriesSummary, StudySummary
from orthanc_plugin.ports import AuditFilter
from orthanc_plugin.use_cases.deliver_mail import DeliverMail
from orthanc_plugin.use_cases.look_after_mail import LookAfterMail
from orthanc_plugin.use_cases.notify_expiry import NotifyExpiry
from orthanc_plugin.use_cases.notify_report import NotifyReport
from orthanc_plugin.use_cases.order_mail import OrderInvitation, kind_word, mark, new_entry, shows_a_report
from orthanc_plugin.use_cases.record_event import RecordEvent

from ..support.clock import MovableClock

SENT = Delivery(MailState.SENT, reply=250)
LATER = Delivery(MailState.WAITING, Reason.BUSY, 451)
DAY = 24 * 3600
SHARE = "a" * 32
CODE = AccessCode.from_number(1)


class FixedEntropy:
    """Entropy that is none."""

    def bits(self, count: int) -> int:
        return 5


@dataclass
class Server:
    """Mailer: `answers` in turn, the last one again and again."""

    answers: list[Delivery]
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def send(self, recipient: str, message: bytes, begin: Callable[[], bool]) -> Delivery:
        self.meanwhile()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer.state in (MailState.SENT, MailState.UNCLEAR):
            if not begin():
                return Delivery(MailState.DROPPED, Reason.SHARE_CLOSED)
            self.sent.append((recipient, message))
        return answer


@dataclass
class Office:
    clock: MovableClock
    outbox: SqlOutbox
    shares: SqlShares
    server: Server
    deliver: DeliverMail
    desk: LookAfterMail
    notify: NotifyExpiry
    audit: SqlAudit

    def order(self, entry_id: str = "e" * 32) -> None:
        share = self.shares.get(SHARE)
        assert share is not None
        self.outbox.add(self.entry(share, entry_id), "erika@example.org", b"hello")

    def entry(self, share: Share, entry_id: str) -> OutboxEntry:
        return new_entry(entry_id, share, MailKind.INVITATION, int(self.clock.now()), "reception")

    @property
    def mail(self) -> OutboxEntry:
        found = self.outbox.get("e" * 32)
        assert found is not None
        return found

    def state(self) -> MailState:
        return self.mail.state

    def events(self) -> list[str]:
        page = self.audit.page(AuditFilter(share_id=SHARE), 100, None, oldest_first=True)
        return [entry.text for entry in page.entries if "email-" in entry.text]


@pytest.fixture
def office(tmp_path: Path, clock: MovableClock) -> Iterator[Office]:
    engine, keys = open_store(f"sqlite:///{tmp_path / 's.sqlite3'}"), Keyring({1: bytes(32)})
    shares, outbox, audit = SqlShares(engine, keys), SqlOutbox(engine, keys), SqlAudit(engine, keys)
    now = int(clock.now())
    share = Share(SHARE, (SharedStudy("s", "1.2.3"),), Audience.PATIENT, "de", now, "reception", now + 30 * DAY)
    shares.add(share, "c" * 64, "hash")
    transaction, record, server = SqlTransaction(engine), RecordEvent(audit, clock), Server([SENT])
    rule = RetryRule((60, 300), 1000)

    def write(recipient: EmailAddress, share: Share, now: float) -> bytes:
        return b"notice"

    yield Office(
        clock,
        outbox,
        shares,
        server,
        DeliverMail(outbox, server, shares, clock, rule, 100, transaction, record),
        LookAfterMail(outbox, shares, clock, transaction, record, lambda: None),
        NotifyExpiry(outbox, shares, write, clock, transaction, record, 7),
        audit,
    )
    engine.dispose()


def test_what_waits_is_sent_once(office: Office) -> None:
    office.order()
    assert office.deliver() and not office.deliver()
    assert office.server.sent == [("erika@example.org", b"hello")]
    assert (office.mail.state, office.mail.kept, office.mail.attempts) == (MailState.SENT, False, 1)


def test_a_server_that_is_down_is_tried_again_after_growing_pauses_and_given_up_at_last(office: Office) -> None:
    office.order()
    office.server.answers = [LATER]
    tries = 0
    for pause in (60, 300, 300, 300, 300):
        assert office.deliver() and not office.deliver()
        tries += 1
        if office.state() is MailState.FAILED:
            break
        office.clock.advance(seconds=pause - 1)
        assert not office.deliver()
        office.clock.advance(seconds=1)
    assert tries == 5 and office.state() is MailState.FAILED
    assert (office.mail.reason, office.mail.reply, office.mail.kept) == (Reason.BUSY, 451, True)
    # Staff set the server right and try once more.
    office.server.answers = [SENT]
    office.desk.retry("e" * 32, "reception")
    assert office.deliver() and office.state() is MailState.SENT


def test_an_unclear_one_is_left_to_staff(office: Office) -> None:
    office.order()
    office.server.answers = [Delivery(MailState.UNCLEAR, Reason.ANSWER_LOST), SENT]
    office.deliver()
    office.clock.advance(days=1)
    assert not office.deliver() and office.state() is MailState.UNCLEAR
    office.desk.retry("e" * 32, "reception")
    assert office.deliver() and len(office.server.sent) == 2


def test_one_of_a_share_that_is_revoked_at_the_last_moment_is_not_sent(office: Office) -> None:
    office.order()
    office.server.meanwhile = lambda: office.shares.revoke(SHARE, int(office.clock.now()))
    office.deliver()
    assert office.server.sent == [] and office.state() is MailState.DROPPED


def test_the_audit_log_tells_what_became_of_a_mail_without_its_address(office: Office) -> None:
    office.order()
    office.server.answers = [Delivery(MailState.REFUSED, Reason.UNKNOWN_RECIPIENT, 550), SENT]
    office.deliver()
    office.desk.retry("e" * 32, "reception")
    office.deliver()
    events = office.events()
    assert [word in event for word, event in zip(("refused", Action.EMAIL_RETRIED, '"sent"'), events, strict=True)] == [
        True
    ] * 3
    assert '"reply":550' in events[0] and "recipient-refused" in events[0] and "staff:reception" in events[1]
    assert not any("erika" in event or "example" in event for event in events)


def test_staff_cannot_change_what_is_decided(office: Office) -> None:
    office.order()
    with pytest.raises(MailUnchangeable):
        office.desk.retry("e" * 32, "reception")
    assert office.desk.cancel("e" * 32, "reception")[0].state is MailState.CANCELLED
    for change in (office.desk.retry, office.desk.cancel):
        with pytest.raises(MailUnchangeable):
            change("e" * 32, "reception")
        with pytest.raises(MailNotFound):
            change("f" * 32, "reception")
    with pytest.raises(ShareNotFound):
        office.desk.of_share("f" * 32)
    assert len(office.events()) == 1


def test_a_notice_goes_out_once_a_week_before_the_end(office: Office) -> None:
    office.order()
    office.deliver()
    office.clock.advance(days=22)
    assert office.notify() == 0
    office.clock.advance(days=2)
    assert (office.notify(), office.notify()) == (1, 0)
    office.deliver()
    assert office.server.sent[-1] == ("erika@example.org", b"notice")
    office.shares.set_expiry(SHARE, int(office.clock.now()) + 60 * DAY)
    assert office.notify() == 0
    office.clock.advance(days=55)
    assert office.notify() == 1


def test_no_notice_without_the_setting_or_an_invitation_that_was_sent(office: Office) -> None:
    office.clock.advance(days=25)
    assert office.notify() == 0
    office.order()
    assert office.notify() == 0
    office.deliver()
    off = NotifyExpiry(
        office.outbox, office.shares, lambda *_: b"", office.clock, office.deliver.transaction, office.deliver.record, 0
    )
    assert off() == 0 and office.notify() == 1


class Reports:
    """Archive: one study with a report that arrived at `report_at`, or none."""

    def __init__(self) -> None:
        self.report_at: int | None = None

    def study(self, study_id: str) -> StudySummary:
        images = SeriesSummary("i", "1.2.1", "CT", 1, "", "", 3)
        report = SeriesSummary("r", "1.2.2", "SR", 2, "", "", 1, self.report_at)
        series = (images, report) if self.report_at else (images,)
        return StudySummary(study_id, "1.2", "", "", "", "", "", series)


def invited(office: Office, archive: Reports) -> NotifyReport:
    """Send the invitation; answers the step that tells of reports."""
    share = office.shares.get(SHARE)
    assert share is not None
    write = office.notify.write
    shared = (office.clock, office.deliver.transaction, office.deliver.record)
    order = OrderInvitation(office.outbox, lambda *_: b"hello", FixedEntropy(), office.clock, office.deliver.record)
    order(EmailAddress.parse("erika@example.org"), share, [archive.study("s")], CODE, "reception")
    office.deliver()
    return NotifyReport(office.outbox, office.shares, archive, write, *shared, lambda: None)  # type: ignore[arg-type]


def test_a_report_that_comes_later_is_told_of_once(office: Office) -> None:
    archive = Reports()
    tell = invited(office, archive)
    archive.report_at = int(office.clock.now())
    # Held by the practice: nobody is told that there is one.
    office.shares.set_report(SHARE, ReportRule.parse("hold"))
    assert tell() == 0
    office.shares.set_report(SHARE, ReportRule.parse("24h"))
    assert tell() == 0
    office.clock.advance(days=1)
    assert (tell(), tell()) == (1, 0)
    office.deliver()
    assert office.server.sent[1:] == [("erika@example.org", b"notice")]
    archive.report_at = int(office.clock.now())
    office.clock.advance(days=2)
    assert tell() == 0


def test_a_report_that_was_there_at_the_invitation_is_no_news(office: Office) -> None:
    archive = Reports()
    archive.report_at = int(office.clock.now())
    office.shares.set_report(SHARE, ReportRule.parse("at-once"))
    assert invited(office, archive)() == 0


def test_a_report_in_a_series_that_is_left_out_is_not_told_of(office: Office) -> None:
    share = Share("b" * 32, (), Audience.PATIENT, "de", 0, "", 9, excluded_series=frozenset({"r"}))
    archive = Reports()
    archive.report_at = 1
    share = replace(share, report=ReportRule.parse("at-once"))
    assert not shows_a_report(share, [archive.study("s")], 5)
    assert shows_a_report(replace(share, excluded_series=frozenset()), [archive.study("s")], 5)


def test_every_word_of_the_outbox_can_stand_in_the_audit_log(office: Office) -> None:
    for reason in Reason:
        office.deliver.record(Action.EMAIL_ENDED, SYSTEM, None, what="sent", reason=reason.value or "none")
    for state in MailState:
        office.deliver.record(Action.EMAIL_ENDED, SYSTEM, None, what=state.value)
    for kind in MailKind:
        entry = OutboxEntry("e" * 32, SHARE, kind, MailState.WAITING, 0, "", 0, 0, 0)
        office.deliver.record(Action.EMAIL_ORDERED, SYSTEM, None, what=kind_word(entry), email=mark(entry))
