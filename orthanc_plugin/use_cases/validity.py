"""Until when a share is valid: people think in days, so a share ends with a day of the practice's own calendar."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def end_of_day(now: float, days: int, zone: ZoneInfo) -> int:
    """The moment (seconds since 1970) at which the day `days` days after today ends in `zone`."""
    last_day = datetime.fromtimestamp(now, zone).date() + timedelta(days=days)
    return int(datetime.combine(last_day + timedelta(days=1), time.min, zone).timestamp())


def last_valid_day(expires_at: int, zone: ZoneInfo) -> date:
    """The last day on which a share that ends at `expires_at` can be opened."""
    return datetime.fromtimestamp(expires_at - 1, zone).date()
