from __future__ import annotations

from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest

from orthanc_plugin.domain.credential import AccessCode, Password
from orthanc_plugin.use_cases.create_share import NewShare
from orthanc_plugin.web.request import Request
from orthanc_plugin.web.wsgi_bridge import Response, call

from ..support.browser import FORM, Browser, recipient, stranger
from ..support.world import World, build_world

UNKNOWN, WRONG = AccessCode.from_number(4711).grouped, Password.from_number(4711).grouped
HTTPS = "https://portal.practice.example"


@pytest.fixture
def new(world: World) -> NewShare:
    return world.share()


@pytest.fixture
def browser(world: World) -> Browser:
    return Browser(world, {"accept-language": "en"})


def page(answer: Response) -> str:
    assert answer.header("content-type") == "text/html; charset=utf-8"
    return answer.body.decode()


def test_the_right_code_and_password_lead_to_the_study(browser: Browser, new: NewShare) -> None:
    answer = browser.log_in(f" {new.code.grouped.lower()} ", new.password.grouped.lower().replace("-", " "))
    assert (answer.status, answer.header("location"), answer.body) == (303, "/portal/study", b"")
    assert browser.get("/portal/study").status == 200


@pytest.mark.parametrize(
    ("public_url", "name", "secure"),
    [("http://127.0.0.1:8042", "patient-share", False), (HTTPS, "__Host-patient-share", True)],
)
def test_the_cookie_is_bound_as_tightly_as_the_connection_allows(public_url: str, name: str, secure: bool) -> None:
    world = build_world(public_url)
    new = world.share()
    header = stranger(world).log_in(new.code.text, new.password.text).header("set-cookie")
    ((key, morsel),) = SimpleCookie(header).items()
    assert key == name
    assert len(morsel.value) == 64
    assert morsel["path"] == "/"
    assert morsel["httponly"] is True
    assert morsel["samesite"] == "Strict"
    assert bool(morsel["secure"]) is secure
    assert morsel["max-age"] == morsel["expires"] == morsel["domain"] == ""


@pytest.mark.parametrize(
    ("public_url", "name", "secure"),
    [
        ("http://127.0.0.1:8042", "patient-share-device", False),
        (HTTPS, "__Host-patient-share-device", True),
    ],
)
def test_the_device_gets_a_name_that_lasts_half_a_year(public_url: str, name: str, secure: bool) -> None:
    world = build_world(public_url)
    new, browser = world.share(), stranger(world)
    headers = browser.log_in(new.code.text, new.password.text).headers
    morsel = SimpleCookie([value for key, value in headers if key == "Set-Cookie"][1])[name]
    assert len(morsel.value) == 32
    assert morsel["path"] == "/"
    assert morsel["httponly"] is True
    assert morsel["samesite"] == "Strict"
    assert bool(morsel["secure"]) is secure
    assert morsel["max-age"] == str(180 * 86400)
    assert morsel["domain"] == ""
    browser.log_in(new.code.text, new.password.text)
    assert browser.cookies[name] == morsel.value


def test_the_name_of_the_device_opens_nothing(world: World) -> None:
    new, browser = world.share(), stranger(world)
    browser.log_in(new.code.text, new.password.text)
    device = browser.cookies["patient-share-device"]
    for cookies in ({"patient-share-device": device}, {"patient-share": device}):
        assert Browser(world, cookies=cookies).get("/portal/study").status == 403


def test_strangers_slow_a_new_device_down_and_not_the_one_that_was_here_before(world: World, new: NewShare) -> None:
    home = Browser(world)
    home.log_in(new.code.text, new.password.text)
    home.post("/portal/logout")
    for number in range(30):
        Browser(world, peer=f"203.0.113.{number}").log_in(new.code.text, WRONG)
    assert Browser(world).log_in(new.code.text, new.password.text).header("retry-after") == "900"
    assert home.log_in(new.code.text, new.password.text).status == 303


def test_over_tls_the_plain_cookie_name_means_nothing(world: World) -> None:
    world = build_world(HTTPS)
    session_id = world.session_of(world.share())
    assert Browser(world, cookies={"patient-share": session_id}).get("/portal/study").status == 403
    assert Browser(world, cookies={"__Host-patient-share": session_id}).get("/portal/study").status == 200


@pytest.mark.parametrize(
    ("code", "password", "status", "words"),
    [
        ("", "", 400, "typing error in the access code"),
        ("abc", "abc", 400, "typing error in the access code"),
        ("right", "abc", 400, "typing error in the password"),
        ("right", WRONG, 401, "do not match"),
        (UNKNOWN, "right", 401, "do not match"),
    ],
)
def test_a_refusal_says_what_to_do(
    browser: Browser, new: NewShare, code: str, password: str, status: int, words: str
) -> None:
    typed_code = new.code.grouped if code == "right" else code
    answer = browser.log_in(typed_code, new.password.grouped if password == "right" else password)
    assert answer.status == status
    assert words in page(answer)
    assert answer.header("set-cookie") == ""
    assert f'value="{typed_code}"' in page(answer)


