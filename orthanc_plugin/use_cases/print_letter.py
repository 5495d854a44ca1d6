"""Note that a letter is printed; code and password come from the page that showed them, since nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass

from ..domain.audit import Who
from ..domain.audit_terms import Action
from ..domain.credential import AccessCode
from ..domain.share import Share
from ..ports import CodeIndex, ShareRepository, Transaction
from .record_event import RecordEvent
from .share_in_force import share_in_force


@dataclass(frozen=True)
class PrintLetter:
    """Only a letter with the code in force can be printed."""

    shares: ShareRepository
    codes: CodeIndex
    transaction: Transaction
    record: RecordEvent

    def __call__(self, share_id: str, code: AccessCode, user: str) -> Share:
        """Answer the share; raises ShareNotFound where the code is not, or no longer, that of the share."""
        share = self.share_of(share_id, code)
        with self.transaction():
            self.record(Action.SHARE_PRINTED, Who.staff(user), share)
        return share

    def share_of(self, share_id: str, code: AccessCode) -> Share:
        """The same without a print."""
        return share_in_force(self.shares, self.codes, share_id, code)
