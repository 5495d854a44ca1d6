"""What staff see and do of the outbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..domain.audit import Who
from ..domain.audit_terms import Action
from ..domain.errors import MailNotFound, MailUnchangeable, ShareNotFound
from ..domain.outbox import OutboxEntry
from ..ports import Clock, Outbox, ShareRepository, Transaction
from .order_mail import mark
from .record_event import RecordEvent


@dataclass(frozen=True)
class LookAfterMail:
    """List, repeat, cancel. `wake` tells the sender that something may be due."""

    outbox: Outbox
    shares: ShareRepository
    clock: Clock
    transaction: Transaction
    record: RecordEvent
    wake: Callable[[], None]

    def of_share(self, share_id: str) -> Sequence[tuple[OutboxEntry, str]]:
        """The e-mails of a share with their addresses, newest first; raises ShareNotFound."""
        if self.shares.get(share_id) is None:
            raise ShareNotFound
        return self.outbox.of_share(share_id)

    def newest_states(self, share_ids: Sequence[str]) -> Mapping[str, str]:
        """The state of the newest e-mail of each share that has one."""
        return self.outbox.newest_states(share_ids)

    def retry(self, entry_id: str, user: str) -> tuple[OutboxEntry, str]:
        """Send once more what was refused, has failed or is unclear; raises MailNotFound or MailUnchangeable."""
        answer = self._change(entry_id, user, self.outbox.retry, Action.EMAIL_RETRIED)
        self.wake()
        return answer

    def cancel(self, entry_id: str, user: str) -> tuple[OutboxEntry, str]:
        """Give up what has not left; raises MailNotFound or MailUnchangeable."""
        return self._change(entry_id, user, self.outbox.cancel, Action.EMAIL_CANCELLED)

    def _change(
        self, entry_id: str, user: str, change: Callable[[str, int], bool], action: Action
    ) -> tuple[OutboxEntry, str]:
        entry = self.outbox.get(entry_id)
        if entry is None:
            raise MailNotFound
        with self.transaction():
            if not change(entry_id, int(self.clock.now())):
                raise MailUnchangeable(entry.state.value)
            self.record(action, Who.staff(user), self.shares.get(entry.share_id), email=mark(entry))
        found = next((pair for pair in self.outbox.of_share(entry.share_id) if pair[0].id == entry_id), None)
        if found is None:
            raise MailNotFound
        return found
