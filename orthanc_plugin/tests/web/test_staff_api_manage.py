from __future__ import annotations

import pytest

from ..support.api import SHARES, body, created, problem
from ..support.browser import Browser, staff, stranger
from ..support.world import STAFF_PASSWORD, World


@pytest.fixture
def office(world: World) -> Browser:
    return staff(world)


def test_shares_are_listed_newest_first_in_pages(office: Browser) -> None:
    made = []
    for _ in range(5):
        made.append(created(office)["id"])
        office.world.clock.advance(1)
    first = body(office.get(f"{SHARES}?limit=2"))
    second = body(office.get(f"{SHARES}?limit=2&cursor={first['next_cursor']}"))
    third = body(office.get(f"{SHARES}?limit=2&cursor={second['next_cursor']}"))
    listed = [share["id"] for page in (first, second, third) for share in page["shares"]]
    assert listed == made[::-1]
    assert third["next_cursor"] is None


def test_listings_can_be_filtered(office: Browser) -> None:
    one, two = created(office)["id"], created(office, orthanc_id=office.world.sibling.id)["id"]
    office.post(f"{SHARES}/{two}/revoke")

    def ids(query: str) -> list[str]:
        return [share["id"] for share in body(office.get(f"{SHARES}?{query}"))["shares"]]

    assert ids("state=active") == [one]
    assert ids("state=revoked") == [two]
    assert ids("state=expired") == []
    assert ids(f"orthanc_id={office.world.mine.id}") == [one]
    assert ids(f"study_instance_uid={office.world.sibling.study_instance_uid}") == [two]


@pytest.mark.parametrize(
    "query",
    [
        "state=x",
        "state=",
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=x",
        "limit=1e3",
        "limit=²",
        "limit=99999999999",
        "cursor=x",
        "cursor=",
        "orthanc_id=x",
        "orthanc_id=",
        "study_instance_uid=1.2,1.3",
        "study_instance_uid=*",
        "unknown=1",
        "State=active",
    ],
)
def test_a_filter_that_cannot_be_used_is_named(office: Browser, query: str) -> None:
    found = problem(office.get(f"{SHARES}?{query}"), 422, "invalid-input")
    assert found["errors"][0]["field"] == query.partition("=")[0]


def test_a_share_is_extended_and_opens_again_after_it_expired(office: Browser) -> None:
    share = created(office, validity_days=1)
    office.world.clock.advance(days=10)
    address = f"{SHARES}/{share['id']}"
    assert body(office.get(address))["state"] == "expired"
    extended = body(office.json(f"{address}/extend", {"validity_days": 5}))
    assert (extended["state"], extended["last_valid_day"]) == ("active", "2026-06-25")
    assert stranger(office.world).log_in(share["access_code"], share["password"]).status == 303


def test_a_revoked_share_answers_when_and_cannot_be_extended(office: Browser) -> None:
    address = f"{SHARES}/{created(office)['id']}"
    revoked = body(office.post(f"{address}/revoke"))
    assert (revoked["state"], revoked["revoked_at"]) == ("revoked", "2026-06-10T10:00:00Z")
    office.world.clock.advance(60)
    assert body(office.post(f"{address}/revoke"))["revoked_at"] == "2026-06-10T10:00:00Z"
    problem(office.json(f"{address}/extend", {"validity_days": 5}), 409, "share-revoked")


def test_a_revocation_ends_the_recipients_session_at_once(office: Browser) -> None:
    share = created(office)
    patient = stranger(office.world)
    patient.log_in(share["access_code"], share["password"])
    assert patient.get("/portal/study").status == 200
    office.post(f"{SHARES}/{share['id']}/revoke")
    assert patient.get("/portal/study").status == 403


@pytest.mark.parametrize("share_id", ["x", "0" * 32, "..", "%00", "' or 1=1 --", "é", "x" * 5000])
def test_an_unknown_share_is_not_found(office: Browser, share_id: str) -> None:
    problem(office.get(f"{SHARES}/{share_id}"), 404, "share-not-found")
    problem(office.json(f"{SHARES}/{share_id}/extend", {"validity_days": 1}), 404, "share-not-found")
    problem(office.post(f"{SHARES}/{share_id}/revoke"), 404, "share-not-found")


@pytest.mark.parametrize(
    "headers", [{"sec_fetch_site": "cross-site"}, {"origin": "http://evil.example"}, {"origin": "null"}]
)
def test_pages_of_other_sites_cannot_make_staff_do_anything(office: Browser, headers: dict[str, str]) -> None:
    share_id = created(office)["id"]
    before = repr(office.world.store)
    for address in (SHARES, f"{SHARES}/{share_id}/revoke", f"{SHARES}/{share_id}/extend"):
        problem(office.json(address, {"accession_number": "A-1"}, **headers), 403, "cross-site")
    assert repr(office.world.store) == before


def test_a_failure_is_reported_without_what_it_was_about(office: Browser) -> None:
    def fail(_share_id: str) -> None:
        raise RuntimeError(f"Muster^Erika {STAFF_PASSWORD}")

    office.world.services.manage_share.shares.get = fail  # type: ignore[method-assign,assignment]
    problem(office.get(f"{SHARES}/x"), 500, "internal")
    (line,) = office.world.reported
    assert "RuntimeError" in line
    assert "Muster" not in line
    assert STAFF_PASSWORD not in line
