from __future__ import annotations

import json

import pytest

from ..support.api import SHARES, body, created, problem
from ..support.browser import JSON, Browser, staff, stranger
from ..support.clock import at
from ..support.studies import orthanc_id, uid
from ..support.world import World, build_world


@pytest.fixture
def office(world: World) -> Browser:
    return staff(world)


@pytest.mark.parametrize(
    ("field", "value"),
    [("orthanc_id", orthanc_id("mine")), ("study_instance_uid", uid("mine")), ("accession_number", "A-1")],
)
def test_a_share_is_created_by_each_kind_of_identifier(office: Browser, field: str, value: str) -> None:
    answer = office.json(SHARES, {field: value})
    share = body(answer)
    assert answer.status == 201
    assert answer.header("content-type") == JSON
    assert answer.header("location") == f"{SHARES}/{share['id']}"
    assert share["orthanc_id"] == orthanc_id("mine")
    assert (share["state"], share["audience"], share["language"]) == ("active", "patient", "de")
    assert share["created_by"] == "reception"
    assert share["last_valid_day"] == "2026-07-10"
    assert share["expires_at"] == "2026-07-10T22:00:00Z"
    assert share["link"] == f"http://127.0.0.1:8042/portal/#{share['access_code']}"
    assert len(share["access_code"]) == 16
    assert len(share["password"]) == 11
    assert share["handout_html"].startswith("<!doctype html>")


def test_the_answer_to_a_creation_opens_the_share(office: Browser) -> None:
    share = created(office)
    assert stranger(office.world).log_in(share["access_code"], share["password"]).status == 303


def test_everything_that_can_be_ordered_is_kept(office: Browser) -> None:
    share = created(office, validity_days=1, audience="referrer", note="Zeile 1\nZeile 2", language="en", handout=False)
    assert (share["audience"], share["language"], share["note"]) == ("referrer", "en", "Zeile 1\nZeile 2")
    assert share["handout_html"] is None
    assert office.world.store.shares[share["id"]].expires_at == at(2026, 6, 12, 0)


def test_the_letter_names_the_patient_but_no_referrer_and_the_rest_of_the_answer_names_nobody(office: Browser) -> None:
    for audience, named in (("patient", True), ("referrer", False)):
        share = created(office, audience=audience)
        assert ("Erika Muster" in share.pop("handout_html")) is named
        assert "Erika" not in json.dumps(share)


def test_code_and_password_are_never_answered_again(office: Browser) -> None:
    share = created(office)
    address = f"{SHARES}/{share['id']}"
    answers = [
        office.get(SHARES),
        office.get(address),
        office.json(f"{address}/extend", {"validity_days": 3}),
        office.post(f"{address}/revoke"),
        office.get("/portal"),
        office.get("/patient-share"),
    ]
    for answer in answers:
        assert answer.status == 200
        for secret in (share["access_code"], share["password"]):
            assert secret.encode() not in answer.body
            assert secret.replace("-", "").encode() not in answer.body


def test_links_are_built_from_the_configured_address_and_never_from_the_host(world: World) -> None:
    world = build_world("https://portal.practice.example")
    headers = {"host": "evil.example", "x_forwarded_host": "evil.example", "forwarded": "host=evil.example"}
    answer = staff(world).json(SHARES, {"accession_number": "A-1"}, **headers)
    assert body(answer)["link"].startswith("https://portal.practice.example/portal/#")
    assert b"evil.example" not in answer.body
    assert "evil.example" not in repr(answer.headers)


def test_an_unknown_study_is_said(office: Browser) -> None:
    for wanted in ({"orthanc_id": orthanc_id("x")}, {"study_instance_uid": "1.2.3"}, {"accession_number": "none"}):
        problem(office.json(SHARES, wanted), 404, "study-not-found")


def test_an_ambiguous_accession_number_answers_the_candidates_without_names(office: Browser) -> None:
    found = problem(office.json(SHARES, {"accession_number": "A-2"}), 409, "ambiguous-study")
    assert {candidate["orthanc_id"] for candidate in found["candidates"]} == {
        orthanc_id("sibling"),
        orthanc_id("foreign"),
    }
    assert b"Muster" not in json.dumps(found).encode()
    assert office.world.store.shares == {}


def test_a_busy_server_says_when_to_try_again(office: Browser) -> None:
    office.world.hasher.busy = True
    answer = office.json(SHARES, {"accession_number": "A-1"})
    problem(answer, 503, "busy")
    assert answer.header("retry-after") == "5"
