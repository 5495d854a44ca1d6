"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def at(year: int, month: int, day: int, hour: int = 12, minute: int = 0, zone: ZoneInfo = BERLIN) -> float:
    """A moment as seconds since 1970."""
    return datetime(year, month, day, hour, minute, tzinfo=zone).timestamp()


NOON = at(2026, 6, 10)


class MovableClock:
    """Clock for tests: noon in Berlin on a day in June."""

    def __init__(self, now: float = NOON) -> None:
        self.time = now

    def now(self) -> float:
        return self.time

    def advance(self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        self.time += seconds + 60 * minutes + 3600 * hours + 86400 * days
