from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.use_cases.validity import end_of_day, last_valid_day

from ..support.clock import BERLIN, at


def utc(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("now", "days", "end"),
    [
        (at(2026, 6, 10), 1, utc(2026, 6, 11, 22)),
        (at(2026, 6, 10, 0, 0), 1, utc(2026, 6, 11, 22)),
        (at(2026, 6, 10, 23, 59), 1, utc(2026, 6, 11, 22)),
        (at(2026, 1, 10), 30, utc(2026, 2, 9, 23)),
        # 29 March 2026: clocks go forward in the night to this day, 25 October: back.
        (at(2026, 3, 28), 1, utc(2026, 3, 29, 22)),
        (at(2026, 3, 27), 1, utc(2026, 3, 28, 23)),
        (at(2026, 3, 1), 30, utc(2026, 3, 31, 22)),
        (at(2026, 10, 24), 1, utc(2026, 10, 25, 23)),
        (at(2026, 10, 23), 1, utc(2026, 10, 24, 22)),
        (at(2026, 10, 1), 30, utc(2026, 10, 31, 23)),
        (at(2026, 12, 31), 1, utc(2027, 1, 1, 23)),
        (at(2028, 2, 28), 1, utc(2028, 2, 29, 23)),
        (at(2026, 6, 10), 365, utc(2027, 6, 10, 22)),
    ],
)
def test_a_share_ends_with_a_day_of_the_practices_calendar(now: float, days: int, end: float) -> None:
    assert end_of_day(now, days, BERLIN) == end


def test_today_is_what_the_practices_calendar_says_and_not_the_servers() -> None:
    late_in_utc = utc(2026, 6, 10, 22, 30)
    assert last_valid_day(end_of_day(late_in_utc, 1, BERLIN), BERLIN) == date(2026, 6, 12)


@given(st.integers(1_600_000_000, 2_400_000_000), st.integers(1, 365))
def test_the_last_valid_day_is_as_many_days_after_today_as_was_asked_for(now: int, days: int) -> None:
    today = datetime.fromtimestamp(now, BERLIN).date()
    end = end_of_day(now, days, BERLIN)
    assert (last_valid_day(end, BERLIN) - today).days == days
    assert datetime.fromtimestamp(end, BERLIN).strftime("%H:%M:%S") == "00:00:00"
    assert datetime.fromtimestamp(end - 1, BERLIN).date() == last_valid_day(end, BERLIN)
