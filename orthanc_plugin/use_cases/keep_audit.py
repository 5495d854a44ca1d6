"""Keep the audit log for as long as the practice wants it, and no longer."""

from __future__ import annotations

from dataclasses import dataclass

from ..domain.audit import SYSTEM
from ..domain.audit_terms import Action
from ..ports import AuditReader, AuditRetention, Clock, Transaction
from .record_event import RecordEvent

_DAY = 24 * 3600


@dataclass(frozen=True)
class KeepAudit:
    """What maintenance does with the log."""

    retention: AuditRetention
    reader: AuditReader
    record: RecordEvent
    transaction: Transaction
    clock: Clock
    days: int

    def purge(self) -> bool:
        """Remove a bounded number of entries that are old enough; True where more may be left. Raises Unavailable."""
        with self.transaction():
            last = self.retention.purge(int(self.clock.now()) - self.days * _DAY)
            if last is None:
                return False
            self.record(Action.PURGED, SYSTEM, what="audit", up_to=last.seq)
        return True

    def head_line(self) -> str:
        """A line for Orthanc's log, once a day: `patient-share audit verify --expect` compares the mark later.

        Raises Unavailable.
        """
        return f"audit log ends with entry {self.reader.head()}"
