from __future__ import annotations

from dataclasses import replace

import pytest

from orthanc_plugin.domain.session import Session, SessionLimits

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


def test_sessions_that_are_over_by_themselves_are_found(store: Store) -> None:
    limits = SessionLimits(idle=100, absolute=1000)
    store.sessions.start(replace(session("idle", 10), seen_at=10), 9)
    store.sessions.start(replace(session("closed", 10), seen_at=100, alive_until=105), 9)
    store.sessions.start(replace(session("alive", 10), seen_at=100, alive_until=200), 9)
    store.sessions.start(session("free", 100), 9)
    assert {found.id_hash for found, _ in store.sessions.over(110, limits, 9)} == {"idle", "closed"}
    assert len(store.sessions.over(110, limits, 1)) == 1
    assert {found.id_hash for found, _ in store.sessions.over(1010, limits, 9)} == {"idle", "closed", "alive", "free"}
    store.sessions.end("closed", 110)
    ((found, of),) = store.sessions.over(110, limits, 9)
    assert (found, of) == (session("idle", 10), SHARE)


def test_sessions_that_ended_long_ago_are_removed(store: Store) -> None:
    for name in ("a", "b", "c"):
        store.sessions.start(session(name, 10), 9)
    store.sessions.end("a", 20)
    store.sessions.end("b", 30)
    assert store.sessions.purge(30) == 1
    assert store.sessions.purge(31) == 1
    assert store.sessions.find("c") is not None
