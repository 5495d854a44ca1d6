"""Every route of the table, asked by everybody: who gets what. A route that the table here does not know fails."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from orthanc_plugin.domain.target import RouteAudience
from orthanc_plugin.web.routes import ROUTES

from ..support.browser import FORM, JSON, Browser, recipient, staff, stranger
from ..support.world import STAFF_USER, World, basic

ANYBODY, OTHERS, STAFF = RouteAudience


@dataclass(frozen=True)
class Line:
    """Expected statuses: for a stranger, a recipient, staff, and wrong staff credentials with a recipient's cookie."""

    anonymous: int
    recipient: int
    staff: int
    wrong: int
    body: bytes = b""
    kind: str = ""


API = "/patient-share/api/v1"
CREATE = b'{"accession_number": "A-1"}'
PATIENT = b'{"patient_id": "nobody here"}'
EXTEND = b'{"validity_days": 5}'
LETTERS = b'{"letters": [{"share_id": "1", "access_code": "x", "password": "y"}]}'
EXPECTED = {
    "GET /": Line(303, 303, 303, 303),
    "GET /robots.txt": Line(200, 200, 200, 200),
    "GET /portal": Line(200, 200, 200, 200),
    "GET /portal/login": Line(303, 303, 303, 303),
    "POST /portal/login": Line(400, 400, 400, 400, b"code=x&password=y", FORM),
    "GET /portal/help": Line(200, 200, 200, 200),
    # There is no such topic, and no such page.
    "GET /portal/help/<slug>": Line(404, 404, 404, 404),
    "GET /portal/legal/<slug>": Line(404, 404, 404, 404),
    "POST /portal/language": Line(303, 303, 303, 303, b"language=en", FORM),
    "GET /portal/contact": Line(200, 200, 200, 200),
    "POST /portal/contact": Line(422, 422, 422, 422, b"reach=x", FORM),
    "GET /patient-share/help": Line(401, 401, 200, 401),
    "GET /patient-share/preview": Line(401, 401, 200, 401),
    "GET /patient-share/preview/<name>": Line(401, 401, 404, 401),
    "POST /portal/logout": Line(303, 303, 303, 303),
    "GET /portal/static/<version>/<path:name>": Line(200, 200, 200, 200),
    "GET /portal/study": Line(403, 200, 403, 403),
    "POST /portal/presence": Line(403, 400, 403, 403),
    "POST /portal/presence/farewell": Line(403, 400, 403, 403),
    "GET /portal/openings": Line(403, 200, 403, 403),
    "GET /portal/series/<int:ordinal>": Line(403, 200, 403, 403),
    "GET /portal/series/<int:ordinal>/thumbnail": Line(403, 200, 403, 403),
    "GET /portal/series/<int:ordinal>/images/<int:number>": Line(403, 200, 403, 403),
    "GET /portal/series/<int:ordinal>/batch/<int:first>": Line(403, 200, 403, 403),
    "GET /portal/series/<int:ordinal>/images.zip": Line(403, 200, 403, 403),
    # The series holds no report.
    "GET /portal/series/<int:ordinal>/documents/<int:number>": Line(403, 404, 403, 403),
    "GET /portal/download": Line(403, 200, 403, 403),
    "POST /patient-share/shares/<share_id>/unreport": Line(401, 401, 404, 401, b"report=x", FORM),
    "GET /patient-share/api/v1/studies/<study_id>/reports": Line(401, 401, 200, 401),
    # No PDF.
    "POST /patient-share/api/v1/studies/<study_id>/reports": Line(401, 401, 404, 401, b"x", "application/pdf"),
    "DELETE /patient-share/api/v1/reports/<report_id>": Line(401, 401, 404, 401),
    "POST /portal/download": Line(403, 200, 403, 403, b"contents=both&password=1234567890", FORM),
    "GET /portal/download/images.zip": Line(403, 200, 403, 403),
    "GET /portal/download/pictures.zip": Line(403, 200, 403, 403),
    "GET /portal/download/everything.zip": Line(403, 200, 403, 403),
    "GET /portal/series/<int:ordinal>/geometry": Line(403, 200, 403, 403),
    "GET /portal/compare/<int:left>/<int:right>": Line(403, 200, 403, 403),
    "GET /portal/full-viewer/<int:ordinal>": Line(403, 200, 403, 403),
    "GET /portal/full-viewer/<int:ordinal>/<key>": Line(403, 200, 403, 403),
    # OHIF is not installed here.
    "GET /portal/series/<int:ordinal>/ohif.json": Line(403, 404, 403, 403),
    "GET /portal/ohif/<version>/basic": Line(403, 404, 403, 403),
    "GET /portal/ohif/<version>/<path:name>": Line(403, 404, 403, 403),
    "GET /patient-share": Line(401, 401, 200, 401),
    "GET /patient-share/static/<version>/<path:name>": Line(401, 401, 200, 401),
    "POST /patient-share/search": Line(401, 401, 200, 401, b"name=Muster", FORM),
    "POST /patient-share/language": Line(401, 401, 303, 401, b"language=en", FORM),
    # The address names no study.
    "GET /patient-share/share": Line(401, 401, 404, 401),
    "POST /patient-share/share": Line(401, 401, 404, 401, b"study=x", FORM),
    # There is no such code.
    "POST /patient-share/letter": Line(401, 401, 422, 401, b"code=x", FORM),
    # No mail server is set.
    "POST /patient-share/mail": Line(401, 401, 404, 401, b"code=x", FORM),
    "POST /patient-share/shares/<share_id>/mail": Line(401, 401, 404, 401),
    "GET /patient-share/shares": Line(401, 401, 200, 401),
    "GET /patient-share/shares/<share_id>": Line(401, 401, 200, 401),
    "GET /patient-share/shares/<share_id>/history": Line(401, 401, 200, 401),
    "POST /patient-share/shares/<share_id>/reissue": Line(401, 401, 200, 401, b"issue=1", FORM),
    "POST /patient-share/shares/<share_id>/extend": Line(401, 401, 303, 401, b"days=4", FORM),
    "POST /patient-share/shares/<share_id>/pause": Line(401, 401, 303, 401),
    "POST /patient-share/shares/<share_id>/resume": Line(401, 401, 303, 401),
    "POST /patient-share/shares/<share_id>/report": Line(401, 401, 303, 401, b"report=at-once", FORM),
    "POST /patient-share/shares/<share_id>/revoke": Line(401, 401, 303, 401),
    # The share is open still.
    "POST /patient-share/shares/<share_id>/delete": Line(401, 401, 409, 401),
    "POST /patient-share/shares/<share_id>/consent": Line(401, 401, 303, 401),
    "POST /patient-share/shares/<share_id>/withdraw": Line(401, 401, 303, 401),
    f"GET {API}/openapi.json": Line(401, 401, 200, 401),
    f"POST {API}/shares": Line(401, 401, 201, 401, CREATE, JSON),
    f"GET {API}/shares": Line(401, 401, 200, 401),
    # There is no such code.
    f"POST {API}/letters": Line(401, 401, 422, 401, LETTERS, JSON),
    f"GET {API}/shares/<share_id>": Line(401, 401, 200, 401),
    f"POST {API}/shares/<share_id>/extend": Line(401, 401, 200, 401, EXTEND, JSON),
    f"POST {API}/shares/<share_id>/revoke": Line(401, 401, 200, 401),
    f"POST {API}/shares/<share_id>/pause": Line(401, 401, 200, 401),
    f"POST {API}/shares/<share_id>/resume": Line(401, 401, 200, 401),
    f"POST {API}/shares/<share_id>/report": Line(401, 401, 200, 401, b'{"report": "24h"}', JSON),
    f"POST {API}/shares/<share_id>/reissue": Line(401, 401, 200, 401, b"{}", JSON),
    f"POST {API}/shares/<share_id>/consent": Line(401, 401, 200, 401),
    f"POST {API}/shares/<share_id>/withdraw-consent": Line(401, 401, 200, 401),
    f"GET {API}/shares/<share_id>/emails": Line(401, 401, 200, 401),
    f"POST {API}/emails/<email_id>/retry": Line(401, 401, 404, 401),
    f"POST {API}/emails/<email_id>/cancel": Line(401, 401, 404, 401),
    # The share is open still.
    f"DELETE {API}/shares/<share_id>": Line(401, 401, 409, 401),
    f"POST {API}/objections": Line(401, 401, 200, 401, PATIENT, JSON),
    f"POST {API}/objections/check": Line(401, 401, 200, 401, PATIENT, JSON),
    # Nobody is in the register.
    f"POST {API}/objections/remove": Line(401, 401, 404, 401, PATIENT, JSON),
    f"GET {API}/audit": Line(401, 401, 200, 401),
    f"GET {API}/audit/export": Line(401, 401, 200, 401),
    f"GET {API}/audit/verify": Line(401, 401, 200, 401),
}
TABLE = {f"{route.method} {route.rule}": route for route in ROUTES}
WHO = ["anonymous", "recipient", "staff", "wrong"]


