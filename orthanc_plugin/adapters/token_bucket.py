"""A budget that fills up again with time."""

from __future__ import annotations

import threading
from collections.abc import Callable


class TokenBucket:
    """At most `burst` at once and `per_second` in the long run, for many threads."""

    def __init__(self, per_second: float, burst: float, monotonic: Callable[[], float]) -> None:
        self._per_second = per_second
        self._burst = burst
        self._monotonic = monotonic
        self._left = burst
        self._filled_at = monotonic()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether there was one left; it is gone then."""
        with self._lock:
            now = self._monotonic()
            self._left = min(self._burst, self._left + (now - self._filled_at) * self._per_second)
            self._filled_at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True
