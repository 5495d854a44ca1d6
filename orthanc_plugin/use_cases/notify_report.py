"""Tell recipients by e-mail, once, that a report is there which was not when they were invited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..domain.email_address import EmailAddress
from ..domain.outbox import MailKind
from ..ports import Archive, Clock, Outbox, ShareRepository, Transaction
from .notify_expiry import NoticeWriter
from .order_mail import file_notice, shows_a_report
from .record_event import RecordEvent


@dataclass(frozen=True)
class NotifyReport:
    """A step of maintenance. `wake` tells the sender that there is something to send."""

    outbox: Outbox
    shares: ShareRepository
    archive: Archive
    write: NoticeWriter
    clock: Clock
    transaction: Transaction
    record: RecordEvent
    wake: Callable[[], None]

    def __call__(self) -> int:
        """Answer how many notices were filed; raises Unavailable."""
        now = self.clock.now()
        filed = sum(self._file(*found, now) for found in self.outbox.to_tell_of_reports(int(now)))
        if filed:
            self.wake()
        return filed

    def _file(self, share_id: str, address: str, now: float) -> bool:
        share = self.shares.get(share_id)
        if share is None:
            return False
        studies = [study for one in share.studies if one.id and (study := self.archive.study(one.id))]
        if not shows_a_report(share, studies, now):
            return False
        message = self.write(EmailAddress.parse(address), share, now)
        where = (self.outbox, self.transaction, self.record)
        return file_notice(*where, share, MailKind.REPORT_NOTICE, share.id, address, message, now)
