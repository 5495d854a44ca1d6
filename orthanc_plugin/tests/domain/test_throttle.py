from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.domain.throttle import (
    ALL_UNKNOWN_DEVICES,
    DAY,
    ONE_CLIENT,
    UNKNOWN_DEVICES,
    Bucket,
    Client,
    Rule,
    buckets_of,
    count,
    rule_of,
    taken_back,
)

T = 1_700_000_000
RULES = st.sampled_from([ONE_CLIENT, ALL_UNKNOWN_DEVICES])
MOMENTS = st.floats(1e9, 2e9)


def after(rule: Rule, failures: int, now: float = T) -> Bucket:
    """A bucket with failures that all happened at once."""
    bucket = Bucket()
    for _ in range(failures):
        bucket = rule.failed(rule.current(bucket, now), now)
    return bucket


def test_the_waits_of_one_client() -> None:
    assert [ONE_CLIENT.wait_after(n) for n in range(14)] == [
        0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600,
    ]  # fmt: skip
    assert ONE_CLIENT.wait_after(10**6) == 3600


def test_the_waits_of_all_unknown_devices_together() -> None:
    assert [ALL_UNKNOWN_DEVICES.wait_after(n) for n in (0, 1, 19, 20, 21, 1000)] == [0, 0, 0, 900, 900, 900]


def test_names_choose_the_rule() -> None:
    assert rule_of(UNKNOWN_DEVICES) is ALL_UNKNOWN_DEVICES
    assert rule_of("a" * 64) is ONE_CLIENT
    assert buckets_of(Client("address", "device"), device_known=True) == ("device",)
    assert buckets_of(Client("address", "device"), device_known=False) == ("address", UNKNOWN_DEVICES)


def test_a_failure_is_noted_with_its_time() -> None:
    first = ONE_CLIENT.failed(Bucket(), T - 0.5)
    assert first == Bucket(1, T, T, 0)
    assert ONE_CLIENT.failed(first, T + 9.0) == Bucket(2, T, T + 9, 0)
    assert ONE_CLIENT.failed(Bucket(4, T, T, 0), T + 1.5) == Bucket(5, T, T + 2, T + 32)


def test_the_memory_of_a_client_is_a_day_from_the_last_failure() -> None:
    bucket = Bucket(3, T - 9 * DAY, T, 0)
    assert ONE_CLIENT.current(bucket, T + DAY) == bucket
    assert ONE_CLIENT.current(bucket, T + DAY + 0.5) == Bucket()


def test_twenty_a_day_are_counted_from_the_first() -> None:
    bucket = Bucket(19, T, T + DAY, 0)
    assert ALL_UNKNOWN_DEVICES.current(bucket, T + DAY) == bucket
    assert ALL_UNKNOWN_DEVICES.current(bucket, T + DAY + 0.5) == Bucket()


def test_one_failure_a_day_never_brings_a_wait_for_all() -> None:
    bucket = Bucket()
    for day in range(100):
        bucket = ALL_UNKNOWN_DEVICES.failed(ALL_UNKNOWN_DEVICES.current(bucket, T + day * 86_000), T + day * 86_000)
        assert bucket.failures <= 2


def test_a_wait_that_runs_over_the_day_is_waited_to_its_end() -> None:
    bucket = Bucket(20, T, T + DAY - 10, T + DAY + 890)
    assert ALL_UNKNOWN_DEVICES.current(bucket, T + DAY + 889) == bucket
    assert ALL_UNKNOWN_DEVICES.current(bucket, T + DAY + 890) == Bucket()


def test_the_longest_wait_holds_and_nothing_is_counted() -> None:
    client, everybody = Bucket(5, T, T, T + 30), Bucket(20, T, T, T + 900)
    assert count({"c": client, UNKNOWN_DEVICES: everybody}, T + 0.5) == (
        900,
        {"c": client, UNKNOWN_DEVICES: everybody},
    )
    assert count({"c": client}, T + 29.5)[0] == 1
    assert count({"c": client}, T + 30.0)[0] == 0
    assert count({"c": Bucket(), UNKNOWN_DEVICES: everybody}, T + 1.0)[1]["c"] == Bucket()


def test_without_a_wait_every_bucket_counts() -> None:
    wait, kept = count({"c": Bucket(), UNKNOWN_DEVICES: Bucket(3, T - 5, T - 1, 0)}, T)
    assert (wait, kept) == (0, {"c": Bucket(1, T, T, 0), UNKNOWN_DEVICES: Bucket(4, T - 5, T, 0)})


@pytest.mark.parametrize("failures", [0, 1, 5])
def test_taking_back_undoes_the_last_one(failures: int) -> None:
    bucket = Bucket(failures, T, T + 1, T + 31)
    assert taken_back(bucket) == Bucket(max(failures - 1, 0), T, T + 1, 0)


@given(RULES, st.integers(0, 60), MOMENTS, st.floats(-1e8, 1e8))
def test_no_wait_is_ever_longer_than_its_failures_deserve(rule: Rule, failures: int, now: float, moved: float) -> None:
    """Whatever the clock did in between."""
    later = rule.current(after(rule, failures, now), now + moved)
    assert later.blocked_until - (now + moved) <= rule.wait_after(later.failures) + 1
    assert later.first_at <= math.ceil(now + moved) and later.last_at <= math.ceil(now + moved)
    # Patience always helps: after the longest wait there is a try.
    free = now + moved + rule.longest_wait + 1
    assert rule.current(later, free).blocked_until <= free
    # And after a day of quiet nothing is left.
    assert rule.current(later, now + moved + DAY + rule.longest_wait + 2) == Bucket()


@given(st.lists(st.tuples(st.floats(0, 4000), st.integers(0, 30)), min_size=1, max_size=400))
def test_guesses_at_one_share_are_few_however_they_are_spread(steps: list[tuple[float, int]]) -> None:
    """Any number of addresses, any pace: 20 and one per quarter of an hour are all that is ever verified."""
    kept: dict[str, Bucket] = {}
    now, verified = float(T), 0
    for pause, address in steps:
        now += pause
        names = (f"a{address}", UNKNOWN_DEVICES)
        wait, changed = count({name: kept.get(name, Bucket()) for name in names}, now)
        kept |= changed
        verified += wait == 0
    days = (now - T) // DAY + 1
    assert verified <= days * 20 + (now - T) / 900 + 1


@given(st.lists(st.floats(0, 300), min_size=1, max_size=300))
def test_one_client_gets_a_free_try_only_after_its_wait(pauses: list[float]) -> None:
    bucket, now, last, failures = Bucket(), float(T), 0.0, 0
    for pause in pauses:
        now += pause
        wait, kept = count({"c": bucket}, now)
        bucket = kept["c"]
        if wait == 0:
            assert failures < 5 or now - last >= ONE_CLIENT.wait_after(failures)
            failures, last = failures + 1, now
        else:
            assert failures >= 5
            assert 0 < wait <= ONE_CLIENT.wait_after(failures) + 1
    assert bucket.failures == failures


@given(MOMENTS, st.integers(1, 40))
def test_the_wait_that_is_told_is_enough_and_hardly_too_long(now: float, failures: int) -> None:
    bucket = after(ONE_CLIENT, failures, now)
    wait, _ = count({"c": bucket}, now)
    if wait:
        assert count({"c": bucket}, now + wait)[0] == 0
        assert count({"c": bucket}, now + wait - 1.001)[0] > 0
