from __future__ import annotations

import pytest

from orthanc_plugin.domain.credential import Password

from ..support.browser import FORM, Browser
from ..support.world import World, build_world

WRONG = Password.from_number(4711).grouped


@pytest.fixture
def browser(world: World) -> Browser:
    return Browser(world, {"accept-language": "en"})


def test_failures_are_counted_for_the_client_behind_a_trusted_proxy() -> None:
    world = build_world(trusted=("192.0.2.0/24",))
    new = world.share()
    for address in ("198.51.100.1", "198.51.100.2"):
        Browser(world, {"x-forwarded-for": address}).log_in(new.code.text, WRONG)
    assert {key[1] for key in world.store.attempts} == {"address:198.51.100.1", "address:198.51.100.2", "*"}


def test_a_stranger_cannot_choose_the_address_that_is_counted(world: World) -> None:
    new = world.share()
    for number in range(5):
        Browser(world, {"x-forwarded-for": f"198.51.100.{number}"}).log_in(new.code.text, WRONG)
    assert Browser(world).log_in(new.code.text, new.password.text).status == 503


@pytest.mark.parametrize(
    "headers", [{"sec_fetch_site": "cross-site"}, {"origin": "http://evil.example"}, {"origin": "null"}]
)
def test_pages_of_other_sites_can_neither_log_in_nor_out(world: World, headers: dict[str, str]) -> None:
    new = world.share()
    browser = Browser(world)
    answer = browser.submit("/portal/login", {"code": new.code.text, "password": new.password.text}, **headers)
    assert answer.status == 403
    assert browser.cookies == {}
    browser.log_in(new.code.text, new.password.text)
    assert browser.post("/portal/logout", b"", **headers).status == 403
    assert browser.get("/portal/study").status == 200


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"code": "a", "password": "b"}', "application/json"),
        (b"\xff\xfe\x00", FORM),
        (b"code=%FF%FE&password=%00", FORM),
        (b"&&&===%%%", FORM),
        (b"code=a&code=b&password=c", FORM),
        (b"", FORM),
        (b"code=" + b"A" * 60_000, FORM),
        (b"code=a&password=b", "text/plain"),
        (b"code=a&password=b", f"{FORM}; charset=utf-7"),
        (b"code=a&password=b", "\ud800"),
    ],
)
def test_unusable_forms_are_mistyped_and_never_a_failure(browser: Browser, body: bytes, kind: str) -> None:
    answer = browser.post("/portal/login", body, content_type=kind)
    assert answer.status in (400, 413)
    assert browser.world.reported == []


def test_a_form_that_is_far_too_long_is_refused(browser: Browser) -> None:
    assert browser.post("/portal/login", b"code=" + b"A" * 10_000_000, content_type=FORM).status == 413
