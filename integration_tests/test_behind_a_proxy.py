"""The portal through a real nginx with the shipped configuration (docker/proxy), over TLS."""

from __future__ import annotations

import base64
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.proxy import HOST, STAFF_HOST
from harness.server import OrthancServer

from .support.practice import SHARES
from .support.proxied import Answer, Proxied, proxied

pytestmark = pytest.mark.one_suite

IMAGE = "/portal/series/1/images/1"
WRONG = "00000-00000"
# Orthanc reads each as the path of the login, or of the staff's page.
OTHER_LOGINS = (
    "/portal/login.", "/portal/login..", "/portal/login%2e", "/portal/login/.", "/portal/login./", "/portal\\login",
    "/portal%5clogin", "/portal%2flogin", "/portal/login\\", "/portal/login/..%2flogin.", "/portal//login",
    "//portal/login", "/portal./login", "/portal/x/../login", "/portal/%6cogin", "/portal/login%0a", "/portal/login%20",
)  # fmt: skip
OTHER_STAFF_PAGES = (
    "/patient-share.", "/patient-share\\", "/patient-share%5c", "/patient-share%2e", "/x\\..\\patient-share",
    "/%5cpatient-share", "/portal/..%5cpatient-share", "/portal\\..\\patient-share\\api\\v1\\shares",
    "/.\\patient-share", "/patient-share.\\", "/%70atient-share", "/patient-share#",
)  # fmt: skip
ELSEWHERE = ("/portal/%c0%af", "/portal/\xe4", "/portal/;x", "/portal/~", "/portal/a+b", "/portal.?x=1", "/portal/%2Fx")
ADDED_ONCE = {
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


@pytest.fixture(scope="module")
def site(orthanc_image: str, helpers_image: str) -> Iterator[Proxied]:
    with proxied(orthanc_image, helpers_image) as running:
        yield running


@pytest.fixture
def unlimited(site: Proxied) -> Proxied:
    """The same after a restart of the proxy, which has forgotten how many logins it has seen."""
    site.proxy.restart()
    return site


def staff_header(server: OrthancServer) -> dict[str, str]:
    ((user, password),) = server.staff.items()
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def cookie_header(answer: Answer) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in answer.cookies.items())}


def test_a_login_gives_cookies_that_only_tls_and_only_this_name_can_carry(unlimited: Proxied) -> None:
    share = unlimited.practice.share(unlimited.studies.a.id)
    assert share.link.startswith(unlimited.proxy.url + "/portal/#")
    answer = unlimited.log_in(share)
    assert answer.status == 303 and answer.headers["Location"] == "/portal/study"
    lines = answer.all("Set-Cookie")
    assert len(lines) == 2
    for line in lines:
        attributes = {part.strip().lower() for part in line.split(";")[1:]}
        assert line.startswith("__Host-patient-share")
        assert {"secure", "httponly", "samesite=strict", "path=/"} <= attributes
        assert not any(attribute.startswith("domain") for attribute in attributes)
    page = unlimited.ask("/portal/study", headers=cookie_header(answer))
    assert page.status == 200 and "Anna" in page.body
    assert unlimited.ask(IMAGE, headers=cookie_header(answer)).headers["Content-Type"] == "image/jpeg"


def test_staff_credentials_do_not_pass_the_public_name(site: Proxied) -> None:
    credentials = staff_header(site.orthanc)
    assert site.orthanc.staff_request("GET", "/system").status_code == 200
    for path in ("/system", "/studies", "/app/explorer.html", "/patient-share", "/Patient-Share/x", SHARES):
        answer = site.ask(path, headers=credentials)
        assert answer.status == 403, path
        assert answer.all("WWW-Authenticate") == [], "no dialogue for a password of staff"
    refused = site.ask(SHARES + "/x", "POST", headers=credentials, form={})
    assert refused.status == 403


def test_staff_credentials_pass_by_the_name_of_staff(site: Proxied) -> None:
    credentials = staff_header(site.orthanc)
    assert site.ask("/system", headers=credentials, host=STAFF_HOST).status == 200
    assert site.ask(SHARES, headers=credentials, host=STAFF_HOST).status == 200
    assert site.ask("/system", host=STAFF_HOST).status == 403


def test_method_overrides_and_other_methods_do_not_pass(site: Proxied) -> None:
    override = {"X-HTTP-Method-Override": "DELETE"}
    assert site.orthanc.request("GET", "/portal", headers=override).status_code == 403
    assert site.ask("/portal", headers=override).status == 200, "taken off before the product sees it"
    for method in ("PUT", "DELETE", "PROPFIND", "OPTIONS", "TRACE"):
        assert site.ask("/portal", method).status in (403, 405), method


