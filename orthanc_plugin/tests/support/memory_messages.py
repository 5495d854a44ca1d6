"""Messages of the contact page, in memory; the real ones are tested in adapters/test_messages.py."""

from __future__ import annotations

from dataclasses import dataclass, field

from orthanc_plugin.domain.contact import ContactMessage


@dataclass
class MemoryMessages:
    """MessageBox; each entry holds when it came, when it is tried next, how often it was, and the message."""

    entries: dict[str, tuple[int, int, int, ContactMessage]] = field(default_factory=dict)

    def add(self, message_id: str, message: ContactMessage, now: int) -> None:
        self.entries[message_id] = (now, now, 0, message)

    def waiting(self) -> int:
        return len(self.entries)

    def due(self, now: int) -> tuple[str, ContactMessage, int] | None:
        found = sorted((next_at, key) for key, (_, next_at, _, _) in self.entries.items() if next_at <= now)
        if not found:
            return None
        _, _, attempts, message = self.entries[found[0][1]]
        return found[0][1], message, attempts

    def postpone(self, message_id: str, attempts: int, next_at: int) -> None:
        came, _, _, message = self.entries[message_id]
        self.entries[message_id] = (came, next_at, attempts, message)

    def remove(self, message_id: str) -> None:
        self.entries.pop(message_id, None)

    def purge(self, before: int) -> int:
        old = [key for key, (came, *_) in self.entries.items() if came < before]
        for key in old:
            del self.entries[key]
        return len(old)
