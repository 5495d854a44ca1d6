"""Open a share with code and password: the recipient's login, and the logout."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from ..domain.audit import Who, session_mark
from ..domain.audit_terms import Action, Outcome
from ..domain.credential import AccessCode, Password
from ..domain.device import Device
from ..domain.errors import Busy, ShareClosed, Throttled, WrongCredentials
from ..domain.lease import Leases
from ..domain.session import Session, SessionLimits
from ..domain.share import Presence, Share, ShareState
from ..domain.throttle import Client
from ..ports import (
    AttemptCounter,
    Clock,
    CodeIndex,
    DeviceRepository,
    Entropy,
    PasswordHasher,
    SessionRepository,
    ShareRepository,
    Throttle,
    Transaction,
)
from .login_failures import LoginFailures
from .record_event import RecordEvent

SESSION_ID_BITS = 256
DEVICE_ID_BITS = 128
_DEVICE_ID = re.compile("[0-9a-f]{32}")
STUDY_GONE = "gone"


def session_hash(session_id: str) -> str:
    """What the store keeps of a session identifier; 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(session_id.encode("utf-8", "replace")).hexdigest()


class Opened(NamedTuple):
    """What the browser gets after a login: its session, and the name under which the device is known from now on."""

    session_id: str
    device_id: str


@dataclass(frozen=True)
class OpenShare:
    """Check the credentials and start a session.

    Codes that no share has are counted by `unknown_codes` as shares are by `attempts`, and in `login_failures` for
    the alarm.
    """

    shares: ShareRepository
    sessions: SessionRepository
    attempts: AttemptCounter
    unknown_codes: Throttle
    devices: DeviceRepository
    login_failures: LoginFailures
    codes: CodeIndex
    hasher: PasswordHasher
    arrivals: Callable[[Share], Share]
    entropy: Entropy
    clock: Clock
    limits: SessionLimits
    forget_session: Callable[[str], None]
    forget_share: Callable[[str], None]
    transaction: Transaction
    record: RecordEvent
    # Seconds that a session under leases waits for its first page.
    loading: int = Leases.visible

    def __call__(
        self,
        typed_code: str,
        typed_password: str,
        client_address: str,
        old_session: str,
        device_id: str = "",
        kind: Device = Device.UNKNOWN,
        watched: bool = False,
    ) -> Opened:
        """Start a new session; the one the browser brought along ends.

        `device_id` is what the browser was given at an earlier login, to this share or to another.

        `kind` of device is for the audit log. `watched`: the browser runs our scripts, so that the session is put under
        leases at once (domain/lease.py). Raises MistypedCode, MistypedPassword, WrongCredentials, Throttled,
        Busy, Unavailable or, once the password is known to be right, ShareClosed.
        """
        code = AccessCode.parse(typed_code)
        password = Password.parse(typed_password)
        client = Client(self.codes.address(client_address), self._device_hash(device_id))
        share = self._verified(code, password, client, kind)
        now = self.clock.now()
        # The password that was verified counts, even if it is replaced in this moment.
        issue = share.issue
        # What came or went since anybody looked last is noticed at the door.
        share = self.arrivals(share)
        state = share.state(now)
        if state is not ShareState.ACTIVE:
            raise self._closed(share, state.value, kind)
        if share.presence is Presence.GONE:
            raise self._closed(share, STUDY_GONE, kind)
        session_id = f"{self.entropy.bits(SESSION_ID_BITS):064x}"
        alive_until = int(now) + self.loading if watched else None
        session = Session(session_hash(session_id), share.id, int(now), int(now), issue=issue, alive_until=alive_until)
        with self.transaction():
            self._end(old_session)
            self.sessions.start(session, self.limits.per_share)
            self.shares.note_opening(share.id, int(now))
            # The one moment at which the code is known: after a rotation it moves on to the newest key.
            self.shares.refile(share.id, self.codes.current(code))
            mark = session_mark(session.id_hash)
            self.record(Action.LOGIN, Who.recipient(share.id), share, device=kind, session=mark)
        if old_session:
            self.forget_session(session_hash(old_session))
        # An older session may have ended for this one.
        self.forget_share(share.id)
        # An identifier that was never given out is not taken over: somebody else may have put it there.
        if not (client.device and self.devices.is_known(client.device)):
            device_id = f"{self.entropy.bits(DEVICE_ID_BITS):032x}"
        self.devices.remember(share.id, self._device_hash(device_id), int(now))
        return Opened(session_id, device_id)

    def close(self, session_id: str) -> None:
        """End the session with this identifier, if there is one."""
        if session_id:
            with self.transaction():
                self._end(session_id)
            self.forget_session(session_hash(session_id))

    def _device_hash(self, device_id: str) -> str:
        return self.codes.device(device_id) if _DEVICE_ID.fullmatch(device_id) else ""

    def _end(self, session_id: str) -> None:
        id_hash = session_hash(session_id)
        found = self.sessions.find(id_hash) if session_id else None
        if found is not None:
            share = found[1]
            self.sessions.end(id_hash, int(self.clock.now()))
            self.record(Action.LOGOUT, Who.recipient(share.id), share, session=session_mark(id_hash))

    def _closed(self, share: Share, state: str, kind: Device) -> ShareClosed:
        self._failed(share, state, kind)
        return ShareClosed(state)

    def _failed(self, share: Share, reason: str, kind: Device) -> None:
        # Only what the attempt counter has let through, so that nobody can flood the log.
        who = Who.recipient(share.id)
        self.record(Action.LOGIN_FAILED, who, share, Outcome.MINOR_FAILURE, device=kind, reason=reason)

    def _verified(self, code: AccessCode, password: Password, client: Client, kind: Device) -> Share:
        found = self.shares.find_by_code(self.codes.candidates(code))
        if found is None:
            raise self._unknown(code, client)
        share, encoded = found
        # Written before the verification: whoever pulls the plug in between has not won a free guess.
        attempt = self.attempts.reserve(share.id, client, self.clock.now())
        if attempt.wait:
            raise Throttled(attempt.wait)
        try:
            right = self.hasher.verify(encoded, password)
        except Busy:
            self.attempts.cancel(share.id, attempt)
            raise
        if not right:
            self._failed(share, "wrong-password", kind)
            raise WrongCredentials
        self.attempts.forgive(share.id, attempt)
        return share

    def _unknown(self, code: AccessCode, client: Client) -> WrongCredentials:
        """Step by step what happens to a known code with a wrong password, but for the hash."""
        self.login_failures.add()
        key = self.codes.current(code)
        attempt = self.unknown_codes.reserve(key, client, self.clock.now())
        if attempt.wait:
            raise Throttled(attempt.wait)
        try:
            return WrongCredentials(self.hasher.pretend())
        except Busy:
            self.unknown_codes.cancel(key, attempt)
            raise
