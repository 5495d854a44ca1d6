from __future__ import annotations

import pytest

from orthanc_plugin.domain.throttle import DAY, UNKNOWN_DEVICES, Attempt, Client

from ..support.studies import share
from .conftest import Store

SHARE, OTHER = share("share"), share("other")
T = 1_700_000_000.25
HERE, THERE = Client("here"), Client("there")
AT_HOME = Client("here", "laptop")


@pytest.fixture(autouse=True)
def two_shares(store: Store) -> None:
    store.shares.add(SHARE, "index", "hash")
    store.shares.add(OTHER, "other index", "other hash")


def wait(store: Store, client: Client = HERE, now: float = T, of: str = SHARE.id) -> int:
    return store.attempts.reserve(of, client, now).wait


def fail(store: Store, times: int, now: float = T, client: Client = HERE) -> list[int]:
    return [wait(store, client, now) for _ in range(times)]


def fail_everywhere(store: Store, times: int, now: float = T) -> list[int]:
    """From as many addresses."""
    return [wait(store, Client(f"address {number}"), now) for number in range(times)]


def test_five_tries_are_free_and_the_sixth_waits_thirty_seconds(store: Store) -> None:
    assert fail(store, 5) == [0, 0, 0, 0, 0]
    assert 30 <= wait(store) <= 31


def test_an_attempt_that_must_wait_is_not_counted(store: Store) -> None:
    fail(store, 5)
    fail(store, 100, T + 1)
    assert wait(store, now=T + 31) == 0
    assert 60 <= wait(store, now=T + 31) <= 61
    assert store.attempts.failures(SHARE.id, T + 31) == 6


def test_the_wait_is_told_in_whole_seconds_that_are_enough(store: Store) -> None:
    fail(store, 5)
    told = wait(store, now=T + 10.7)
    assert isinstance(told, int)
    assert wait(store, now=T + 10.7 + told) == 0


def test_other_addresses_and_other_shares_are_not_touched(store: Store) -> None:
    fail(store, 6)
    assert wait(store, THERE) == 0
    assert wait(store, of=OTHER.id) == 0


def test_twenty_failures_from_anywhere_slow_all_unknown_devices_down(store: Store) -> None:
    assert fail_everywhere(store, 20) == [0] * 20
    assert wait(store, THERE) == 901
    assert wait(store, THERE, T + 901) == 0
    assert wait(store, HERE, T + 901) == 901
    assert wait(store, THERE, of=OTHER.id) == 0


def test_who_must_wait_because_of_others_has_no_failure_of_his_own(store: Store) -> None:
    fail_everywhere(store, 20)
    fail(store, 10)
    assert store.attempts.failures(SHARE.id, T) == 20
    assert fail(store, 5, T + DAY + 1000) == [0, 0, 0, 0, 0]


def test_a_known_device_is_neither_counted_with_the_others_nor_slowed_by_them(store: Store) -> None:
    store.devices.remember(SHARE.id, "laptop", int(T))
    fail(store, 6)
    fail_everywhere(store, 30)
    assert wait(store) > 0
    assert [store.attempts.reserve(SHARE.id, AT_HOME, T) for _ in range(5)] == [Attempt(0, ("laptop",))] * 5
    assert 30 <= wait(store, AT_HOME) <= 31
    assert wait(store, Client("elsewhere", "laptop")) > 0


def test_failures_of_a_known_device_slow_nobody_else(store: Store) -> None:
    store.devices.remember(SHARE.id, "laptop", int(T))
    fail(store, 40, client=AT_HOME)
    assert fail(store, 5) == [0, 0, 0, 0, 0]


def test_a_device_known_to_another_share_is_unknown_here(store: Store) -> None:
    store.devices.remember(OTHER.id, "laptop", int(T))
    assert store.attempts.reserve(SHARE.id, AT_HOME, T).buckets == ("here", UNKNOWN_DEVICES)


def test_an_attempt_that_was_not_verified_is_given_back_everywhere(store: Store) -> None:
    fail_everywhere(store, 15)
    fail(store, 4)
    last = store.attempts.reserve(SHARE.id, HERE, T)
    assert last.wait == 0 and wait(store) > 0 and wait(store, THERE) > 0
    store.attempts.cancel(SHARE.id, last)
    assert store.attempts.failures(SHARE.id, T) == 19
    assert wait(store) == 0
    assert wait(store, THERE) > 0


def test_giving_back_never_makes_credit(store: Store) -> None:
    first = store.attempts.reserve(SHARE.id, HERE, T)
    for _ in range(10):
        store.attempts.cancel(SHARE.id, first)
    assert store.attempts.failures(SHARE.id, T) == 0
    assert fail(store, 5) == [0, 0, 0, 0, 0]
    assert wait(store) > 0
    store.attempts.cancel(OTHER.id, first)
    assert store.attempts.failures(OTHER.id, T) == 0


def test_a_success_forgets_this_clients_failures_and_of_the_others_only_itself(store: Store) -> None:
    fail_everywhere(store, 15)
    fail(store, 3)
    right = store.attempts.reserve(SHARE.id, HERE, T)
    store.attempts.forgive(SHARE.id, right)
    assert store.attempts.failures(SHARE.id, T) == 15
    # 15 and 3 are left for all unknown devices: two more, then the wait.
    assert fail(store, 2) == [0, 0]
    assert wait(store) > 0
    store.attempts.forgive(OTHER.id, right)


def test_a_known_devices_success_leaves_the_failures_of_strangers(store: Store) -> None:
    store.devices.remember(SHARE.id, "laptop", int(T))
    fail_everywhere(store, 20)
    fail(store, 3, client=AT_HOME)
    store.attempts.forgive(SHARE.id, store.attempts.reserve(SHARE.id, AT_HOME, T))
    assert store.attempts.failures(SHARE.id, T) == 20
    assert wait(store, THERE) > 0
    assert fail(store, 5, client=AT_HOME) == [0, 0, 0, 0, 0]


def test_failures_of_yesterday_are_forgotten(store: Store) -> None:
    fail(store, 5)
    assert store.attempts.failures(SHARE.id, T + 24 * 3600) == 5
    assert store.attempts.failures(SHARE.id, T + 24 * 3600 + 2) == 0
    assert fail(store, 5, T + 24 * 3600 + 2) == [0, 0, 0, 0, 0]


def test_a_clock_that_was_set_back_lengthens_no_wait(store: Store) -> None:
    fail(store, 5)
    before = T - 10 * 86400
    assert 0 < wait(store, now=before) <= 31
    assert wait(store, now=before + 31) == 0


def test_failures_are_those_of_one_share(store: Store) -> None:
    assert store.attempts.failures(SHARE.id, T) == 0
    store.devices.remember(SHARE.id, "laptop", int(T))
    fail(store, 2)
    fail(store, 1, client=AT_HOME)
    wait(store, THERE, of=OTHER.id)
    assert store.attempts.failures(SHARE.id, T) == 3
    assert store.attempts.failures("unknown", T) == 0


def test_what_no_rule_looks_at_any_more_can_be_deleted(store: Store) -> None:
    fail(store, 1)
    fail(store, 1, T + DAY, THERE)
    assert store.attempts.purge(T + 2 * DAY) == 0
    assert store.attempts.purge(T + 2 * DAY + 2) == 1
    assert store.attempts.purge(T + 9 * DAY) == 2
    assert store.attempts.purge(T + 9 * DAY) == 0
