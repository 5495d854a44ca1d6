"""A browser session of a recipient (OWASP Session Management: random identifier, idle and absolute limits)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# Seconds by which two clocks, or one clock before and after a correction, may differ.
CLOCK_TOLERANCE = 60


class SessionEnd(StrEnum):
    """Why a session is over: ended by somebody, at one of its limits, or since no page of it is open any more."""

    ENDED = "ended"
    ABSOLUTE = "absolute"
    IDLE = "idle"
    CLOSED = "closed"


@dataclass(frozen=True)
class SessionLimits:
    """How long a session lives, in seconds, and how many a share may have at once."""

    idle: int
    absolute: int
    per_share: int = 3


@dataclass(frozen=True)
class Session:
    """A session as the store keeps it: `id_hash` is SHA-256 of the identifier that only the browser knows.

    Times are seconds since 1970-01-01 UTC.
    """

    id_hash: str
    share_id: str
    created_at: int
    seen_at: int
    ended_at: int | None = None
    # The password that opened it, as Share.issue counts them.
    issue: int = 1
    # Until when its open pages keep it alive (domain/lease.py); None where it is not under leases.
    alive_until: int | None = None

    def alive(self, now: float, limits: SessionLimits) -> bool:
        """Whether the session still stands for somebody at `now`."""
        return self.end(now, limits) is None

    def end(self, now: float, limits: SessionLimits) -> SessionEnd | None:
        """Why the session is over; None while it is not.

        One that was made while the clock was ahead ends when it is set right, or it would outlive its limits.
        """
        if self.ended_at is not None:
            return SessionEnd.ENDED
        if now >= self.created_at + limits.absolute or self.created_at > now + CLOCK_TOLERANCE:
            return SessionEnd.ABSOLUTE
        if now >= self.seen_at + limits.idle:
            return SessionEnd.IDLE
        if self.alive_until is not None and now >= self.alive_until:
            return SessionEnd.CLOSED
        return None
