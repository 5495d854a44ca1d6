"""Send what waits in the outbox: nothing is lost, and nothing is sent twice without somebody's decision."""

from __future__ import annotations

from dataclasses import dataclass

from ..domain.audit import SYSTEM
from ..domain.audit_terms import Action, Outcome
from ..domain.outbox import Delivery, MailState, OutboxEntry, RetryRule
from ..ports import ClaimedMail, Clock, Mailer, Outbox, ShareRepository, Transaction
from .order_mail import mark
from .record_event import RecordEvent

# Messages that did not leave are kept so long for another try.
KEEP_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True)
class DeliverMail:
    """One step of the outbox. `lease` (seconds) is longer than a try can take."""

    outbox: Outbox
    mailer: Mailer
    shares: ShareRepository
    clock: Clock
    rule: RetryRule
    lease: int
    transaction: Transaction
    record: RecordEvent

    def __call__(self) -> bool:
        """Try the entry that is due longest; False where none is. Raises Unavailable."""
        self._tidy()
        mail = self.outbox.claim(self._now(), self.lease)
        if mail is None:
            return False
        delivery = self.mailer.send(mail.address, mail.message, lambda: self._begin(mail))
        self._settle(mail, delivery)
        return True

    def _begin(self, mail: ClaimedMail) -> bool:
        return self.outbox.begin(mail, self._now(), self.lease)

    def _settle(self, mail: ClaimedMail, delivery: Delivery) -> None:
        now, next_at = self._now(), 0
        if delivery.state is MailState.WAITING:
            if self.rule.exhausted(mail.entry.attempts):
                delivery = Delivery(MailState.FAILED, delivery.reason, delivery.reply)
            else:
                next_at = now + self.rule.after(mail.entry.attempts)
        with self.transaction():
            if self.outbox.settle(mail, delivery, now, next_at) and delivery.state is not MailState.WAITING:
                self._record(mail.entry, delivery)

    def _tidy(self) -> None:
        with self.transaction():
            for entry in self.outbox.sweep(self._now(), KEEP_SECONDS):
                self._record(entry, Delivery(entry.state, entry.reason))

    def _record(self, entry: OutboxEntry, delivery: Delivery) -> None:
        well = delivery.state in (MailState.SENT, MailState.DROPPED)
        self.record(
            Action.EMAIL_ENDED,
            SYSTEM,
            self.shares.get(entry.share_id),
            Outcome.SUCCESS if well else Outcome.MINOR_FAILURE,
            what=delivery.state.value,
            email=mark(entry),
            reason=delivery.reason.value or "none",
            reply=delivery.reply,
        )

    def _now(self) -> int:
        return int(self.clock.now())
