"""Who is it? One answer for native routes and for the product's own routes."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..domain.principal import Anonymous, Principal, Recipient, Staff
from ..domain.session import Session, SessionLimits
from ..domain.share import Share
from ..ports import Clock, SessionRepository
from .open_share import session_hash

# A change made by another process is seen after this time at the latest; one made here is seen at once.
FRESH_SECONDS = 0.5
_TOUCH_SECONDS = 30
_REMEMBERED_SESSIONS = 10_000
_LONGEST_HEADER = 1024

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class StaffUsers:
    """Orthanc's RegisteredUsers, compared in constant time (RFC 7617, Basic)."""

    def __init__(self, users: Mapping[str, str], networks: Sequence[Network] = ()) -> None:
        self._networks = tuple(networks)
        self._key = secrets.token_bytes(32)
        self._digests = {user: self._digest(f"{user}:{password}") for user, password in users.items()}

    def _may_come_from(self, address: str) -> bool:
        if not self._networks:
            return True
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)

    def _digest(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")

    def user(self, authorization: str, address: str = "") -> str | None:
        """The user whose credentials the header holds; every user is compared, so time tells nothing.

        Where networks are set, credentials count only for a client address inside one of them.
        """
        if not self._may_come_from(address):
            return None
        scheme, _, encoded = authorization.partition(" ")
        if len(authorization) > _LONGEST_HEADER or scheme.lower() != "basic":
            return None
        try:
            given = self._digest(base64.b64decode(encoded.strip(), validate=True).decode("utf-8"))
        except (binascii.Error, ValueError):
            return None
        found = None
        for user, digest in self._digests.items():
            if hmac.compare_digest(digest, given):
                found = user
        return found


@dataclass
class Authenticator:
    """Turns credentials into a principal.

    `remembered` never touches the store, so the request filter may call it on Orthanc's small stacks; `principal`
    may read the store.
    """

    staff: StaffUsers
    sessions: SessionRepository
    clock: Clock
    limits: SessionLimits
    # Told of each session that is found to be over, perhaps more than once.
    ended: Callable[[Session, Share], None] = lambda _session, _share: None
    _known: OrderedDict[str, tuple[float, Session, Share]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    # Counts changes, so that a read that began before a revocation is not remembered after it.
    _epoch: int = 0

    def remembered(self, authorization: str, session_id: str, address: str = "") -> Principal | None:
        """The principal if it can be told without the store; None where the store must be asked."""
        if authorization:
            # Wrong staff credentials never fall back to a session that happens to be in the same browser.
            user = self.staff.user(authorization, address)
            return Staff(user) if user is not None else Anonymous()
        if not session_id or len(session_id) > _LONGEST_HEADER:
            return Anonymous()
        id_hash = session_hash(session_id)
        with self._lock:
            known = self._known.get(id_hash)
        now = self.clock.now()
        if known is None or not 0 <= now - known[0] < FRESH_SECONDS:
            return None
        return self._recipient(known[1], known[2], now)

    def principal(self, authorization: str, session_id: str, address: str = "", used: bool = True) -> Principal:
        """The principal, asking the store where need be.

        `used` says that the request is one of somebody who looks at something, so that the idle time begins anew.
        """
        quick = self.remembered(authorization, session_id, address)
        if quick is not None:
            return quick
        id_hash = session_hash(session_id)
        now = self.clock.now()
        with self._lock:
            epoch = self._epoch
        found = self.sessions.find(id_hash)
        if found is None:
            self.forget_session(id_hash)
            return Anonymous()
        session, share = found
        principal = self._recipient(session, share, now)
        if isinstance(principal, Recipient):
            if used and now - session.seen_at >= _TOUCH_SECONDS:
                self.sessions.touch(id_hash, int(now))
            self._remember(id_hash, now, session, share, epoch)
        else:
            self.ended(session, share)
        return principal

    def forget_session(self, id_hash: str) -> None:
        """Drop one session from memory."""
        with self._lock:
            self._epoch += 1
            self._known.pop(id_hash, None)

    def forget_share(self, share_id: str) -> None:
        """Drop all sessions of one share from memory, so that a change of the share is seen at once."""
        with self._lock:
            self._epoch += 1
            for id_hash in [h for h, (_, _, share) in self._known.items() if share.id == share_id]:
                del self._known[id_hash]

    def _recipient(self, session: Session, share: Share, now: float) -> Principal:
        # A session of a password that was replaced is over, even if it was opened in the same moment.
        if not session.alive(now, self.limits) or session.issue != share.issue:
            return Anonymous()
        return Recipient(share, session.id_hash)

    def _remember(self, id_hash: str, now: float, session: Session, share: Share, epoch: int) -> None:
        with self._lock:
            if epoch != self._epoch:
                return
            self._known[id_hash] = (now, session, share)
            self._known.move_to_end(id_hash)
            while len(self._known) > _REMEMBERED_SESSIONS:
                self._known.popitem(last=False)
