from __future__ import annotations

import pytest

from orthanc_plugin.ports import KnownRequest

from .conftest import Store

ONE = KnownRequest("k1", "b1", "s1")


def test_a_key_is_filed_once_and_found_under_each_of_its_hashes(store: Store) -> None:
    assert store.requests.add(ONE, 100)
    assert not store.requests.add(KnownRequest("k1", "b2", "s2"), 101)
    assert store.requests.find(["k0", "k1"]) == ONE
    assert store.requests.find(["k0"]) is None and store.requests.find([]) is None


def test_old_keys_are_forgotten(store: Store) -> None:
    store.requests.add(ONE, 100)
    store.requests.add(KnownRequest("k2", "b", "s"), 200)
    assert store.requests.purge(200) == 1
    assert store.requests.find(["k1"]) is None and store.requests.find(["k2"])


def test_a_key_is_not_taken_by_a_transaction_that_failed(store: Store) -> None:
    with pytest.raises(RuntimeError), store.transaction():
        store.requests.add(ONE, 100)
        raise RuntimeError
    assert store.requests.find(["k1"]) is None


def test_a_key_that_is_taken_leaves_the_transaction_usable(store: Store) -> None:
    store.requests.add(ONE, 100)
    with store.transaction():
        assert not store.requests.add(ONE, 101)
        assert store.requests.add(KnownRequest("k2", "b", "s"), 101)
    assert store.requests.find(["k2"])
