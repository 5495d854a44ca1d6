from __future__ import annotations

import pytest

from orthanc_plugin.domain.throttle import Client

from ..support.studies import share
from .conftest import Store

SHARE, OTHER = share("share"), share("other")


@pytest.fixture(autouse=True)
def two_shares(store: Store) -> None:
    store.shares.add(SHARE, "index", "hash")
    store.shares.add(OTHER, "other index", "other hash")


def known(store: Store, share_id: str, device: str) -> bool:
    """Whether the device has a bucket of its own."""
    return store.attempts.reserve(share_id, Client("here", device), 0.0).buckets == (device,)


def test_a_device_is_known_once_it_is_remembered(store: Store) -> None:
    assert not store.devices.is_known("laptop")
    store.devices.remember(SHARE.id, "laptop", 1)
    store.devices.remember(SHARE.id, "laptop", 2)
    assert store.devices.is_known("laptop")
    assert not store.devices.is_known("")
    assert known(store, SHARE.id, "laptop")
    assert not known(store, OTHER.id, "laptop")
    assert not known(store, SHARE.id, "phone")


def test_beyond_twenty_the_device_that_was_away_longest_is_forgotten(store: Store) -> None:
    store.devices.remember(OTHER.id, "theirs", 0)
    for number in range(20):
        store.devices.remember(SHARE.id, f"device {number}", number)
    store.devices.remember(SHARE.id, "device 0", 100)
    assert all(store.devices.is_known(f"device {number}") for number in range(20))
    store.devices.remember(SHARE.id, "one more", 101)
    assert not store.devices.is_known("device 1")
    assert all(store.devices.is_known(f"device {number}") for number in range(20) if number != 1)
    assert store.devices.is_known("one more")
    assert store.devices.is_known("theirs")


def test_even_with_the_clock_set_back_the_new_device_stays(store: Store) -> None:
    for number in range(20):
        store.devices.remember(SHARE.id, f"device {number}", 1000 + number)
    store.devices.remember(SHARE.id, "new", 1)
    assert store.devices.is_known("new")


def test_a_new_password_forgets_the_devices_of_this_share_alone(store: Store) -> None:
    store.devices.remember(SHARE.id, "laptop", 1)
    store.devices.remember(SHARE.id, "phone", 1)
    store.devices.remember(OTHER.id, "laptop", 1)
    store.devices.forget(SHARE.id)
    assert not known(store, SHARE.id, "laptop")
    assert known(store, OTHER.id, "laptop")
    assert not store.devices.is_known("phone")
    store.devices.forget(SHARE.id)