def test_an_address_that_the_client_makes_up_changes_nothing(unlimited: Proxied) -> None:
    share = unlimited.practice.share(unlimited.studies.a.id)

    def guess(number: int) -> Answer:
        made_up = {"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=203.0.113.{number}"}
        return unlimited.log_in(share, WRONG, made_up | {"X-Real-IP": f"203.0.113.{number}"})

    assert [guess(number).status for number in range(5)] == [401] * 5
    shut = guess(77)
    assert shut.status == 503 and 0 < int(shut.headers["Retry-After"]) <= 40
    assert unlimited.log_in(share).status == 503


def test_logins_are_limited_per_address_and_nothing_else_is(unlimited: Proxied) -> None:
    share = unlimited.practice.share(unlimited.studies.a.id)
    session = cookie_header(unlimited.log_in(share))
    statuses = [unlimited.ask("/portal/login", "POST", form={"code": "x", "password": "x"}).status for _ in range(15)]
    assert statuses[:8] == [400] * 8 and 429 in statuses
    refused = unlimited.ask("/portal/login", "POST", form={"code": "x", "password": "x"})
    while refused.status != 429:
        refused = unlimited.ask("/portal/login", "POST", form={"code": "x", "password": "x"})
    assert refused.headers["Retry-After"] == "60" and "Bitte warten Sie" in refused.body
    assert {unlimited.ask(path, headers=session).status for path in [IMAGE, "/portal/study", "/portal/login"] * 10} == {
        200,
        303,
    }


def test_a_path_in_another_spelling_does_not_pass(unlimited: Proxied) -> None:
    for path in (*OTHER_LOGINS, *OTHER_STAFF_PAGES, *ELSEWHERE):
        for method in ("GET", "POST"):
            answer = unlimited.ask_raw(path, method, staff_header(unlimited.orthanc))
            assert (answer.status, answer.all("WWW-Authenticate")) == (404, []), (method, path)
            assert "Diese Seite gibt es nicht" in answer.body
            for name, value in (ADDED_ONCE | {"Cache-Control": "no-store"}).items():
                assert answer.all(name) == [value], (path, name)
    # A query is none of the path, and what viewers ask for is in plain spelling.
    for path in ("/portal?x=%2e%5c//..", "/portal/", "/robots.txt", "/proxy.css"):
        assert unlimited.ask_raw(path).status == 200, path


def test_viewers_find_all_their_addresses_in_plain_spelling(unlimited: Proxied) -> None:
    study = unlimited.studies.a
    session = cookie_header(unlimited.log_in(unlimited.practice.share(study.id)))
    series, series_uid, instance = study.series[0], study.series_uids[0], study.instances[0]
    paths = (
        f"/web-viewer/app/viewer.html?series={series}",
        f"/web-viewer/series/{series}",
        f"/web-viewer/instances/jpeg95-{instance}_0",
        f"/instances/{instance}/file",
        "/portal/series/1/batch/1",
        "/portal/series/1/images.zip",
    )
    assert {path: unlimited.ask(path, headers=session).status for path in paths} == dict.fromkeys(paths, 200)
    # Refused by the product, which offers no viewer here that reads it, not by the proxy.
    of_stone = (
        f"/dicom-web/studies/{study.uid}/series/{series_uid}/instances/{study.instance_uids[0]}/frames/1/rendered"
    )
    assert unlimited.ask(f"{of_stone}?window=1,2,linear", headers=session).status == 403
    look = unlimited.ask("/portal/study", headers=session).body
    files = re.findall(r'(?:href|src)="(/portal/static/[^"?]+)', look)
    assert files and {unlimited.ask(path).status for path in files} == {200}


def test_large_bodies_and_unknown_names_are_refused(unlimited: Proxied) -> None:
    assert unlimited.ask("/portal/login", "POST", form={"code": "x" * 65_000, "password": "x"}).status == 400
    assert unlimited.ask("/portal/login", "POST", form={"code": "x" * 66_000, "password": "x"}).status == 413
    with pytest.raises(ssl.SSLError):
        unlimited.connect("another.example.org")


def test_port_80_leads_to_the_name_of_the_practice_and_knows_no_other(site: Proxied) -> None:
    for lines in (f"GET /portal?x=1 HTTP/1.1\r\nHost: {HOST}", f"GET /portal?x=1 HTTP/1.1\r\nHost: {HOST}:80"):
        assert f"\r\nLocation: https://{HOST}/portal?x=1\r\n" in plainly(site, lines)
    for lines in (
        "GET /portal HTTP/1.1\r\nHost: another.example.org",
        f"GET http://another.example.org/portal HTTP/1.1\r\nHost: {HOST}",
        "GET /portal HTTP/1.0",
    ):
        assert plainly(site, lines) == "", lines


