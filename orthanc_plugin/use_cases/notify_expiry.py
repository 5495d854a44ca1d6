"""Tell recipients by e-mail that their access ends soon, once for each end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..domain.email_address import EmailAddress
from ..domain.outbox import MailKind
from ..domain.share import Share
from ..ports import Clock, Outbox, ShareRepository, Transaction
from .order_mail import file_notice
from .record_event import RecordEvent

_DAY = 24 * 3600
NoticeWriter = Callable[[EmailAddress, Share, float], bytes]


@dataclass(frozen=True)
class NotifyExpiry:
    """Files notices for shares that end within `days`, where an invitation was sent by e-mail; 0: none."""

    outbox: Outbox
    shares: ShareRepository
    write: NoticeWriter
    clock: Clock
    transaction: Transaction
    record: RecordEvent
    days: int

    def __call__(self) -> int:
        """Answer how many notices were filed; raises Unavailable."""
        if not self.days:
            return 0
        now = self.clock.now()
        return sum(self._file(*found, now) for found in self.outbox.to_notify(int(now), int(now) + self.days * _DAY))

    def _file(self, share_id: str, address: str, now: float) -> bool:
        share = self.shares.get(share_id)
        if share is None or now - share.created_at < _DAY:
            # Made for so short a time that the invitation itself says it.
            return False
        message = self.write(EmailAddress.parse(address), share, now)
        where = (self.outbox, self.transaction, self.record)
        about = f"{share.id}/{share.expires_at}"
        return file_notice(
            *where, share, MailKind.EXPIRY_NOTICE, about, address, message, now, for_expiry=share.expires_at
        )
