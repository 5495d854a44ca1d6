"""The part of the outbox that staff see, in memory; the real one is tested in adapters/test_outbox.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from orthanc_plugin.domain.outbox import REPEATABLE, Delivery, MailState, OutboxEntry
from orthanc_plugin.ports import ClaimedMail


@dataclass
class MemoryOutbox:
    """Outbox; nothing is ever due."""

    entries: dict[str, tuple[OutboxEntry, str, bytes]] = field(default_factory=dict)

    def add(self, entry: OutboxEntry, address: str, message: bytes, for_expiry: int | None = None) -> bool:
        self.entries[entry.id] = (entry, address, message)
        return True

    def get(self, entry_id: str) -> OutboxEntry | None:
        found = self.entries.get(entry_id)
        return found and found[0]

    def of_share(self, share_id: str) -> Sequence[tuple[OutboxEntry, str]]:
        found = [(entry, address) for entry, address, _ in self.entries.values() if entry.share_id == share_id]
        return found[::-1]

    def newest_states(self, share_ids: Sequence[str]) -> Mapping[str, str]:
        return {entry.share_id: entry.state.value for entry, _, _ in self.entries.values()}

    def retry(self, entry_id: str, now: int) -> bool:
        return self._change(entry_id, MailState.WAITING, REPEATABLE)

    def cancel(self, entry_id: str, now: int) -> bool:
        return self._change(entry_id, MailState.CANCELLED, {MailState.WAITING, *REPEATABLE})

    def mark(self, entry_id: str, state: MailState) -> None:
        self._change(entry_id, state, set(MailState))

    def _change(self, entry_id: str, state: MailState, before: set[MailState] | frozenset[MailState]) -> bool:
        entry, address, message = self.entries[entry_id]
        if entry.state not in before:
            return False
        self.entries[entry_id] = (replace(entry, state=state), address, message)
        return True

    def claim(self, now: int, lease: int, events: bool = False) -> ClaimedMail | None:
        raise NotImplementedError

    def remove(self, mail: ClaimedMail) -> bool:
        raise NotImplementedError

    def begin(self, mail: ClaimedMail, now: int, lease: int) -> bool:
        raise NotImplementedError

    def settle(self, mail: ClaimedMail, delivery: Delivery, now: int, next_at: int) -> bool:
        raise NotImplementedError

    def sweep(self, now: int, keep: int) -> Sequence[OutboxEntry]:
        raise NotImplementedError

    def to_notify(self, now: int, until: int) -> Sequence[tuple[str, str]]:
        raise NotImplementedError

    def to_tell_of_reports(self, now: int) -> Sequence[tuple[str, str]]:
        raise NotImplementedError
