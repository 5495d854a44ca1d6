"""Put an e-mail to the recipient of a share into the outbox."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..domain.audit import SYSTEM, Who
from ..domain.audit_terms import Action
from ..domain.credential import AccessCode
from ..domain.email_address import EmailAddress
from ..domain.outbox import MailKind, MailState, OutboxEntry
from ..domain.share import Share
from ..domain.study import StudySummary
from ..ports import Clock, Entropy, Outbox, Transaction
from .record_event import RecordEvent

# Writes the invitation: recipient, share, studies that are there, code, now; answers RFC 5322 in ASCII.
InvitationWriter = Callable[[EmailAddress, Share, Sequence[StudySummary], AccessCode, float], bytes]


@dataclass(frozen=True)
class OrderInvitation:
    """Files an invitation, as a part of the transaction that mints the code: both are kept, or none."""

    outbox: Outbox
    write: InvitationWriter
    entropy: Entropy
    clock: Clock
    record: RecordEvent

    def __call__(
        self, recipient: EmailAddress, share: Share, studies: Sequence[StudySummary], code: AccessCode, user: str
    ) -> OutboxEntry:
        """Answer the entry; raises Unavailable."""
        now = self.clock.now()
        entry = new_entry(f"{self.entropy.bits(128):032x}", share, MailKind.INVITATION, int(now), user)
        entry = replace(entry, report_awaited=not shows_a_report(share, studies, now))
        self.outbox.add(entry, recipient.text, self.write(recipient, share, studies, code, now))
        self.record(Action.EMAIL_ORDERED, Who.staff(user), share, what=kind_word(entry), email=mark(entry))
        return entry


def shows_a_report(share: Share, studies: Sequence[StudySummary], now: float) -> bool:
    """Whether the recipient can read a report now."""
    return any(
        series.report_at is not None and share.shows_report(series.report_at, now)
        for study in studies
        for series in study.series
        if series.id not in share.excluded_series
    )


def new_entry(entry_id: str, share: Share, kind: MailKind, now: int, user: str) -> OutboxEntry:
    """An entry that waits, due at once."""
    return OutboxEntry(entry_id, share.id, kind, MailState.WAITING, now, user, 0, now, now)


def file_notice(
    outbox: Outbox,
    transaction: Transaction,
    record: RecordEvent,
    share: Share,
    kind: MailKind,
    about: str,
    address: str,
    message: bytes,
    now: float,
    for_expiry: int | None = None,
) -> bool:
    """File a notice that nobody has ordered; False where it was filed before.

    Its id is always the same for the same kind and `about`: two instances file one notice.
    """
    name = hashlib.sha256(f"{about}/{kind}".encode()).hexdigest()[:32]
    entry = new_entry(name, share, kind, int(now), "system")
    with transaction():
        filed = outbox.add(entry, address, message, for_expiry=for_expiry)
        if filed:
            record(Action.EMAIL_ORDERED, SYSTEM, share, what=kind_word(entry), email=mark(entry))
    return filed


def kind_word(entry: OutboxEntry) -> str:
    """What the audit log calls the kind of an entry; "invitation" or "email-event" might be a password there."""
    return "event-notice" if entry.kind is MailKind.EVENT else f"email-{entry.kind.value}"


def mark(entry: OutboxEntry) -> str:
    """What the audit log calls an entry: its id, in groups so that it cannot be taken for a password."""
    return f"mail-{entry.id}"
