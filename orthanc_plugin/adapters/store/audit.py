"""The audit log in the store: entries that are only ever appended, each sealed together with the one before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from ...domain.audit import AuditEvent
from ...domain.audit_terms import KINDS
from ...domain.errors import InvalidInput, Unavailable
from ...ports import AuditEntry, AuditFilter, AuditMark, AuditPage, Verification
from . import audit_check
from .audit_seal import NOTHING, Sealer, content, is_sealed, state_content
from .database import reading, transaction
from .schema import audit, audit_state

# Removing holds the store's write lock.
_REMOVED_AT_ONCE = 10_000
_LONGEST_CURSOR = 18


class BrokenLog(Unavailable):
    """The state of the log is not what was written: to go on would seal somebody's change."""


@dataclass(frozen=True)
class SqlAudit:
    """AuditLog, AuditReader and AuditRetention on SQLAlchemy."""

    engine: Engine
    sealer: Sealer

    def append(self, event: AuditEvent) -> None:
        """Write one event, durably; raises Unavailable, of which BrokenLog is one."""
        with transaction(self.engine) as connection:
            head = self._state(connection, "head")
            if head == NOTHING:
                self._move(connection, "base", NOTHING)
            # Another instance may have taken up a new key a moment earlier: the log never goes back to an older one.
            version = max(self.sealer.newest, self._version(connection))
            row = _row(event, head) | {"key_version": version}
            row["mac"] = self.sealer.seal(version, content(row))
            connection.execute(insert(audit).values(row))
            self._move(connection, "head", AuditMark(row["seq"], row["mac"]))

    def _version(self, connection: Connection) -> int:
        found = connection.execute(select(audit_state.c.key_version).where(audit_state.c.name == "head")).scalar()
        return int(found or 0)

    def page(self, wanted: AuditFilter, limit: int, cursor: str | None, oldest_first: bool = False) -> AuditPage:
        """Newest first unless told otherwise; the cursor is the number of the last entry of the page before."""
        query = select(audit).order_by(audit.c.seq if oldest_first else audit.c.seq.desc()).limit(limit + 1)
        query = query.where(*_conditions(wanted))
        if cursor is not None:
            place = _place(cursor)
            query = query.where(audit.c.seq > place if oldest_first else audit.c.seq < place)
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
        found = tuple(_entry(row) for row in rows[:limit])
        return AuditPage(found, str(found[-1].seq) if len(rows) > limit else None)

    def head(self) -> AuditMark:
        """The newest entry; raises BrokenLog where somebody else has written it."""
        with reading(self.engine) as connection:
            return self._state(connection, "head")

    def verify(self, expected: AuditMark | None = None) -> Verification:
        """Look at every entry, in one snapshot of the store and with little memory."""
        return audit_check.verify(self.engine, self.sealer, expected)

    def purge(self, before: int) -> AuditMark | None:
        """Move the base, which alone lets the triggers pass, and remove what lies at or below it."""
        with transaction(self.engine) as connection:
            head, base = self._state(connection, "head"), self._state(connection, "base")
            kept = connection.execute(select(func.min(audit.c.seq)).where(audit.c.at >= before)).scalar()
            last = min(head.seq if kept is None else kept - 1, base.seq + _REMOVED_AT_ONCE)
            if last <= base.seq:
                return None
            mac = connection.execute(select(audit.c.mac).where(audit.c.seq == last)).scalar()
            if mac is None:
                raise BrokenLog
            self._move(connection, "base", AuditMark(last, mac))
            connection.execute(delete(audit).where(audit.c.seq <= last))
        return AuditMark(last, mac)

    def _state(self, connection: Connection, name: str) -> AuditMark:
        # Locked on PostgreSQL: two instances append one after the other.
        query = select(audit_state).where(audit_state.c.name == name).with_for_update()
        row = connection.execute(query).one_or_none()
        if row is None or not is_sealed(self.sealer, row):
            raise BrokenLog
        return AuditMark(row.seq, row.mac)

    def _move(self, connection: Connection, name: str, mark: AuditMark) -> None:
        version = self.sealer.newest
        row = {"name": name, "seq": mark.seq, "mac": mark.mac, "key_version": version}
        seal = self.sealer.seal(version, state_content(row))
        connection.execute(update(audit_state).where(audit_state.c.name == name).values(**row, seal=seal))


def _row(event: AuditEvent, head: AuditMark) -> dict[str, Any]:
    return {
        "seq": head.seq + 1,
        "at": event.at,
        "event": KINDS[event.action].event.value,
        "action": event.action.value,
        "outcome": int(event.outcome),
        "who": event.who.text,
        "share_id": event.share_id,
        "studies": "".join(f" {uid} " for uid in event.study_instance_uids),
        "entry": event.canonical(),
        "previous": head.mac,
    }


def _entry(row: Any) -> AuditEntry:
    return AuditEntry(row.seq, row.entry, row.key_version, row.previous, row.mac)


def _place(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= _LONGEST_CURSOR):
        raise InvalidInput("cursor", "must be the next_cursor of the page before")
    return int(cursor)


def _conditions(wanted: AuditFilter) -> list[Any]:
    exact = {
        audit.c.share_id: wanted.share_id,
        audit.c.action: wanted.action and wanted.action.value,
        audit.c.event: wanted.event,
        audit.c.who: wanted.who,
        audit.c.outcome: None if wanted.outcome is None else int(wanted.outcome),
    }
    conditions: list[Any] = [column == value for column, value in exact.items() if value is not None]
    if wanted.study_instance_uid is not None:
        conditions.append(audit.c.studies.contains(f" {wanted.study_instance_uid} ", autoescape=True))
    if wanted.since is not None:
        conditions.append(audit.c.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(audit.c.at < wanted.until)
    return conditions
