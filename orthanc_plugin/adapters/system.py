"""The system's clock and random numbers."""

from __future__ import annotations

import secrets
import time


class SystemClock:
    """Clock on the system's time."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return time.time()


class SystemEntropy:
    """Entropy from the operating system."""

    def bits(self, count: int) -> int:
        """A number of `count` random bits."""
        return secrets.randbits(count)
