"""Letters that leave by themselves: their states, and when they are tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class MailKind(StrEnum):
    """What an entry of the outbox is."""

    INVITATION = "invitation"
    EXPIRY_NOTICE = "expiry-notice"
    REPORT_NOTICE = "report-notice"
    # Not a mail: something that the practice's information system is told.
    EVENT = "event"


class MailState(StrEnum):
    """What has become of an entry.

    `sending` lasts from before the message is handed over until its end is known; what is found there later is
    `unclear`: the mail server may have taken it, so nobody but staff sends it again.
    """

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    FAILED = "failed"
    UNCLEAR = "unclear"
    DROPPED = "dropped"
    CANCELLED = "cancelled"


# What staff may send once more, while the message is kept.
REPEATABLE = frozenset({MailState.REFUSED, MailState.FAILED, MailState.UNCLEAR})


class Reason(StrEnum):
    """Why an entry is where it is, in plain words; never a text of the other side, which quotes addresses."""

    NONE = ""
    UNREACHABLE = "server-unreachable"
    TIMEOUT = "server-too-slow"
    CERTIFICATE = "certificate-not-trusted"
    NO_TLS = "server-offers-no-encryption"
    LOGIN = "login-refused"
    BUSY = "server-asks-to-try-later"
    CONNECTION_LOST = "connection-lost"
    ANSWER_LOST = "answer-was-lost"
    UNKNOWN_RECIPIENT = "recipient-refused"
    REFUSED = "message-refused"
    SHARE_CLOSED = "share-closed-or-code-replaced"
    KEY_GONE = "key-no-longer-in-the-key-file"
    STAFF = "cancelled-by-staff"


@dataclass(frozen=True)
class Delivery:
    """How a try ended: SENT, WAITING (try again), REFUSED, UNCLEAR or DROPPED (it was not to be sent any more).

    `reply` is the three-digit code of the mail server (RFC 5321), 0 where it said nothing.
    """

    state: MailState
    reason: Reason = Reason.NONE
    reply: int = 0


@dataclass(frozen=True)
class RetryRule:
    """Pauses between tries in seconds, the last one again and again, until `give_up` seconds of pauses are over."""

    pauses: Sequence[int]
    give_up: int

    def after(self, attempts: int) -> int:
        """The pause after so many tries."""
        return self.pauses[min(max(attempts, 1), len(self.pauses)) - 1]

    def exhausted(self, attempts: int) -> bool:
        """Whether there were so many tries that there shall be no further one."""
        more = max(0, attempts - len(self.pauses))
        return sum(self.pauses[:attempts]) + more * self.pauses[-1] > self.give_up


@dataclass(frozen=True)
class OutboxEntry:
    """An entry as staff see it; times are whole seconds since 1970-01-01 UTC. Without address and message."""

    id: str
    share_id: str
    kind: MailKind
    state: MailState
    created_at: int
    created_by: str
    attempts: int
    next_at: int
    changed_at: int
    reason: Reason = Reason.NONE
    reply: int = 0
    # Whether the message still exists, so that it can be sent again.
    kept: bool = True
    # Whether the recipient was invited while no report was shown, so that one may be announced.
    report_awaited: bool = False
