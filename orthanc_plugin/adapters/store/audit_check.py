"""Verification of the audit log: every entry, in order, against its seal and the one before."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, select

from ...domain.errors import Unavailable
from ...ports import AuditMark, Verification
from .audit_seal import NOTHING, Sealer, is_entry_sealed, is_sealed
from .schema import audit, audit_state

_ROWS_AT_ONCE = 1000


class _Broken(Exception):
    def __init__(self, seq: int | None, reason: str) -> None:
        super().__init__()
        self.seq = seq
        self.reason = reason


def verify(engine: Engine, sealer: Sealer, expected: AuditMark | None) -> Verification:
    """Look at every entry; `expected` is a mark noted elsewhere, which the log must still hold."""
    check = _Check(sealer, expected)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        try:
            check.run(connection)
        except _Broken as found:
            return Verification(False, check.entries, check.head, found.seq, found.reason)
    return Verification(True, check.entries, check.head)


class _Check:
    def __init__(self, sealer: Sealer, expected: AuditMark | None) -> None:
        self.sealer = sealer
        self.expected = expected
        self.entries = 0
        self.head = NOTHING
        self._last = NOTHING
        self._key_version = 0

    def run(self, connection: Connection) -> None:
        states = {row.name: row for row in connection.execute(select(audit_state))}
        self.head = self._mark(states.get("head"))
        self._last = self._mark(states.get("base"))
        base = self._last.seq
        if "base" not in states or not is_sealed(self.sealer, states["base"]):
            raise _Broken(base + 1, "cannot be told: the base of the log is not as it was written")
        self._compare(self._last)
        query = select(audit).order_by(audit.c.seq).execution_options(yield_per=_ROWS_AT_ONCE)
        try:
            for row in connection.execute(query):
                self._entry(row)
        except Unavailable:
            raise _Broken(self._last.seq + 1, "cannot be read") from None
        if "head" not in states or not is_sealed(self.sealer, states["head"]):
            raise _Broken(self._last.seq + 1, "cannot be told: the head of the log is not as it was written")
        if len(states) != 2:
            raise _Broken(self._last.seq + 1, "cannot be told: the state of the log has a row too many")
        if self._last.seq < self.head.seq:
            raise _Broken(self._last.seq + 1, "is missing, as is every entry after it")
        if self._last != self.head:
            raise _Broken(self.head.seq + 1, "was not written by the product")
        if self.head.seq == 0:
            raise _Broken(1, "is missing: each start of the product writes one")
        if self.expected is not None and self.expected.seq < base:
            raise _Broken(None, f"Entry {self.expected.seq} has been removed by retention: compare a newer mark.")
        if self.expected is not None and self.expected.seq > self._last.seq:
            raise _Broken(self._last.seq + 1, "is missing: the log ends before the mark, the store was set back")

    def _mark(self, row: Any) -> AuditMark:
        if row is None or not isinstance(row.seq, int) or not isinstance(row.mac, str):
            return NOTHING
        return AuditMark(row.seq, row.mac)

    def _entry(self, row: Any) -> None:
        number = self._last.seq + 1
        if not isinstance(row.seq, int) or row.seq < number:
            raise _Broken(number, "is none that the product wrote")
        if row.seq > number:
            raise _Broken(number, "is missing")
        if row.previous != self._last.mac:
            raise _Broken(number, "does not follow the entry before it")
        if not is_entry_sealed(self.sealer, row):
            raise _Broken(number, "was changed, or its key is not in the key file")
        if row.key_version < self._key_version:
            raise _Broken(number, "is sealed with an older key than the entry before it")
        self._key_version = row.key_version
        self._last = AuditMark(row.seq, row.mac)
        self.entries += 1
        self._compare(self._last)

    def _compare(self, mark: AuditMark) -> None:
        if self.expected is not None and self.expected.seq == mark.seq and self.expected.mac != mark.mac:
            raise _Broken(mark.seq, "is not the one that was noted: the log was written anew")
