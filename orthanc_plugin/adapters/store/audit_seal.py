"""What the seals of the audit log cover."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from ...ports import AuditMark
from .schema import audit, audit_state

# The state of a log in which nothing has been written.
NOTHING = AuditMark(0, "0" * 64)


class Sealer(Protocol):
    """Seals entries with keys that lie outside the database."""

    @property
    def newest(self) -> int:
        """Version of the key that is used for everything new."""
        ...

    def seal(self, version: int, data: bytes) -> str:
        """HMAC-SHA-256, hexadecimal."""
        ...

    def sealed(self, version: int, data: bytes, seal: str) -> bool:
        """Whether this seal was made from these data; False also where the key is gone."""
        ...


def content(row: Mapping[str, Any]) -> bytes:
    """What the seal of an entry covers: every column but the seal, in the order of the table."""
    return _joined("audit", [row[column.name] for column in audit.c if column.name != "mac"])


def state_content(row: Mapping[str, Any]) -> bytes:
    """The same for a row of audit_state."""
    return _joined("audit_state", [row[column.name] for column in audit_state.c if column.name != "seal"])


def is_sealed(sealer: Sealer, row: Any) -> bool:
    """Whether a row of audit_state is as it was written; the migration, which has no key, wrote an empty one."""
    if (row.seq, row.mac, row.key_version, row.seal) == (NOTHING.seq, NOTHING.mac, 0, ""):
        return True
    return _matches(sealer, row.key_version, state_content(row._mapping), row.seal)


def is_entry_sealed(sealer: Sealer, row: Any) -> bool:
    """Whether a row of audit is as it was written."""
    return _matches(sealer, row.key_version, content(row._mapping), row.mac)


def _matches(sealer: Sealer, version: object, data: bytes, seal: object) -> bool:
    # SQLite keeps values of any type in any column, and text that is not ASCII has no place in a seal.
    if not (isinstance(version, int) and isinstance(seal, str) and seal.isascii()):
        return False
    return sealer.sealed(version, data, seal)


def _joined(table: str, values: list[Any]) -> bytes:
    return json.dumps([table, *values], ensure_ascii=True, separators=(",", ":"), default=repr).encode("ascii")
