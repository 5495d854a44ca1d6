from __future__ import annotations

import pytest

from ..support.studies import share
from .conftest import Store

SHARE, OTHER = share("share"), share("other")
T = 1_700_000_000.25


@pytest.fixture(autouse=True)
def two_shares(store: Store) -> None:
    store.shares.add(SHARE, "index", "hash")
    store.shares.add(OTHER, "other index", "other hash")


def fail(store: Store, times: int, now: float = T, address: str = "here") -> list[int]:
    return [store.attempts.reserve(SHARE.id, address, now) for _ in range(times)]


def test_five_tries_are_free_and_the_sixth_waits_thirty_seconds(store: Store) -> None:
    assert fail(store, 5) == [0, 0, 0, 0, 0]
    assert 30 <= store.attempts.reserve(SHARE.id, "here", T) <= 31


def test_an_attempt_that_must_wait_is_not_counted(store: Store) -> None:
    fail(store, 5)
    fail(store, 100, T + 1)
    assert store.attempts.reserve(SHARE.id, "here", T + 31) == 0
    assert 60 <= store.attempts.reserve(SHARE.id, "here", T + 31) <= 61


def test_waits_double_up_to_an_hour(store: Store) -> None:
    now, waits = int(T), []
    fail(store, 5, now)
    for _ in range(10):
        wait = store.attempts.reserve(SHARE.id, "here", now)
        waits.append(wait)
        now += wait
        assert store.attempts.reserve(SHARE.id, "here", now) == 0
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_the_wait_is_told_in_whole_seconds_that_are_enough(store: Store) -> None:
    fail(store, 5)
    wait = store.attempts.reserve(SHARE.id, "here", T + 10.7)
    assert isinstance(wait, int)
    assert store.attempts.reserve(SHARE.id, "here", T + 10.7 + wait) == 0


def test_other_addresses_and_other_shares_are_not_touched(store: Store) -> None:
    fail(store, 6)
    assert store.attempts.reserve(SHARE.id, "there", T) == 0
    assert store.attempts.reserve(OTHER.id, "here", T) == 0


def test_an_attempt_that_was_not_verified_is_given_back(store: Store) -> None:
    fail(store, 5)
    store.attempts.cancel(SHARE.id, "here")
    assert store.attempts.reserve(SHARE.id, "here", T) == 0
    assert store.attempts.reserve(SHARE.id, "here", T) > 0


def test_giving_back_never_makes_credit(store: Store) -> None:
    for _ in range(10):
        store.attempts.cancel(SHARE.id, "here")
    fail(store, 1)
    for _ in range(10):
        store.attempts.cancel(SHARE.id, "here")
    assert fail(store, 5) == [0, 0, 0, 0, 0]
    assert store.attempts.reserve(SHARE.id, "here", T) > 0


def test_a_success_forgets_the_failures(store: Store) -> None:
    fail(store, 4)
    store.attempts.forgive(SHARE.id, "here")
    assert fail(store, 5) == [0, 0, 0, 0, 0]
    store.attempts.forgive(OTHER.id, "nobody")


def test_failures_of_yesterday_are_forgotten(store: Store) -> None:
    fail(store, 5)
    assert fail(store, 5, T + 24 * 3600 + 1) == [0, 0, 0, 0, 0]


def test_a_clock_that_was_set_back_makes_nobody_wait_longer_than_an_hour(store: Store) -> None:
    fail(store, 5)
    assert 0 < store.attempts.reserve(SHARE.id, "here", T - 10 * 86400) <= 3600
