"""The share store in memory. tests/contract holds it against the real one, so that it cannot drift."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from orthanc_plugin.domain.errors import InvalidInput
from orthanc_plugin.domain.session import Session
from orthanc_plugin.domain.share import Share
from orthanc_plugin.ports import ShareFilter, SharePage


@dataclass
class MemoryStore:
    """All tables; `journal` notes each change in order."""

    shares: dict[str, Share] = field(default_factory=dict)
    indexes: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    attempts: dict[tuple[str, str], tuple[int, float, float]] = field(default_factory=dict)
    journal: list[str] = field(default_factory=list)


@dataclass
class MemoryShares:
    """ShareRepository."""

    store: MemoryStore

    def add(self, share: Share, code_index: str, password_hash: str) -> None:
        self.store.shares[share.id] = share
        self.store.indexes[code_index] = share.id
        self.store.hashes[share.id] = password_hash

    def get(self, share_id: str) -> Share | None:
        return self.store.shares.get(share_id)

    def find_by_code(self, code_indexes: Sequence[str]) -> tuple[Share, str] | None:
        for index in code_indexes:
            share_id = self.store.indexes.get(index)
            if share_id is not None:
                return self.store.shares[share_id], self.store.hashes[share_id]
        return None

    def page(self, wanted: ShareFilter, now: int, limit: int, cursor: str | None) -> SharePage:
        found = sorted(self.store.shares.values(), key=lambda s: (s.created_at, s.id), reverse=True)
        found = [share for share in found if _fits(share, wanted, now)]
        if cursor is not None:
            moment, _, share_id = cursor.partition("-")
            if not (moment.isascii() and moment.isdigit() and len(moment) <= 12 and share_id):
                raise InvalidInput("cursor", "must be the next_cursor of the page before")
            found = [share for share in found if (share.created_at, share.id) < (int(moment), share_id)]
        shown = tuple(found[:limit])
        return SharePage(shown, f"{shown[-1].created_at}-{shown[-1].id}" if len(found) > limit else None)

    def set_expiry(self, share_id: str, expires_at: int) -> bool:
        share = self.store.shares.get(share_id)
        if share is None or share.revoked_at is not None:
            return False
        self.store.shares[share_id] = replace(share, expires_at=expires_at)
        return True

    def revoke(self, share_id: str, now: int) -> bool:
        share = self.store.shares.get(share_id)
        if share is None or share.revoked_at is not None:
            return False
        self.store.shares[share_id] = replace(share, revoked_at=now)
        for session in [s for s in self.store.sessions.values() if s.share_id == share_id and s.ended_at is None]:
            self.store.sessions[session.id_hash] = replace(session, ended_at=now)
        return True


def _fits(share: Share, wanted: ShareFilter, now: int) -> bool:
    return (
        (wanted.state is None or share.state(now) is wanted.state)
        and (wanted.study_id is None or share.study_id == wanted.study_id)
        and (wanted.study_instance_uid is None or share.study_instance_uid == wanted.study_instance_uid)
    )


@dataclass
class MemorySessions:
    """SessionRepository; `finds` counts the look-ups."""

    store: MemoryStore
    finds: int = 0

    def start(self, session: Session, keep: int) -> None:
        alive = [s for s in self.store.sessions.values() if s.share_id == session.share_id and s.ended_at is None]
        alive.sort(key=lambda s: (s.created_at, s.seen_at), reverse=True)
        for old in alive[keep - 1 :]:
            self.store.sessions[old.id_hash] = replace(old, ended_at=session.created_at)
        self.store.sessions[session.id_hash] = session

    def find(self, id_hash: str) -> tuple[Session, Share] | None:
        self.finds += 1
        session = self.store.sessions.get(id_hash)
        if session is None or session.ended_at is not None:
            return None
        return session, self.store.shares[session.share_id]

    def touch(self, id_hash: str, now: int) -> None:
        session = self.store.sessions.get(id_hash)
        if session is not None and session.seen_at < now:
            self.store.sessions[id_hash] = replace(session, seen_at=now)

    def end(self, id_hash: str, now: int) -> None:
        session = self.store.sessions.get(id_hash)
        if session is not None and session.ended_at is None:
            self.store.sessions[id_hash] = replace(session, ended_at=now)


@dataclass
class MemoryAttempts:
    """AttemptCounter: 5 tries, then waits of 30 s that double up to an hour."""

    store: MemoryStore

    def reserve(self, share_id: str, address: str, now: float) -> int:
        failures, last_at, blocked_until = self.store.attempts.get((share_id, address), (0, now, 0.0))
        if now < blocked_until:
            return min(math.ceil(blocked_until - now), 3600)
        self.store.journal.append("reserve")
        failures = 1 if now - last_at > 86400 else failures + 1
        until = math.ceil(now) + min(30 * 2 ** min(failures - 5, 20), 3600) if failures >= 5 else 0
        self.store.attempts[share_id, address] = (failures, int(now), until)
        return 0

    def cancel(self, share_id: str, address: str) -> None:
        self.store.journal.append("cancel")
        failures, last_at, _ = self.store.attempts.get((share_id, address), (0, 0.0, 0.0))
        if failures:
            self.store.attempts[share_id, address] = (failures - 1, last_at, 0)

    def forgive(self, share_id: str, address: str) -> None:
        self.store.journal.append("forgive")
        self.store.attempts.pop((share_id, address), None)

    def failures(self, share_id: str, address: str) -> int:
        """How many failures are counted now."""
        return self.store.attempts.get((share_id, address), (0, 0.0, 0.0))[0]
