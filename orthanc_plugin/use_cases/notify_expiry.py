"""Tell recipients by e-mail that their access ends soon, once for each end."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from ..domain.audit import SYSTEM
from ..domain.audit_terms import Action
from ..domain.email_address import EmailAddress
from ..domain.outbox import MailKind
from ..domain.share import Share
from ..ports import Clock, Outbox, ShareRepository, Transaction
from .order_mail import kind_word, mark, new_entry
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
        # Always the same for one end of one share: two instances file one notice.
        name = hashlib.sha256(f"{share.id}/{share.expires_at}/{MailKind.EXPIRY_NOTICE}".encode()).hexdigest()[:32]
        entry = new_entry(name, share, MailKind.EXPIRY_NOTICE, int(now), "system")
        message = self.write(EmailAddress.parse(address), share, now)
        with self.transaction():
            filed = self.outbox.add(entry, address, message, for_expiry=share.expires_at)
            if filed:
                self.record(Action.EMAIL_ORDERED, SYSTEM, share, what=kind_word(entry), email=mark(entry))
        return filed
