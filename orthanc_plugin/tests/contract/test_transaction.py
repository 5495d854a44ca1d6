from __future__ import annotations

import pytest

from orthanc_plugin.domain.session import Session
from orthanc_plugin.domain.throttle import Client

from ..support.studies import share
from .conftest import Store

SHARE, OTHER = share("share"), share("other")


class Interrupted(Exception):
    """Something between two changes."""


def test_everything_inside_is_kept(store: Store) -> None:
    with store.transaction():
        store.shares.add(SHARE, "index", "hash")
        store.sessions.start(Session("a", SHARE.id, 10, 10), 3)
    assert store.shares.get(SHARE.id) == SHARE
    assert store.sessions.find("a") is not None


def test_what_was_written_inside_is_read_inside(store: Store) -> None:
    with store.transaction():
        store.shares.add(SHARE, "index", "hash")
        assert store.shares.get(SHARE.id) == SHARE
        store.sessions.start(Session("a", SHARE.id, 10, 10), 3)
        assert store.sessions.find("a") is not None


def test_an_exception_takes_everything_back(store: Store) -> None:
    store.shares.add(SHARE, "index", "hash")
    store.sessions.start(Session("a", SHARE.id, 10, 10), 3)
    with pytest.raises(Interrupted), store.transaction():
        store.shares.revoke(SHARE.id, 20)
        store.shares.add(OTHER, "other index", "hash")
        store.attempts.reserve(SHARE.id, Client("here"), 20)
        raise Interrupted
    assert store.shares.get(SHARE.id) == SHARE
    assert store.shares.get(OTHER.id) is None
    assert store.sessions.find("a") is not None


def test_a_part_that_fails_takes_back_itself_alone(store: Store) -> None:
    with store.transaction():
        store.shares.add(SHARE, "index", "hash")
        with pytest.raises(Interrupted), store.transaction():
            store.shares.add(OTHER, "other index", "hash")
            raise Interrupted
    assert store.shares.get(SHARE.id) == SHARE
    assert store.shares.get(OTHER.id) is None


def test_a_part_that_went_well_falls_with_the_whole(store: Store) -> None:
    with pytest.raises(Interrupted), store.transaction():
        with store.transaction():
            store.shares.add(SHARE, "index", "hash")
        raise Interrupted
    assert store.shares.get(SHARE.id) is None


def test_a_transaction_that_has_ended_is_not_joined(store: Store) -> None:
    with pytest.raises(Interrupted), store.transaction():
        raise Interrupted
    store.shares.add(SHARE, "index", "hash")
    with store.transaction():
        store.shares.revoke(SHARE.id, 20)
    found = store.shares.get(SHARE.id)
    assert found is not None
    assert found.revoked_at == 20
