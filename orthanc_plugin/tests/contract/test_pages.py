from __future__ import annotations

import pytest

from orthanc_plugin.domain.lease import OpenPage
from orthanc_plugin.domain.session import Session

from ..support.studies import share
from .conftest import Store

SHARE = share("share")
A, B = OpenPage("a" * 32, 1, 160), OpenPage("b" * 32, 7, 150, closed=True)


@pytest.fixture(autouse=True)
def two_sessions(store: Store) -> None:
    store.shares.add(SHARE, "index", "hash")
    store.sessions.start(Session("free", SHARE.id, 100, 100), 3)
    store.sessions.start(Session("watched", SHARE.id, 100, 100, alive_until=160), 3)


def alive_until(store: Store, name: str) -> int | None:
    found = store.sessions.find(name)
    assert found is not None
    return found[0].alive_until


def test_pages_belong_to_their_session(store: Store) -> None:
    store.pages.put("free", A)
    store.pages.put("free", B)
    store.pages.put("watched", A)
    assert sorted(store.pages.of("free"), key=lambda page: page.id) == [A, B]
    assert list(store.pages.of("watched")) == [A]
    store.pages.remove("free", [A.id])
    assert list(store.pages.of("free")) == [B]
    assert list(store.pages.of("watched")) == [A]


def test_a_page_that_is_known_is_written_over(store: Store) -> None:
    store.pages.put("free", A)
    store.pages.put("free", OpenPage(A.id, 2, 200, closed=True))
    assert list(store.pages.of("free")) == [OpenPage(A.id, 2, 200, closed=True)]


def test_only_a_session_under_leases_waits_for_a_page(store: Store) -> None:
    assert not store.pages.wait_for("free", 200)
    assert not store.pages.wait_for("unknown", 200)
    assert store.pages.wait_for("watched", 200)
    assert [store.pages.loading_until(name) for name in ("free", "watched", "unknown")] == [0, 200, 0]


def test_a_session_comes_under_leases(store: Store) -> None:
    assert [alive_until(store, name) for name in ("free", "watched")] == [None, 160]
    store.pages.keep("free", 180, 5)
    store.pages.keep("unknown", 180, 5)
    assert alive_until(store, "free") == 180
    assert store.pages.loading_until("free") == 5


def test_a_session_that_has_ended_is_kept_no_more(store: Store) -> None:
    store.sessions.end("watched", 110)
    store.pages.keep("watched", 999, 0)
    assert store.sessions.find("watched") is None


def test_sessions_whose_pages_were_closed_give_way_first(store: Store) -> None:
    store.sessions.start(Session("closed", SHARE.id, 120, 120, alive_until=130), 3)
    store.sessions.start(Session("new", SHARE.id, 140, 140, alive_until=200), 3)
    alive = [name for name in ("free", "watched", "closed", "new") if store.sessions.find(name)]
    assert alive == ["free", "watched", "new"]


def test_pages_go_with_their_share(store: Store) -> None:
    store.pages.put("watched", A)
    store.shares.delete(SHARE.id)
    assert store.sessions.find("watched") is None
