from __future__ import annotations

import pytest

from orthanc_plugin.web.request import Request
from orthanc_plugin.web.wsgi_bridge import Response, call

from ..support.browser import FORM, recipient, staff, stranger
from ..support.world import World, build_world

HTTPS = "https://portal.practice.example"
EXPECTED = {
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex, nofollow",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}


def answers(world: World) -> dict[str, Response]:
    """One answer of every kind."""
    patient, office, nobody = recipient(world), staff(world), stranger(world)
    world.archive.broken = True
    broken = patient.get("/portal/series/2/images/1")
    world.archive.broken = False
    found = {
        "page": nobody.get("/portal"),
        "study": patient.get("/portal/study"),
        "viewer": patient.get("/portal/series/2"),
        "full viewer": patient.get("/portal/full-viewer/2"),
        "image": patient.get("/portal/series/2/images/1"),
        "broken image": broken,
        "thumbnail": patient.get("/portal/series/1/thumbnail"),
        "bad parameter": patient.get("/portal/series/2/images/1?size=7"),
        "redirection": nobody.get("/"),
        "robots": nobody.get("/robots.txt"),
        "denied": nobody.get("/portal/study"),
        "led away": nobody.get("/portal/study", sec_fetch_mode="navigate"),
        "challenge": nobody.get("/patient-share"),
        "staff": office.get("/patient-share"),
        "api": office.get("/patient-share/api/v1/shares"),
        "created": office.json("/patient-share/api/v1/shares", {"accession_number": "A-1"}),
        "problem": office.json("/patient-share/api/v1/shares", {}),
        "not found": nobody.get("/portal/nothing"),
        "wrong method": nobody.post("/portal"),
        "mistyped": nobody.post("/portal/login", b"code=x", content_type=FORM),
        "cross site": nobody.post("/portal/login", b"code=x", content_type=FORM, sec_fetch_site="cross-site"),
        "bad host": nobody.get("/portal", host="a..b"),
    }
    found["login"] = patient.submit("/portal/login", {"code": "x", "password": "y"})
    found["logout"] = patient.post("/portal/logout")
    patient = recipient(world)
    world.archive.studies.clear()
    found["gone"] = patient.get("/portal/study")
    return found


def failing(world: World) -> Response:
    def fail(_study_id: str) -> None:
        raise RuntimeError

    browser = recipient(world)
    world.archive.study = fail  # type: ignore[method-assign,assignment]
    return browser.get("/portal/study")


def test_every_answer_carries_the_security_headers(world: World) -> None:
    for name, answer in {**answers(world), "failure": failing(build_world())}.items():
        for header, value in EXPECTED.items():
            assert answer.header(header) == value, (name, header)
        assert answer.header("content-security-policy").startswith("default-src 'none'; "), name
        assert [key for key, _ in answer.headers if key.lower() == "strict-transport-security"] == [], name


def test_over_tls_every_answer_binds_the_browser_to_tls() -> None:
    for name, answer in answers(build_world(HTTPS)).items():
        assert answer.header("strict-transport-security").startswith("max-age=31536000"), name


def test_no_header_is_sent_twice_but_cookies(world: World) -> None:
    for name, answer in answers(world).items():
        names = [key.lower() for key, _ in answer.headers if key.lower() != "set-cookie"]
        assert sorted(names) == sorted(set(names)), name


def test_the_policy_allows_no_script_from_elsewhere_and_nothing_inline(world: World) -> None:
    policy = dict(
        part.split(" ", 1) for part in stranger(world).get("/portal").header("content-security-policy").split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["form-action"] == "'self'"
    assert policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    for sources in policy.values():
        assert "unsafe" not in sources
        assert "*" not in sources
        assert "http" not in sources
        assert "data:" not in sources


def test_only_files_of_the_theme_may_stay_in_a_browsers_cache(world: World) -> None:
    nobody = stranger(world)
    page = nobody.get("/portal").body.decode()
    address = page.split('rel="stylesheet" href="', 1)[1].split('"', 1)[0]
    found = nobody.get(address)
    assert found.header("cache-control") == "public, max-age=31536000, immutable"
    assert found.header("content-type") == "text/css; charset=utf-8"
    old = nobody.get("/portal/static/older/portal.css")
    assert (old.status, old.header("cache-control")) == (200, "no-cache")
    assert nobody.get("/portal/static/older/nothing.css").header("cache-control") == "no-store"


@pytest.mark.parametrize(
    "name", ["../app.py", "..%2f..%2fplugin.py", "templates/base.html", "/etc/passwd", "portal.css\x00", ""]
)
def test_only_files_of_the_theme_are_served(world: World, name: str) -> None:
    assert stranger(world).get(f"/portal/static/v/{name}").status == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", '"><script>', "[::1]:8042", "a" * 64, "ä", "\ud800", ""]
)
def test_no_page_and_no_header_repeats_the_host_of_the_request(world: World, host: str) -> None:
    patient = recipient(world)
    addresses = [
        "/",
        "/portal",
        "/portal/study",
        "/portal/series/2",
        "/portal/full-viewer/2",
        "/portal/nothing",
        "/patient-share",
    ]
    for address in addresses:
        answer = call(
            world.app,
            Request(
                "GET",
                address,
                {},
                {
                    "host": host,
                    "x-forwarded-host": host,
                    "cookie": "; ".join(f"{key}={value}" for key, value in patient.cookies.items()),
                },
                "192.0.2.1",
            ),
        )
        assert answer.status < 500
        if len(host) > 3:
            assert host not in repr(answer)
            assert not answer.header("location").startswith("http")
