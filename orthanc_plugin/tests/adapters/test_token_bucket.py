from __future__ import annotations

from orthanc_plugin.adapters.token_bucket import TokenBucket


def test_a_burst_then_a_steady_trickle() -> None:
    now = [100.0]
    bucket = TokenBucket(2, 10, lambda: now[0])
    assert [bucket.take() for _ in range(11)] == [True] * 10 + [False]
    now[0] += 0.4
    assert not bucket.take()
    now[0] += 0.1
    assert bucket.take()
    assert not bucket.take()
    now[0] += 1.0
    assert [bucket.take() for _ in range(3)] == [True, True, False]


def test_a_quiet_while_fills_it_no_further_than_the_burst() -> None:
    now = [0.0]
    bucket = TokenBucket(2, 3, lambda: now[0])
    now[0] += 1e6
    assert [bucket.take() for _ in range(4)] == [True] * 3 + [False]
