"""Who has seen my images: the recipient's own list; and that pages are recorded before they are shown."""

from __future__ import annotations

import re

import pytest

from orthanc_plugin.domain.audit_terms import Action

from ..support.browser import Browser, recipient
from ..support.door import image_of, reason
from ..support.world import World

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Mobile/15E148"


def shown(browser: Browser, language: str = "de") -> list[str]:
    answer = browser.get("/portal/openings", accept_language=language)
    assert answer.status == 200
    listed = answer.body.decode().partition('<ol class="openings">')[2].partition("</ol>")[0]
    items = re.findall(r"<li>(.*?)</li>", listed, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", item).replace("\u202f", " ").split()) for item in items]


def test_every_login_to_this_share_is_shown_newest_first(world: World) -> None:
    new, other = world.share(), world.share()
    first, second = Browser(world, {"user-agent": PHONE}), Browser(world)
    first.log_in(new.code.text, new.password.text)
    world.session_of(other)
    world.clock.advance(hours=3)
    second.log_in(new.code.text, "00000-00000")
    second.log_in(new.code.text, new.password.text)
    assert shown(second) == [
        "Mittwoch, 10. Juni 2026 um 15:00 Uhr diese Anmeldung",
        "Mittwoch, 10. Juni 2026 um 12:00 Uhr, mit einem Handy",
    ]
    assert shown(second, "en")[1] == "Wednesday, June 10, 2026 at 12:00 PM, on a phone"


def test_a_hundred_logins_are_shown(world: World) -> None:
    new, browser = world.share(), Browser(world)
    for _ in range(105):
        browser.log_in(new.code.text, new.password.text)
    found = shown(browser)
    assert len(found) == 100
    assert [("diese Anmeldung" in line) for line in found] == [True] + [False] * 99


def test_the_overview_leads_there_and_back(world: World) -> None:
    browser = recipient(world)
    assert b'href="/portal/openings"' in browser.get("/portal/study").body
    page = browser.get("/portal/openings").body
    assert b'href="/portal/study"' in page
    assert b"192.0.2" not in page
    assert world.services.practice.telephone.encode() in page


PAGES = {
    "/portal/study": ("study-viewed", None),
    "/portal/series/1/thumbnail": ("study-viewed", None),
    "/portal/series/2": ("series-viewed", 2),
    "/portal/full-viewer/2": ("series-viewed", 2),
    "/portal/full-viewer/2/orthanc-web-viewer": ("series-viewed", 2),
    "/portal/series/2/images/1": ("series-viewed", 2),
    "/portal/series/2/batch/1": ("series-viewed", 2),
}


@pytest.mark.parametrize("address", PAGES)
def test_what_a_recipient_looks_at_is_recorded_once(world: World, address: str) -> None:
    browser = recipient(world)
    world.store.events.clear()
    for _ in range(3):
        assert browser.get(address).status == 200
    assert [(event.action.value, event.series) for event in world.store.events] == [PAGES[address]]


@pytest.mark.parametrize("address", PAGES)
def test_what_cannot_be_recorded_is_not_shown(world: World, address: str) -> None:
    browser = recipient(world)
    world.audit.broken = True
    answer = browser.get(address)
    assert answer.status == 503
    assert b"Erika" not in answer.body
    assert b"JPEG" not in answer.body


def test_logins_and_changes_of_staff_are_refused_where_they_cannot_be_recorded(world: World) -> None:
    new = world.share()
    world.audit.broken = True
    assert Browser(world).log_in(new.code.text, new.password.text).status == 503
    browser = Browser(world)
    assert "patient-share" not in "".join(browser.cookies)


def test_what_a_native_viewer_reads_is_recorded_or_refused(world: World) -> None:
    browser = recipient(world)
    world.store.events.clear()
    headers = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
    path = f"/web-viewer/instances/jpeg95-{image_of(world, 'mine')}_0"
    world.audit.broken = True
    assert reason(world, path, headers).value == "share store unavailable"
    world.audit.broken = False
    for _ in range(3):
        assert reason(world, path, headers).value == "recipient of a live share"
    assert [event.action for event in world.store.events] == [Action.SERIES_VIEWED]
    foreign = f"/web-viewer/instances/jpeg95-{image_of(world, 'foreign')}_0"
    assert reason(world, foreign, headers).value == "resource outside the share"
    assert len(world.store.events) == 1
