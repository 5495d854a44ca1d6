"""What a backup does not know: which shares were closed after it was made. Only the audit log says so."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, update

from ...domain.audit_terms import Action
from ...ports import AuditMark
from .audit_seal import Sealer, content
from .database import transaction
from .schema import shares

# Whoever holds the old password after a new one was issued must not get in again.
_CLOSING = {Action.SHARE_REVOKED.value, Action.SHARE_DELETED.value, Action.PASSWORD_REISSUED.value}


class UnusableLog(Exception):
    """The exported log does not go on from the backup, or was changed; says why, for the administrator."""


@dataclass(frozen=True)
class Replayed:
    """What was done: shares revoked and paused, and objections that have to be registered once more by hand."""

    revoked: int
    paused: int
    objections: int


def replay(engine: Engine, sealer: Sealer, head: AuditMark, lines: Iterable[str]) -> Replayed:
    """Close what was closed after `head`, the newest entry of the backup; raises UnusableLog or Unavailable."""
    closed: dict[str, int] = {}
    paused: dict[str, int | None] = {}
    objections = 0
    for entry in _after(head, sealer, lines):
        action, share_id = entry["action"], entry["share_id"]
        if action in _CLOSING and share_id:
            closed.setdefault(share_id, entry["at"])
        elif action == Action.SHARE_PAUSED.value and share_id:
            paused[share_id] = entry["at"]
        elif action == Action.SHARE_RESUMED.value and share_id:
            paused[share_id] = None
        objections += action == Action.OBJECTION_RECORDED.value
    with transaction(engine) as connection:
        revoked = sum(_set(connection, share_id, revoked_at=at) for share_id, at in closed.items())
        stopped = sum(_set(connection, share_id, paused_at=at) for share_id, at in paused.items())
    return Replayed(revoked, stopped, objections)


def pause_all(engine: Engine, now: int) -> int:
    """Where nothing tells what was closed since: close everything for the time being. Answers how many."""
    with transaction(engine) as connection:
        still = (shares.c.revoked_at.is_(None), shares.c.paused_at.is_(None), shares.c.expires_at > now)
        return connection.execute(update(shares).where(*still).values(paused_at=now)).rowcount


def _set(connection: Connection, share_id: str, **moment: int | None) -> int:
    """Change a share that is not revoked; answers how many there were."""
    here = (shares.c.id == share_id, shares.c.revoked_at.is_(None))
    return connection.execute(update(shares).where(*here).values(moment)).rowcount


def _after(head: AuditMark, sealer: Sealer, lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    last, seen = head, head.seq == 0
    for line in lines:
        row, entry = _row(line)
        if row["seq"] < head.seq:
            continue
        if row["seq"] == head.seq:
            if row["mac"] != head.mac:
                raise UnusableLog("The log is not the one that goes on from this backup.")
            seen = True
            continue
        intact = row["seq"] == last.seq + 1 and row["previous"] == last.mac
        if not (intact and sealer.sealed(row["key_version"], content(row), row["mac"])):
            raise UnusableLog(f"The log is not whole: entry {last.seq + 1} is missing, or not as it was written.")
        last = AuditMark(row["seq"], row["mac"])
        yield entry
    if not seen and last == head:
        raise UnusableLog("The log ends before this backup was made.")


def _row(line: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        found = json.loads(line)
        entry = found["entry"]
        row = {
            "seq": found["seq"],
            "at": entry["at"],
            "event": entry["event"]["code"],
            "action": entry["action"],
            "outcome": entry["outcome"],
            "who": entry["who"],
            "share_id": entry["share_id"],
            "studies": "".join(f" {uid} " for uid in entry["studies"]),
            # AuditEvent.canonical().
            "entry": json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=True),
            "previous": found["previous"],
            "key_version": found["key_version"],
            "mac": found["mac"],
        }
    except (ValueError, KeyError, TypeError) as fault:
        raise UnusableLog("It is not a log that `patient-share audit export` has written.") from fault
    return row, entry
