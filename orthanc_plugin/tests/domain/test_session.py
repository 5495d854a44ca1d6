from __future__ import annotations

import pytest

from orthanc_plugin.domain.session import Session, SessionLimits

LIMITS = SessionLimits(idle=900, absolute=14400)


@pytest.mark.parametrize(
    ("seen_at", "ended_at", "now", "alive"),
    [
        (1000, None, 1000, True),
        (1000, None, 1899.9, True),
        (1000, None, 1900, False),
        (15000, None, 15399.9, True),
        (15300, None, 15400, False),
        (1000, 1100, 1050, False),
        (1000, 0, 1050, False),
    ],
)
def test_a_session_lives_until_it_ends_idles_or_grows_old(
    seen_at: int, ended_at: int | None, now: float, alive: bool
) -> None:
    assert Session("hash", "share", 1000, seen_at, ended_at).alive(now, LIMITS) is alive


def test_three_sessions_a_share_are_the_rule() -> None:
    assert LIMITS.per_share == 3
