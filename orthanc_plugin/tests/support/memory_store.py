"""The share store in memory. tests/contract holds it against the real one, so that it cannot drift."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, fields, replace
from typing import Any

from orthanc_plugin.domain.audit import AuditEvent
from orthanc_plugin.domain.errors import InvalidInput
from orthanc_plugin.domain.lease import OpenPage
from orthanc_plugin.domain.report import ReportRule
from orthanc_plugin.domain.session import Session, SessionLimits
from orthanc_plugin.domain.share import Consent, Openings, Share, SharedStudy
from orthanc_plugin.domain.throttle import DAY, UNKNOWN_DEVICES, Attempt, Bucket, Client, buckets_of, count, taken_back
from orthanc_plugin.ports import KnownRequest, ShareFilter, SharePage


@dataclass
class MemoryStore:
    """All tables; `journal` notes each change in order."""

    shares: dict[str, Share] = field(default_factory=dict)
    indexes: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    pages: dict[tuple[str, str], OpenPage] = field(default_factory=dict)
    loading: dict[str, int] = field(default_factory=dict)
    attempts: dict[tuple[str, str], Bucket] = field(default_factory=dict)
    devices: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    requests: dict[str, tuple[KnownRequest, int]] = field(default_factory=dict)
    journal: list[str] = field(default_factory=list)
    # Reading is recorded too; tests that a GET changes nothing mean the other tables.
    events: list[AuditEvent] = field(default_factory=list, repr=False)


@dataclass
class MemoryTransaction:
    """Transaction: after an exception the tables are as they were."""

    store: MemoryStore

    @contextmanager
    def __call__(self) -> Iterator[None]:
        before = {table.name: copy(getattr(self.store, table.name)) for table in fields(self.store)}
        # Others hold on to the journal, which tells what was tried.
        del before["journal"]
        try:
            yield
        except BaseException:
            for name, rows in before.items():
                setattr(self.store, name, rows)
            raise


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
        return self._change(share_id, expires_at=expires_at)

    def revoke(self, share_id: str, now: int) -> bool:
        if not self._change(share_id, revoked_at=now):
            return False
        self._end_sessions(share_id, now)
        return True

    def set_paused(self, share_id: str, paused_at: int | None) -> bool:
        changed = self._change(share_id, paused_at=paused_at)
        if paused_at is not None:
            self._end_sessions(share_id, paused_at)
        return changed

    def set_report(self, share_id: str, report: ReportRule) -> bool:
        return self._change(share_id, report=report)

    def reissue(self, share_id: str, password_hash: str, code_index: str | None, now: int) -> bool:
        share = self.store.shares.get(share_id)
        if share is None or not self._change(share_id, issue=share.issue + 1, issued_at=now):
            return False
        self.store.hashes[share_id] = password_hash
        if code_index is not None:
            old = next(index for index, filed in self.store.indexes.items() if filed == share_id)
            del self.store.indexes[old]
            self.store.indexes[code_index] = share_id
        self._end_sessions(share_id, now)
        for table in (self.store.attempts, self.store.devices):
            for key in [key for key in table if key[0] == share_id]:
                del table[key]
        return True

    def refile(self, share_id: str, code_index: str) -> None:
        for index in [index for index, filed in self.store.indexes.items() if filed == share_id]:
            del self.store.indexes[index]
        self.store.indexes[code_index] = share_id

    def note_opening(self, share_id: str, now: int) -> None:
        share = self.store.shares[share_id]
        first = now if share.openings.first_at is None else share.openings.first_at
        self.store.shares[share_id] = replace(share, openings=Openings(share.openings.count + 1, first, now))

    def record_consent(self, share_id: str, consent: Consent) -> None:
        self.store.shares[share_id] = replace(self.store.shares[share_id], consent=consent)

    def set_study(self, share_id: str, position: int, study: SharedStudy) -> None:
        share = self.store.shares[share_id]
        studies = (*share.studies[:position], study, *share.studies[position + 1 :])
        self.store.shares[share_id] = replace(share, studies=studies)

    def open_shares(self, now: int) -> Sequence[Share]:
        return self._sorted(lambda share: share.revoked_at is None and share.expires_at > now)

    def of_patient(self, patients: Sequence[str]) -> Sequence[Share]:
        wanted = {patient for patient in patients if patient}
        return self._sorted(
            lambda share: share.revoked_at is None and bool(wanted & {study.patient for study in share.studies})
        )

    def delete(self, share_id: str) -> bool:
        if self.store.shares.pop(share_id, None) is None:
            return False
        for index in [index for index, filed in self.store.indexes.items() if filed == share_id]:
            del self.store.indexes[index]
        for session in [s for s in self.store.sessions.values() if s.share_id == share_id]:
            del self.store.sessions[session.id_hash]
        return True

    def purge(self, before: int) -> int:
        over = [
            share.id
            for share in self.store.shares.values()
            if share.expires_at < before or (share.revoked_at is not None and share.revoked_at < before)
        ]
        return sum(self.delete(share_id) for share_id in over)

    def _sorted(self, wanted: Callable[[Share], bool]) -> list[Share]:
        return sorted(filter(wanted, self.store.shares.values()), key=lambda s: (s.created_at, s.id))

    def _change(self, share_id: str, **values: Any) -> bool:
        share = self.store.shares.get(share_id)
        if share is None or share.revoked_at is not None:
            return False
        self.store.shares[share_id] = replace(share, **values)
        return True

    def _end_sessions(self, share_id: str, now: int) -> None:
        for session in [s for s in self.store.sessions.values() if s.share_id == share_id and s.ended_at is None]:
            self.store.sessions[session.id_hash] = replace(session, ended_at=now)


@dataclass
class MemoryObjections:
    """ObjectionRepository."""

    found: dict[str, int] = field(default_factory=dict)

    def add(self, patient: str, user: str, now: int) -> None:
        del user
        self.found.setdefault(patient, now)

    def since(self, patients: Sequence[str]) -> int | None:
        return min((self.found[patient] for patient in patients if patient in self.found), default=None)

    def remove(self, patients: Sequence[str]) -> bool:
        removed = [self.found.pop(patient) for patient in patients if patient in self.found]
        return bool(removed)


def _fits(share: Share, wanted: ShareFilter, now: int) -> bool:
    return (
        (wanted.state is None or share.state(now) is wanted.state)
        and (wanted.study_id is None or wanted.study_id in share.study_ids)
        and (
            wanted.study_instance_uid is None
            or wanted.study_instance_uid in {study.study_instance_uid for study in share.studies}
        )
        and (wanted.opened is None or wanted.opened == (share.openings.count > 0))
    )


@dataclass
class MemorySessions:
    """SessionRepository; `finds` counts the look-ups."""

    store: MemoryStore
    finds: int = 0

    def start(self, session: Session, keep: int) -> None:
        alive = [s for s in self.store.sessions.values() if s.share_id == session.share_id and s.ended_at is None]
        alive.sort(key=lambda s: (s.created_at, s.seen_at), reverse=True)
        # Those whose pages were closed give way first.
        alive.sort(key=lambda s: s.alive_until is not None and s.alive_until <= session.created_at)
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

    def end(self, id_hash: str, now: int) -> bool:
        session = self.store.sessions.get(id_hash)
        if session is None or session.ended_at is not None:
            return False
        self.store.sessions[id_hash] = replace(session, ended_at=now)
        return True

    def over(self, now: int, limits: SessionLimits, limit: int) -> Sequence[tuple[Session, Share]]:
        found = [
            (session, self.store.shares[session.share_id])
            for session in self.store.sessions.values()
            if session.ended_at is None and session.end(now, limits) is not None
        ]
        return found[:limit]

    def purge(self, before: int) -> int:
        old = [s.id_hash for s in self.store.sessions.values() if s.ended_at is not None and s.ended_at < before]
        for id_hash in old:
            del self.store.sessions[id_hash]
        return len(old)


@dataclass
class MemoryPages:
    """PageRepository."""

    store: MemoryStore

    def of(self, id_hash: str) -> Sequence[OpenPage]:
        return [page for (session, _), page in self.store.pages.items() if session == id_hash]

    def put(self, id_hash: str, page: OpenPage) -> None:
        self.store.pages[id_hash, page.id] = page

    def remove(self, id_hash: str, page_ids: Sequence[str]) -> None:
        for page_id in page_ids:
            self.store.pages.pop((id_hash, page_id), None)

    def loading_until(self, id_hash: str) -> int:
        return self.store.loading.get(id_hash, 0)

    def wait_for(self, id_hash: str, until: int) -> bool:
        session = self.store.sessions.get(id_hash)
        if session is None or session.alive_until is None:
            return False
        self.store.loading[id_hash] = until
        return True

    def keep(self, id_hash: str, alive_until: int, loading_until: int) -> None:
        session = self.store.sessions.get(id_hash)
        if session is not None and session.ended_at is None:
            self.store.sessions[id_hash] = replace(session, alive_until=alive_until)
            self.store.loading[id_hash] = loading_until


@dataclass
class MemoryAttempts:
    """AttemptCounter by the rules of domain/throttle.py."""

    store: MemoryStore

    def reserve(self, key: str, client: Client, now: float) -> Attempt:
        names = buckets_of(client, (key, client.device) in self.store.devices)
        before = {name: self.store.attempts.get((key, name), Bucket()) for name in names}
        wait, after = count(before, now)
        if not wait:
            self.store.journal.append("reserve")
        self.store.attempts.update({(key, name): b for name, b in after.items() if b != Bucket()})
        return Attempt(wait, names)

    def cancel(self, key: str, attempt: Attempt) -> None:
        self.store.journal.append("cancel")
        self._take_back(key, attempt.buckets)

    def forgive(self, key: str, attempt: Attempt) -> None:
        self.store.journal.append("forgive")
        for name in attempt.buckets:
            if name == UNKNOWN_DEVICES:
                self._take_back(key, (name,))
            else:
                self.store.attempts.pop((key, name), None)

    def failures(self, share_id: str, now: float) -> int:
        mine = ((name, b) for (key, name), b in self.store.attempts.items() if key == share_id)
        return sum(b.failures for name, b in mine if name != UNKNOWN_DEVICES and b.last_at >= now - DAY)

    def purge(self, now: float) -> int:
        old = [k for k, b in self.store.attempts.items() if max(b.last_at, b.first_at) < now - 2 * DAY]
        for key in old:
            del self.store.attempts[key]
        return len(old)

    def counted(self, share_id: str, name: str) -> int:
        """How many failures one bucket holds."""
        return self.store.attempts.get((share_id, name), Bucket()).failures

    def _take_back(self, key: str, names: tuple[str, ...]) -> None:
        for name in names:
            if (key, name) in self.store.attempts:
                self.store.attempts[key, name] = taken_back(self.store.attempts[key, name])


@dataclass
class MemoryDevices:
    """DeviceRepository."""

    store: MemoryStore

    def is_known(self, device: str) -> bool:
        return any(known == device for _, known in self.store.devices)

    def remember(self, share_id: str, device: str, now: int) -> None:
        created_at, _ = self.store.devices.get((share_id, device), (now, now))
        self.store.devices[share_id, device] = (created_at, now)
        mine = [key for key in self.store.devices if key[0] == share_id and key[1] != device]
        mine.sort(key=lambda key: (-self.store.devices[key][1], -self.store.devices[key][0], key[1]))
        for key in mine[19:]:
            del self.store.devices[key]

    def forget(self, share_id: str) -> None:
        for key in [key for key in self.store.devices if key[0] == share_id]:
            del self.store.devices[key]


@dataclass
class MemoryRequests:
    """RequestRepository."""

    store: MemoryStore

    def find(self, keys: Sequence[str]) -> KnownRequest | None:
        return next((self.store.requests[key][0] for key in keys if key in self.store.requests), None)

    def add(self, request: KnownRequest, now: int) -> bool:
        if request.key in self.store.requests:
            return False
        self.store.requests[request.key] = (request, now)
        return True

    def purge(self, before: int) -> int:
        old = [key for key, (_, at) in self.store.requests.items() if at < before]
        for key in old:
            del self.store.requests[key]
        return len(old)
