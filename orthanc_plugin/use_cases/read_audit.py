"""Read, export and verify the audit log; whoever does so stands in the log as well."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ..domain.audit import Who
from ..domain.audit_terms import Action, Outcome
from ..domain.share import Share
from ..ports import AuditEntry, AuditFilter, AuditMark, AuditPage, AuditReader, Verification
from .record_event import RecordEvent

_OPENINGS = 100


@dataclass(frozen=True)
class Opening:
    """A successful login: `at` is seconds since 1970-01-01 UTC, `device` and `session` as AuditEvent has them."""

    at: int
    device: str
    session: str


@dataclass(frozen=True)
class ReadAudit:
    """What staff, and a recipient for the own share, may know of the log."""

    reader: AuditReader
    record: RecordEvent

    def page(self, user: str, wanted: AuditFilter, limit: int, cursor: str | None) -> AuditPage:
        """Entries, newest first; raises InvalidInput or Unavailable."""
        self._note(Action.AUDIT_READ, user, "entries", wanted)
        return self.reader.page(wanted, limit, cursor)

    def export(self, user: str, wanted: AuditFilter, limit: int, cursor: str | None) -> AuditPage:
        """Entries, oldest first; raises InvalidInput or Unavailable."""
        self._note(Action.AUDIT_EXPORTED, user, "entries", wanted)
        return self.reader.page(wanted, limit, cursor, oldest_first=True)

    def verify(self, user: str, expected: AuditMark | None) -> Verification:
        """Look at every entry; raises Unavailable."""
        self._note(Action.AUDIT_READ, user, "verification", AuditFilter())
        return self.reader.verify(expected)

    def openings(self, share: Share) -> tuple[Opening, ...]:
        """The latest logins to this share, newest first."""
        wanted = AuditFilter(share_id=share.id, action=Action.LOGIN, outcome=Outcome.SUCCESS)
        return tuple(_opening(json.loads(entry.text)) for entry in self.reader.page(wanted, _OPENINGS, None).entries)

    def _note(self, action: Action, user: str, what: str, wanted: AuditFilter) -> None:
        filters = ",".join(name for name, value in vars(wanted).items() if value is not None)
        self.record(action, Who.staff(user), what=what, filters=filters or "none")


def exported_line(entry: AuditEntry) -> str:
    """An entry as a line of JSON; `entry` in it is exactly the text that was sealed."""
    rest = {"key_version": entry.key_version, "mac": entry.mac, "previous": entry.previous, "seq": entry.seq}
    return f'{{"entry":{entry.text},{json.dumps(rest, separators=(",", ":"))[1:]}\n'


def _opening(entry: dict[str, Any]) -> Opening:
    return Opening(entry["at"], str(entry["detail"].get("device", "")), str(entry["detail"].get("session", "")))