def test_unknown_code_and_wrong_password_get_the_same_page_but_for_what_was_typed(
    browser: Browser, new: NewShare
) -> None:
    wrong = page(browser.log_in(new.code.grouped, WRONG)).replace(new.code.grouped, "CODE")
    unknown = page(browser.log_in(UNKNOWN, new.password.grouped)).replace(UNKNOWN, "CODE")
    assert wrong == unknown


def comparable(answer: Response, code: str) -> tuple[object, ...]:
    """All that a client gets to see, but for the number that each request has of its own."""
    headers = tuple(pair for pair in answer.headers if pair[0] != "X-Request-Id")
    return (answer.status, headers, answer.body.replace(code.encode(), b"CODE"))


@pytest.mark.parametrize("how", ["active", "expired", "revoked", "gone"])
def test_nothing_in_any_answer_tells_a_known_code_from_an_unknown_one(world: World, new: NewShare, how: str) -> None:
    """Wrong passwords until all throttling has set in, from one address and from many, over a day."""
    if how != "active":
        world.close(new, how)
    start = world.clock.time
    seen: dict[str, list[tuple[object, ...]]] = {}
    for code in (new.code.grouped, UNKNOWN):
        world.clock.time = start
        seen[code] = []
        for step in range(60):
            browser = Browser(world, peer=f"192.0.2.{step % 4}")
            seen[code].append(comparable(browser.log_in(code, WRONG), code))
            world.clock.advance(1 if step < 40 else 1801)
        world.hasher.busy = True
        seen[code].append(comparable(Browser(world, peer="192.0.2.99").log_in(code, WRONG), code))
        world.hasher.busy = False
    known, unknown = seen.values()
    assert known == unknown
    assert {answer[0] for answer in known} == {401, 503}
    assert len({answer[1:] for answer in known}) > 5


def test_every_failure_after_the_look_up_waits_for_the_grid_and_nothing_else_does(world: World, new: NewShare) -> None:
    def owed(code: str, password: str) -> float | None:
        return Browser(world).log_in(code, password).owed

    assert owed(new.code.text, new.password.text) is None
    assert owed("mistyped", WRONG) is None
    assert owed(new.code.text, "short") is None
    assert owed(new.code.text, WRONG) == 0.0
    assert owed(UNKNOWN, WRONG) == world.hasher.owed
    world.hasher.busy = True
    assert owed(new.code.text, WRONG) == owed(UNKNOWN, WRONG) == 0.0
    world.hasher.busy = False
    for code in (new.code.text, UNKNOWN):
        for _ in range(4):
            owed(code, WRONG)
        assert owed(code, WRONG) == 0.0
    assert Browser(world).get("/portal").owed is None


def test_a_login_in_a_crowd_is_sent_away_before_its_code_is_looked_at(world: World, new: NewShare) -> None:
    world.store.journal.clear()
    for code, password in ((new.code.grouped, new.password.grouped), (UNKNOWN, WRONG), ("mistyped", "x")):
        body = urlencode({"code": code, "password": password}).encode()
        headers = {"host": "x", "content-type": FORM, "accept-language": "en"}
        answer = call(world.app, Request("POST", "/portal/login", {}, headers, "192.0.2.7", body, crowded=True))
        assert (answer.status, answer.header("retry-after"), answer.owed) == (503, "5", None)
        assert "A lot is going on" in page(answer)
        assert f'value="{code}"' in page(answer)
    assert world.store.journal == []
    assert world.services.open_share.login_failures.take() == 0


def test_no_page_ever_holds_the_password(browser: Browser, new: NewShare) -> None:
    for code in (new.code.grouped, UNKNOWN, "abc"):
        for password in (new.password.grouped, WRONG, "my secret"):
            answer = Browser(browser.world).log_in(code, password)
            for typed in (password, new.password.text, new.password.grouped):
                assert typed.encode() not in answer.body


def test_too_many_failures_say_how_long_to_wait(browser: Browser, new: NewShare) -> None:
    for _ in range(5):
        browser.log_in(new.code.text, WRONG)
    answer = browser.log_in(new.code.text, new.password.text)
    assert (answer.status, answer.header("retry-after")) == (503, "30")
    assert "30 seconds" in page(answer)
    assert browser.cookies == {}


def test_waits_of_minutes_are_told_in_minutes(browser: Browser, new: NewShare) -> None:
    for _ in range(6):
        browser.log_in(new.code.text, WRONG)
        browser.world.clock.advance(30 if browser.world.attempts.counted(new.share.id, "address:192.0.2.7") == 5 else 0)
    assert "1 minute." in page(browser.log_in(new.code.text, WRONG))