def plainly(site: Proxied, lines: str) -> str:
    """What port 80 answers to a request without its end."""
    with socket.create_connection(("127.0.0.1", site.proxy.http_port), 30) as connection:
        connection.sendall(f"{lines}\r\nConnection: close\r\n\r\n".encode())
        with connection.makefile("rb") as answer:
            return answer.read().decode()


def test_old_versions_of_tls_are_refused(site: Proxied) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        old.wrap_socket(socket.create_connection(("127.0.0.1", site.proxy.https_port), 30), server_hostname=HOST)


def test_every_answer_has_the_headers_and_none_has_them_twice(unlimited: Proxied) -> None:
    login = unlimited.log_in(unlimited.practice.share(unlimited.studies.a.id))
    session = cookie_header(login)
    series = unlimited.studies.a.series[0]
    answers = {
        "login": login,
        "page": unlimited.ask("/portal/study", headers=session),
        "native data": unlimited.ask(f"/web-viewer/series/{series}", headers=session),
        "native file": unlimited.ask("/web-viewer/app/viewer.html", headers=session),
        "refused": unlimited.ask("/studies", headers=session),
        "of the proxy": unlimited.ask("/patient-share"),
    }
    assert [answer.status for answer in answers.values()] == [303, 200, 200, 200, 403, 403]
    for place, answer in answers.items():
        for name, value in ADDED_ONCE.items():
            assert answer.all(name) == [value], (place, name)
        for name in ("Content-Security-Policy", "X-Frame-Options"):
            assert len(answer.all(name)) == 1, (place, name)
        assert "Server" not in answer.headers or "/" not in answer.headers["Server"], "no version"
    assert answers["native file"].headers["X-Frame-Options"] == "SAMEORIGIN"
    for place in ("login", "page", "native data", "refused"):
        assert answers[place].all("Cache-Control") == ["no-store"], place


def test_slow_idle_and_greedy_clients_starve_nobody_and_are_cut_off(unlimited: Proxied) -> None:
    share = unlimited.practice.share(unlimited.studies.a.id)
    with ExitStack() as stack:
        slow = [stack.enter_context(unlimited.connect()) for _ in range(120)]
        for connection in slow[:70]:
            connection.sendall(b"GET /portal HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        for connection in slow[70:]:
            connection.sendall(b"POST /portal/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\ncode=")
        for _ in range(500):
            stack.enter_context(unlimited.connect())
        greedy = stack.enter_context(unlimited.connect())
        greedy.sendall(b"POST /portal/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2147483648\r\n\r\ncode=")
        assert b" 413 " in greedy.recv(100)

        # A patient meanwhile sees nothing of it.
        opened = unlimited.log_in(share)
        assert opened.status == 303
        for _ in range(10):
            for path in ("/portal/study", IMAGE, "/portal/series/1"):
                assert unlimited.ask(path, headers=cookie_header(opened)).status == 200
        for connection in slow:
            connection.settimeout(60)
            # Closed, or told that its time is over: nginx has waited long enough.
            assert b" 200 " not in connection.recv(100)


def test_the_portal_in_a_browser(chromium: Browser, unlimited: Proxied, screenshots: Path) -> None:
    share = unlimited.practice.share(unlimited.studies.a.id)
    context = chromium.new_context(ignore_https_errors=True, locale="de-DE", viewport={"width": 390, "height": 844})
    faults: list[str] = []
    context.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page = context.new_page()
    page.goto(share.link)
    page.wait_for_function("() => document.querySelector('#code').value !== ''")
    page.fill("#password", share.password)
    page.press("#password", "Enter")
    page.wait_for_url("**/portal/study")
    page.goto(f"{unlimited.proxy.url}/portal/series/1")
    page.wait_for_function("() => window.__viewer && window.__viewer.shown > 0")
    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    assert cookies["__Host-patient-share"]["secure"] and cookies["__Host-patient-share"]["httpOnly"]
    assert faults == []
    # What the proxy says by itself when it has had enough.
    for _ in range(15):
        unlimited.ask("/portal/login", "POST", form={"code": "x", "password": "x"})
    page.goto(f"{unlimited.proxy.url}/portal")
    page.fill("#code", share.code)
    page.fill("#password", share.password)
    page.press("#password", "Enter")
    page.get_by_text("Bitte warten Sie eine Minute").wait_for()
    page.screenshot(path=screenshots / "proxy-patience.png")
    context.close()


def test_while_orthanc_is_away_the_proxy_says_so(unlimited: Proxied) -> None:
    unlimited.orthanc.stop()
    try:
        answer = unlimited.ask("/portal")
        assert answer.status == 503 and "Gleich wieder da" in answer.body and answer.all("Retry-After") == ["60"]
    finally:
        unlimited.orthanc.container.start()
        unlimited.orthanc.wait_ready()
        # Its container may have got another address, and nginx asks for that at its start.
        unlimited.proxy.restart()
    assert unlimited.ask("/portal").status == 200