def visitor(world: World, who: str) -> Browser:
    if who == "anonymous":
        return stranger(world)
    if who == "staff":
        return staff(world)
    browser = recipient(world)
    if who == "wrong":
        browser.headers["authorization"] = basic(STAFF_USER, "wrong")
    return browser


def test_the_table_here_knows_every_route() -> None:
    assert set(EXPECTED) == set(TABLE)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("route", sorted(EXPECTED))
def test_who_gets_what(world: World, route: str, who: str) -> None:
    known = TABLE[route]
    values = {
        "share_id": world.share().share.id,
        "version": "v",
        "path:name": "portal.css",
        "key": "orthanc-web-viewer",
    }
    address = re.sub(r"<([^>]*)>", lambda found: values.get(found[1], "2"), known.rule)
    line = EXPECTED[route]
    answer = visitor(world, who).request(known.method, address, line.body, content_type=line.kind)
    assert answer.status == getattr(line, who), world.reported
    assert world.reported == []
    if answer.status == 401:
        assert answer.header("www-authenticate").startswith("Basic realm=")
        assert answer.header("content-type") == "application/problem+json"
    assert "patient-share=" not in answer.header("set-cookie") or route.startswith("POST /portal/log")


def test_statuses_here_agree_with_the_audiences_of_the_table() -> None:
    for name, line in EXPECTED.items():
        audience = TABLE[name].audience
        assert (line.anonymous in (401, 403)) == (audience is not ANYBODY)
        assert (line.recipient == 401) == (audience is STAFF)
        assert (line.staff == 403) == (audience is OTHERS)
        assert line.wrong == line.anonymous


