"""What has to be done from time to time, whoever comes or goes: notice arrivals, end and remove what is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..domain.audit import SYSTEM
from ..domain.audit_terms import Action, Outcome
from ..domain.session import SessionLimits
from ..ports import AttemptCounter, Clock, SessionRepository, ShareRepository, Transaction
from .arrivals import Arrivals
from .keep_audit import KeepAudit
from .login_failures import LoginFailures
from .note_session_end import NoteSessionEnd
from .record_event import RecordEvent

_DAY = 24 * 3600
# So much is done in one round at most; the rest waits for the next.
_SESSIONS_AT_ONCE = 500
_AUDIT_STEPS = 50
_TEXTS_AT_ONCE = 200


@dataclass(frozen=True)
class Maintain:
    """The round of maintenance. Every step is harmless to repeat, and for two instances at once."""

    shares: ShareRepository
    sessions: SessionRepository
    attempts: AttemptCounter
    arrivals: Arrivals
    note_end: NoteSessionEnd
    audit: KeepAudit
    login_failures: LoginFailures
    clock: Clock
    limits: SessionLimits
    transaction: Transaction
    record: RecordEvent
    # Days after its end until a share is removed from the store; the study itself is never touched.
    keep_shares_days: int
    # Encrypts a bounded number of texts anew that lie under older keys; answers how many.
    reseal: Callable[[int], int] = lambda _limit: 0
    # Version of the key that is used for everything new, once a newer one has been taken up; None otherwise.
    new_key: Callable[[], int | None] = lambda: None
    # Shares what has become complete, by the practice's rules; None where there are none.
    automatic: Callable[[], None] | None = None
    # Tells recipients of reports that they can read now; None where they are not told.
    report_notices: Callable[[], object] | None = None

    @property
    def steps(self) -> Mapping[str, Callable[[], object]]:
        """The steps of a round, in order; a step that fails does not keep the others from being taken."""
        return {
            **self.after_changes,
            "sessions": self.end_sessions,
            "shares": self.remove_shares,
            "attempts": lambda: self.attempts.purge(self.clock.now()),
            "audit": self.shorten_audit,
            "keys": self.renew_seals,
        }

    @property
    def after_changes(self) -> Mapping[str, Callable[[], object]]:
        """Those that are taken at once when a study has become complete or was deleted."""
        wanted = {"automatic sharing": self.automatic, "report notices": self.report_notices}
        return {"arrivals": self.arrivals.sweep, **{name: step for name, step in wanted.items() if step}}

    def end_sessions(self) -> None:
        """End sessions that are over, and forget those that ended a day ago."""
        now = self.clock.now()
        for session, share in self.sessions.over(int(now), self.limits, _SESSIONS_AT_ONCE):
            self.note_end(session, share)
        self.sessions.purge(int(now) - _DAY)

    def remove_shares(self) -> None:
        """Remove shares that ended long ago, with all that belongs to them."""
        with self.transaction():
            count = self.shares.purge(int(self.clock.now()) - self.keep_shares_days * _DAY)
            if count:
                self.record(Action.PURGED, SYSTEM, what="shares", count=count)

    def shorten_audit(self) -> None:
        """Remove entries of the audit log that are older than the practice keeps them."""
        for _ in range(_AUDIT_STEPS):
            if not self.audit.purge():
                return

    def renew_seals(self) -> None:
        """Move encrypted texts on to the newest key."""
        while self.reseal(_TEXTS_AT_ONCE) == _TEXTS_AT_ONCE:
            pass

    def note_key(self) -> None:
        """Tell the audit log once that a new key is in use."""
        version = self.new_key()
        if version is not None:
            self.record(Action.KEY_ROTATED, SYSTEM, key_version=version)

    def report_failures(self) -> None:
        """Once a minute: one entry for all failed logins with codes that no share has."""
        count = self.login_failures.take()
        if count:
            self.record(Action.UNKNOWN_CODE_FAILURES, SYSTEM, outcome=Outcome.MINOR_FAILURE, count=count)
