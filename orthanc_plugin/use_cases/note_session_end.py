"""Write down that a session is over, once it is noticed: nobody logged it out."""

from __future__ import annotations

from dataclasses import dataclass

from ..domain.audit import Who, session_mark
from ..domain.audit_terms import Action
from ..domain.session import Session, SessionEnd, SessionLimits
from ..domain.share import Share
from ..ports import Clock, SessionRepository, Transaction
from .record_event import RecordEvent


@dataclass(frozen=True)
class NoteSessionEnd:
    """End a session in the store and tell the audit log why; a second call for the same session does nothing."""

    sessions: SessionRepository
    clock: Clock
    limits: SessionLimits
    transaction: Transaction
    record: RecordEvent

    def __call__(self, session: Session, share: Share) -> None:
        """Do so where the session is over by itself; one of a replaced password was ended with it."""
        now = self.clock.now()
        reason = session.end(now, self.limits)
        if reason is None or reason is SessionEnd.ENDED:
            return
        with self.transaction():
            if self.sessions.end(session.id_hash, int(now)):
                mark = session_mark(session.id_hash)
                self.record(Action.SESSION_ENDED, Who.recipient(share.id), share, reason=reason.value, session=mark)
