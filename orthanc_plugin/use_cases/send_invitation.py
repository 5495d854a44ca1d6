"""Send the link of a share that staff have before them; only the code in force can be sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..domain.credential import AccessCode
from ..domain.email_address import EmailAddress
from ..domain.outbox import MailKind, MailState
from ..domain.share import Share
from ..domain.study import StudySummary
from ..ports import Clock, CodeIndex, ShareRepository, Transaction
from .look_after_mail import LookAfterMail
from .order_mail import OrderInvitation
from .share_in_force import share_in_force

# A form that comes twice, by a second click or a page that is loaded again, is one wish.
_SAME_WISH_SECONDS = 60
_ON_ITS_WAY = (MailState.WAITING, MailState.SENDING, MailState.SENT)


@dataclass(frozen=True)
class SendInvitation:
    """Files an invitation beside the share, and wakes the sender."""

    shares: ShareRepository
    codes: CodeIndex
    clock: Clock
    desk: LookAfterMail
    invite: OrderInvitation
    transaction: Transaction

    def __call__(
        self,
        share_id: str,
        code: AccessCode,
        recipient: EmailAddress,
        studies: Callable[[Share], Sequence[StudySummary]],
        user: str,
    ) -> Share:
        """Answer the share; raises ShareNotFound where the code is not, or no longer, that of the share."""
        share = share_in_force(self.shares, self.codes, share_id, code)
        with self.transaction():
            if not self._on_its_way(share_id, recipient):
                self.invite(recipient, share, studies(share), code, user)
        self.desk.wake()
        return share

    def _on_its_way(self, share_id: str, recipient: EmailAddress) -> bool:
        since = self.clock.now() - _SAME_WISH_SECONDS
        return any(
            entry.kind is MailKind.INVITATION
            and address == recipient.text
            and entry.state in _ON_ITS_WAY
            and entry.created_at >= since
            for entry, address in self.desk.of_share(share_id)
        )
