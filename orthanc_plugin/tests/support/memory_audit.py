"""The audit log in memory: entries without seals. tests/contract holds its pages against the real one."""

from __future__ import annotations

from dataclasses import dataclass

from orthanc_plugin.domain.audit import AuditEvent
from orthanc_plugin.domain.audit_terms import KINDS
from orthanc_plugin.domain.errors import InvalidInput, Unavailable
from orthanc_plugin.ports import AuditEntry, AuditFilter, AuditMark, AuditPage, Verification

from .memory_store import MemoryStore


@dataclass
class MemoryAudit:
    """AuditLog and AuditReader; `broken` refuses what a full disk would refuse."""

    store: MemoryStore
    broken: bool = False

    def append(self, event: AuditEvent) -> None:
        if self.broken:
            raise Unavailable
        self.store.events.append(event)

    def page(self, wanted: AuditFilter, limit: int, cursor: str | None, oldest_first: bool = False) -> AuditPage:
        found = [(seq, event) for seq, event in enumerate(self.store.events, start=1) if _fits(event, wanted)]
        if not oldest_first:
            found.reverse()
        if cursor is not None:
            if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
                raise InvalidInput("cursor", "must be the next_cursor of the page before")
            found = [(s, e) for s, e in found if (s > int(cursor) if oldest_first else s < int(cursor))]
        entries = tuple(_entry(seq, event) for seq, event in found[:limit])
        return AuditPage(entries, str(entries[-1].seq) if len(found) > limit else None)

    def head(self) -> AuditMark:
        return AuditMark(len(self.store.events), f"{len(self.store.events):064x}")

    def verify(self, expected: AuditMark | None = None) -> Verification:
        intact = expected is None or (expected.seq <= self.head().seq and expected.mac == f"{expected.seq:064x}")
        return Verification(intact, self.head().seq, self.head(), None if intact else 1)


def _entry(seq: int, event: AuditEvent) -> AuditEntry:
    return AuditEntry(seq, event.canonical(), 1, f"{seq - 1:064x}", f"{seq:064x}")


def _fits(event: AuditEvent, wanted: AuditFilter) -> bool:
    return (
        wanted.share_id in (None, event.share_id)
        and (wanted.study_instance_uid is None or wanted.study_instance_uid in event.study_instance_uids)
        and wanted.action in (None, event.action)
        and wanted.event in (None, KINDS[event.action].event.value)
        and wanted.who in (None, event.who.text)
        and wanted.outcome in (None, event.outcome)
        and (wanted.since is None or event.at >= wanted.since)
        and (wanted.until is None or event.at < wanted.until)
    )
