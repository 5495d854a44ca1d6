"""How many logins failed with a code that no share has, for one security alert a minute instead of one each."""

from __future__ import annotations

import threading


class LoginFailures:
    """A counter for many threads."""

    def __init__(self) -> None:
        self._count = 0
        self._lock = threading.Lock()

    def add(self) -> None:
        """One failure more."""
        with self._lock:
            self._count += 1

    def take(self) -> int:
        """The failures since it was last asked."""
        with self._lock:
            count, self._count = self._count, 0
        return count
