"""A browser session of a recipient (OWASP Session Management: random identifier, idle and absolute limits)."""

from __future__ import annotations

from dataclasses import dataclass

# Seconds by which two clocks, or one clock before and after a correction, may differ.
CLOCK_TOLERANCE = 60


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

    def alive(self, now: float, limits: SessionLimits) -> bool:
        """Whether the session still stands for somebody at `now`.

        One that was made while the clock was ahead ends when it is set right, or it would outlive its limits.
        """
        if self.created_at > now + CLOCK_TOLERANCE:
            return False
        return self.ended_at is None and now < self.seen_at + limits.idle and now < self.created_at + limits.absolute
