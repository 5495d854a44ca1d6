"""Signs of life of open pages: "close the window and you are logged out"."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from orthanc_plugin.domain.audit_terms import Action
from orthanc_plugin.use_cases.keep_session import SignOfLife

from ..support.browser import FORM, Browser, recipient, stranger
from ..support.world import World

BEAT, FAREWELL = "/portal/presence", "/portal/presence/farewell"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148"


@dataclass
class OpenedPage:
    """A page as presence.js makes it: an identifier of its own, and messages that are counted."""

    browser: Browser
    name: str
    session: str
    sequence: int = 0

    def beat(self, visible: bool = True, used: bool = False, **headers: str) -> Any:
        return self._send(BEAT, "application/json", {"visible": visible, "used": used}, headers)

    def farewell(self) -> Any:
        return self._send(FAREWELL, "text/plain;charset=UTF-8", {}, {})

    def _send(self, address: str, kind: str, more: dict[str, bool], headers: dict[str, str]) -> Any:
        self.sequence += 1
        said = {"page": self.name * 32, "sequence": self.sequence, "session": self.session, **more}
        return self.browser.post(address, json.dumps(said).encode(), content_type=kind, **headers)


def open_page(browser: Browser, name: str = "a") -> OpenedPage:
    """Load the overview, and run its script up to the first sign of life."""
    answer = browser.get("/portal/study")
    assert answer.status == 200
    found = re.search(rb'data-session="([0-9a-f]{16})"', answer.body)
    assert found is not None
    page = OpenedPage(browser, name, found[1].decode())
    assert page.beat().status == 200
    return page


@pytest.fixture
def browser(world: World) -> Browser:
    return recipient(world)


def is_in(browser: Browser) -> bool:
    return browser.get("/portal/study").status == 200


def test_fifteen_seconds_after_the_last_farewell_the_session_is_over(world: World, browser: Browser) -> None:
    page = open_page(browser)
    assert page.farewell().status == 204
    world.clock.advance(seconds=14)
    assert page.beat().status == 200  # brought back by the back button
    page.farewell()
    world.clock.advance(seconds=15)
    assert not is_in(browser)


def test_a_page_that_vanishes_without_a_farewell_counts_for_its_lease(world: World, browser: Browser) -> None:
    open_page(browser)
    world.clock.advance(seconds=59)
    assert recipient_still_has_pictures(browser)
    world.clock.advance(seconds=1)
    assert not recipient_still_has_pictures(browser)


def recipient_still_has_pictures(browser: Browser) -> bool:
    return browser.get("/portal/series/2/images/1").status == 200


@pytest.mark.parametrize(("agent", "seconds"), [("Mozilla/5.0 (X11; Linux x86_64)", 120), (PHONE, 300)])
def test_hidden_pages_have_longer_leases(world: World, browser: Browser, agent: str, seconds: int) -> None:
    open_page(browser).beat(visible=False, user_agent=agent)
    world.clock.advance(seconds=seconds - 1)
    assert recipient_still_has_pictures(browser)
    world.clock.advance(seconds=1)
    assert not recipient_still_has_pictures(browser)


def test_one_of_two_pages_keeps_the_session(world: World, browser: Browser) -> None:
    one, other = open_page(browser, "a"), open_page(browser, "b")
    one.farewell()
    for _ in range(5):
        world.clock.advance(seconds=50)
        assert other.beat().status == 200
    other.farewell()
    world.clock.advance(seconds=15)
    assert not is_in(browser)


def test_turning_to_the_next_page_never_logs_out(world: World, browser: Browser) -> None:
    page = open_page(browser, "a")
    # A slow line: the next page was sent, the old one has gone, the new one's script takes its time.
    assert browser.get("/portal/series/2").status == 200
    page.farewell()
    world.clock.advance(seconds=50)
    following = OpenedPage(browser, "b", page.session)
    assert following.beat().status == 200
    # From now on it is its own lease and farewell that count.
    following.farewell()
    world.clock.advance(seconds=15)
    assert not is_in(browser)


def test_a_late_heartbeat_does_not_bring_a_closed_page_back(world: World, browser: Browser) -> None:
    page = open_page(browser)
    page.farewell()
    page.sequence -= 2
    assert page.beat().status == 200
    world.clock.advance(seconds=15)
    assert not is_in(browser)


def test_a_page_of_an_earlier_session_has_no_say(world: World) -> None:
    old = open_page(recipient(world))
    new = open_page(recipient(world), "b")
    stale = OpenedPage(new.browser, "b", old.session, sequence=100)
    assert stale.beat().status == 403
    stale.farewell()
    world.clock.advance(seconds=30)
    assert is_in(new.browser)


def test_being_open_is_not_being_used(world: World, browser: Browser) -> None:
    page = open_page(browser)
    first = json.loads(page.beat().body)
    assert first == {"idle": 15 * 60, "absolute": 4 * 3600}
    for _ in range(28):
        world.clock.advance(seconds=30)
        remaining = json.loads(page.beat().body)
    assert remaining["idle"] == 60
    assert json.loads(page.beat(used=True).body)["idle"] == 15 * 60
    for _ in range(29):
        world.clock.advance(seconds=30)
        assert page.beat().status == 200
    world.clock.advance(seconds=30)
    assert page.beat().status == 403


def test_the_absolute_limit_holds_whatever_is_done(world: World, browser: Browser) -> None:
    page = open_page(browser)
    for _ in range(4 * 60 * 2 - 1):
        world.clock.advance(seconds=30)
        assert page.beat(used=True).status == 200
    world.clock.advance(seconds=30)
    assert page.beat(used=True).status == 403


def test_without_scripts_only_the_limits_count(world: World) -> None:
    browser = recipient(world)
    world.clock.advance(seconds=14 * 60)
    assert is_in(browser)
    world.clock.advance(seconds=14 * 60)
    assert is_in(browser)


def test_a_login_with_scripts_waits_a_minute_for_its_first_page(world: World) -> None:
    new = world.share()
    browser = stranger(world)
    sent = browser.post(
        "/portal/login", f"code={new.code.text}&password={new.password.text}&watched=1".encode(), content_type=FORM
    )
    assert sent.status == 303
    world.clock.advance(seconds=60)
    assert not is_in(browser)


@pytest.mark.parametrize(
    "changes",
    [
        {"page": "A" * 32},
        {"page": "a" * 31},
        {"page": None},
        {"sequence": 0},
        {"sequence": 2**31},
        {"sequence": "1"},
        {"session": "x" * 16},
        {"visible": 1},
        {"more": 1},
    ],
)
def test_bad_messages_change_nothing(world: World, browser: Browser, changes: dict[str, Any]) -> None:
    page = open_page(browser)
    before = dict(world.store.pages)
    said = {"page": "c" * 32, "sequence": 1, "session": page.session, "visible": True, "used": True, **changes}
    assert browser.post(BEAT, json.dumps(said).encode(), content_type="application/json").status == 400
    assert world.store.pages == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"page":1}' + b" " * 400])
def test_bodies_that_are_no_messages(browser: Browser, body: bytes) -> None:
    assert browser.post(BEAT, body, content_type="application/json").status == 400
    assert browser.post(FAREWELL, body, content_type="text/plain").status == 400


def test_a_long_body_is_not_even_read(browser: Browser) -> None:
    page = open_page(browser)
    said = {"page": "a" * 32, "sequence": 9, "session": page.session, "visible": True, "used": False}
    message = json.dumps(said).encode()
    assert browser.post(BEAT, message + b" " * 400, content_type="application/json").status == 400
    assert browser.post(BEAT, message, content_type="application/json").status == 200


def test_a_session_that_is_over_is_not_kept(world: World, browser: Browser) -> None:
    open_page(browser)
    (session,) = world.store.sessions.values()
    world.clock.advance(4 * 3600 + 1)
    sign = SignOfLife("b" * 32, 1, visible=True, used=True)
    assert world.services.keep_session.heartbeat(session.id_hash, sign, phone=False) is None
    assert world.services.keep_session.heartbeat("unknown", sign, phone=False) is None


def test_a_session_has_no_more_pages_than_anybody_opens(world: World, browser: Browser) -> None:
    page = open_page(browser)
    for number in range(60):
        said = {"page": f"{number:032x}", "sequence": 1, "session": page.session, "visible": True, "used": False}
        answer = browser.post(BEAT, json.dumps(said).encode(), content_type="application/json")
    assert answer.status == 400
    assert len(world.store.pages) == 50
    world.clock.advance(seconds=59)
    page.beat()
    world.clock.advance(seconds=2)
    # Pages that are gone make room.
    said["page"] = "f" * 32
    assert browser.post(BEAT, json.dumps(said).encode(), content_type="application/json").status == 200


def test_the_end_is_written_down_once_with_its_reason(world: World, browser: Browser) -> None:
    page = open_page(browser)
    page.farewell()
    world.clock.advance(seconds=15)
    for _ in range(3):
        assert not is_in(browser)
    events = [event for event in world.store.events if event.action is Action.SESSION_ENDED]
    assert [event.detail["reason"] for event in events] == ["closed"]
    assert events[0].detail["session"] == page.session


def test_pages_in_a_frame_leave_it_to_the_page_around_them(browser: Browser) -> None:
    assert b"presence.js" in browser.get("/portal/series/2").body
    assert b"presence.js" not in browser.get("/portal/series/2?beside=1").body
    assert b"presence.js" not in stranger_page(browser)


def stranger_page(browser: Browser) -> bytes:
    browser.post("/portal/logout")
    return bytes(browser.get("/portal").body)
