"""Open a share with code and password: the recipient's login, and the logout."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from ..domain.credential import AccessCode, Password
from ..domain.errors import Busy, ShareClosed, Throttled, WrongCredentials
from ..domain.session import Session, SessionLimits
from ..domain.share import Presence, Share, ShareState
from ..ports import (
    AttemptCounter,
    Clock,
    CodeIndex,
    Entropy,
    PasswordHasher,
    SessionRepository,
    ShareRepository,
)

SESSION_ID_BITS = 256
STUDY_GONE = "gone"


def session_hash(session_id: str) -> str:
    """What the store keeps of a session identifier; 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(session_id.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True)
class OpenShare:
    """Check the credentials and start a session."""

    shares: ShareRepository
    sessions: SessionRepository
    attempts: AttemptCounter
    codes: CodeIndex
    hasher: PasswordHasher
    arrivals: Callable[[Share], Share]
    entropy: Entropy
    clock: Clock
    limits: SessionLimits
    forget_session: Callable[[str], None]
    forget_share: Callable[[str], None]

    def __call__(self, typed_code: str, typed_password: str, client_address: str, old_session: str) -> str:
        """Answer the identifier of a new session; the one the browser brought along ends.

        Raises MistypedCode, MistypedPassword, WrongCredentials, Throttled, Busy or, once the password is known to
        be right, ShareClosed.
        """
        code = AccessCode.parse(typed_code)
        password = Password.parse(typed_password)
        share = self._verified(code, password, self.codes.address(client_address))
        now = self.clock.now()
        # The password that was verified counts, even if it is replaced in this moment.
        issue = share.issue
        # What came or went since anybody looked last is noticed at the door.
        share = self.arrivals(share)
        state = share.state(now)
        if state is not ShareState.ACTIVE:
            raise ShareClosed(state.value)
        if share.presence is Presence.GONE:
            raise ShareClosed(STUDY_GONE)
        self.close(old_session)
        session_id = f"{self.entropy.bits(SESSION_ID_BITS):064x}"
        session = Session(session_hash(session_id), share.id, int(now), int(now), issue=issue)
        self.sessions.start(session, self.limits.per_share)
        self.shares.note_opening(share.id, int(now))
        # An older session may have ended for this one.
        self.forget_share(share.id)
        return session_id

    def close(self, session_id: str) -> None:
        """End the session with this identifier, if there is one."""
        if session_id:
            id_hash = session_hash(session_id)
            self.sessions.end(id_hash, int(self.clock.now()))
            self.forget_session(id_hash)

    def _verified(self, code: AccessCode, password: Password, address: str) -> Share:
        found = self.shares.find_by_code(self.codes.candidates(code))
        if found is None:
            self.hasher.verify(None, password)
            raise WrongCredentials
        share, encoded = found
        # Written before the verification: whoever pulls the plug in between has not won a free guess.
        wait = self.attempts.reserve(share.id, address, self.clock.now())
        if wait:
            raise Throttled(wait)
        try:
            right = self.hasher.verify(encoded, password)
        except Busy:
            self.attempts.cancel(share.id, address)
            raise
        if not right:
            raise WrongCredentials
        self.attempts.forgive(share.id, address)
        return share
