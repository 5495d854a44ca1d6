from __future__ import annotations

from dataclasses import replace

import pytest

from orthanc_plugin.domain.session import Session

from ..support.studies import share
from .conftest import Store

SHARE, OTHER = share("share"), share("other")


@pytest.fixture(autouse=True)
def two_shares(store: Store) -> None:
    store.shares.add(SHARE, "index", "hash")
    store.shares.add(OTHER, "other index", "other hash")


def session(name: str, at: int, share_id: str = SHARE.id) -> Session:
    return Session(name, share_id, at, at)


def test_a_session_reads_back_with_its_share(store: Store) -> None:
    store.sessions.start(session("a", 10), 3)
    assert store.sessions.find("a") == (session("a", 10), SHARE)
    assert store.sessions.find("b") is None


def test_the_share_is_read_in_its_present_state(store: Store) -> None:
    store.sessions.start(session("a", 10), 3)
    store.shares.set_expiry(SHARE.id, 77)
    found = store.sessions.find("a")
    assert found is not None
    assert found[1] == replace(SHARE, expires_at=77)


def test_a_session_that_has_ended_is_not_found(store: Store) -> None:
    store.sessions.start(session("a", 10), 3)
    store.sessions.end("a", 20)
    store.sessions.end("a", 30)
    store.sessions.end("unknown", 30)
    assert store.sessions.find("a") is None


def test_use_is_noted_and_never_set_back(store: Store) -> None:
    store.sessions.start(session("a", 10), 3)
    store.sessions.touch("a", 50)
    store.sessions.touch("a", 40)
    store.sessions.touch("unknown", 60)
    assert store.sessions.find("a") == (replace(session("a", 10), seen_at=50), SHARE)


def test_the_oldest_sessions_of_the_same_share_end_beyond_the_limit(store: Store) -> None:
    store.sessions.start(session("theirs", 1, OTHER.id), 3)
    for number in range(5):
        store.sessions.start(session(f"s{number}", 10 + number), 3)
    alive = [name for name in ("s0", "s1", "s2", "s3", "s4") if store.sessions.find(name)]
    assert alive == ["s2", "s3", "s4"]
    assert store.sessions.find("theirs") is not None


def test_sessions_that_have_ended_do_not_count(store: Store) -> None:
    store.sessions.start(session("old", 10), 3)
    for number in range(2):
        store.sessions.start(session(f"ended{number}", 20 + number), 3)
        store.sessions.end(f"ended{number}", 30)
    store.sessions.start(session("new", 40), 3)
    assert store.sessions.find("old") is not None


def test_a_limit_of_one_leaves_the_newest(store: Store) -> None:
    store.sessions.start(session("a", 10), 1)
    store.sessions.start(session("b", 11), 1)
    assert store.sessions.find("a") is None
    assert store.sessions.find("b") is not None