@pytest.mark.parametrize(
    "route", sorted(name for name in EXPECTED if TABLE[name].audience is OTHERS and name.startswith("GET"))
)
def test_a_browser_without_a_session_is_led_to_the_start_page(world: World, route: str) -> None:
    address = re.sub(r"<[^>]*>", "1", TABLE[route].rule)
    answer = stranger(world).get(address, sec_fetch_mode="navigate")
    assert (answer.status, answer.header("location")) == (303, "/portal?ended=1")


UNKNOWN = [
    "/portal/nothing",
    "/portal/study/x",
    "/portal/series/x",
    "/portal/series/-1",
    "/portal/series/1/images/x",
    "/portal/static/",
    "/portal/static/v/nothing.css",
    "/portal/static/v/../../plugin.py",
]


@pytest.mark.parametrize("address", UNKNOWN)
@pytest.mark.parametrize("who", WHO)
def test_what_the_portal_does_not_know_is_not_found(world: World, address: str, who: str) -> None:
    answer = visitor(world, who).get(address)
    assert answer.status == 404
    assert world.reported == []


@pytest.mark.parametrize("address", ["/patient-share/x", f"{API}", f"{API}/x", f"{API}/shares/1/x", "/patient-shares"])
def test_strangers_cannot_tell_which_staff_routes_exist(world: World, address: str) -> None:
    for who in ("anonymous", "recipient", "wrong"):
        assert visitor(world, who).get(address).status == 401
    answer = staff(world).get(address)
    assert answer.status == 404
    assert answer.header("content-type") == "application/problem+json"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "?"])
@pytest.mark.parametrize("route", sorted(EXPECTED))
def test_other_methods_do_nothing(world: World, route: str, method: str) -> None:
    known = TABLE[route]
    if f"{'GET' if method == 'HEAD' else method} {known.rule}" in EXPECTED:
        return
    share_id = world.share().share.id
    address = re.sub(r"<[^>]*>", "2", known.rule.replace("<share_id>", share_id))
    before = repr(world.store)
    for who in ("anonymous", "staff"):
        assert visitor(world, who).request(method, address).status in (401, 404, 405)
    assert repr(world.store) == before


def test_a_get_changes_nothing(world: World) -> None:
    browser, office = recipient(world), staff(world)
    before = repr(world.store)
    for name, route in TABLE.items():
        if name.startswith("GET "):
            address = re.sub(r"<[^>]*>", "2", route.rule)
            browser.get(address), office.get(address)
    assert repr(world.store) == before


def test_two_slashes_or_a_trailing_one_lead_nowhere_else(world: World) -> None:
    browser = recipient(world)
    assert browser.get("/portal/study/").status == 200
    for address in ("/portal//study", "//portal/study", "/portal/study//"):
        answer = browser.get(address, host="evil.example")
        assert "evil.example" not in repr(answer)
        assert answer.status in (200, 404)