def test_a_busy_server_asks_for_patience(browser: Browser, new: NewShare) -> None:
    browser.world.hasher.busy = True
    answer = browser.log_in(new.code.text, new.password.text)
    assert (answer.status, answer.header("retry-after")) == (503, "5")
    assert "A lot is going on" in page(answer)


@pytest.mark.parametrize(
    ("how", "words"),
    [("expired", "has run out"), ("revoked", "has closed this access"), ("gone", "not available here")],
)
def test_a_closed_share_says_why_and_whom_to_call(browser: Browser, new: NewShare, how: str, words: str) -> None:
    world = browser.world
    match how:
        case "expired":
            world.clock.advance(days=31)
        case "revoked":
            world.services.manage_share.revoke(new.share.id, "reception")
        case _:
            world.archive.studies.clear()
    answer = browser.log_in(new.code.text, new.password.text)
    assert answer.status == 403
    assert words in page(answer)
    assert "+49 (0)30 1234" in page(answer)
    assert words not in page(browser.log_in(new.code.text, WRONG))


def test_each_login_gives_a_new_session_and_ends_the_one_before(browser: Browser, new: NewShare) -> None:
    browser.log_in(new.code.text, new.password.text)
    first = dict(browser.cookies)
    browser.log_in(new.code.text, new.password.text)
    assert browser.cookies != first
    assert Browser(browser.world, cookies=first).get("/portal/study").status == 403


def test_after_logging_out_nothing_opens_any_more(world: World) -> None:
    browser = recipient(world)
    cookies = dict(browser.cookies)
    answer = browser.post("/portal/logout")
    assert (answer.status, answer.header("location")) == (303, "/portal?ended=1")
    assert '"cache"' in answer.header("clear-site-data")
    # The device stays known: that is no credential.
    assert list(browser.cookies) == ["patient-share-device"]
    for address in ("/portal/study", "/portal/series/1", "/portal/series/1/images/1", "/portal/full-viewer/2"):
        assert Browser(world, cookies=cookies).get(address).status == 403
    assert "abgemeldet" in page(browser.get("/portal?ended=1"))


def test_logging_out_without_a_session_is_harmless(browser: Browser) -> None:
    assert browser.post("/portal/logout").status == 303


def test_someone_who_is_logged_in_is_offered_the_way_back(world: World) -> None:
    assert 'href="/portal/study"' in page(recipient(world).get("/portal"))
    assert 'href="/portal/study"' not in page(stranger(world).get("/portal"))


def test_a_share_that_ends_closes_its_pages_in_the_very_second(world: World) -> None:
    new = world.share(days=1)
    world.clock.time = new.share.expires_at - 1
    browser = Browser(world)
    assert browser.log_in(new.code.text, new.password.text).status == 303
    assert browser.get("/portal/study").status == 200
    world.clock.advance(1)
    for address in ("/portal/study", "/portal/series/1", "/portal/series/1/images/1"):
        assert browser.get(address).status == 403
    answer = browser.get("/portal/study", sec_fetch_mode="navigate")
    assert (answer.status, answer.header("location")) == (303, "/portal?ended=1")


def test_a_browser_that_takes_no_cookies_is_told_so(world: World) -> None:
    sent = {"sec_fetch_mode": "navigate", "sec_fetch_site": "same-origin"}
    answer = stranger(world).get("/portal/study", **sent)
    assert (answer.status, answer.header("location")) == (303, "/portal?cookies=1")
    assert "Ihr Browser nimmt keine Cookies an." in page(stranger(world).get("/portal?cookies=1"))
    # A bookmark, and somebody who has been logged out, are something else.
    for known, changed in (({}, {"sec_fetch_site": "none"}), ({"patient-share-device": "x"}, {})):
        answer = Browser(world, cookies=known).get("/portal/study", **{**sent, **changed})
        assert answer.header("location") == "/portal?ended=1"


def test_a_whole_link_in_the_field_of_the_code_is_the_code_in_it(browser: Browser, new: NewShare) -> None:
    link = f"https://{'long-' * 20}portal.practice.example/portal/#{new.code.grouped}"
    wrong = browser.log_in(link, WRONG)
    # The field holds the code alone, so that the next attempt sends it.
    assert wrong.status == 401 and f'value="{new.code.grouped}"' in page(wrong)
    assert browser.log_in(link, new.password.grouped).status == 303


@pytest.mark.parametrize("typed", ["https://portal.practice.example/portal/#", "https://p.example/#5JRGH-JAXAK-WEW1"])
def test_a_link_without_a_right_code_is_a_typing_error(browser: Browser, typed: str) -> None:
    assert browser.log_in(typed, WRONG).status == 400
