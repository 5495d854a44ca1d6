"""The staff API on a real Orthanc: shares, and clear errors for bad input."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from harness.dicom import Geometry, Patient, Study, ct_series
from harness.modality import send
from harness.server import OrthancServer

from .support.practice import SHARES, Practice, Recipient
from .support.studies import Studies

JSON = {"Content-Type": "application/json"}


def problem(answer: requests.Response) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert answer.headers["X-Answer-Type"] == "application/problem+json"
    assert body["status"] == answer.status_code
    assert body["detail"].endswith(".")
    return body


@pytest.mark.parametrize("key", ["orthanc_id", "study_instance_uid", "accession_number"])
def test_a_study_is_named_in_three_ways(practice: Practice, studies: Studies, key: str) -> None:
    value = {"orthanc_id": studies.a.id, "study_instance_uid": studies.a.uid, "accession_number": "ACC-A"}[key]
    answer = practice.api("POST", SHARES, json={key: value, "handout": False, "note": "Grüße"})
    assert answer.status_code == 201
    share = answer.json()
    assert (share["orthanc_id"], share["study_instance_uid"]) == (studies.a.id, studies.a.uid)
    assert share["state"] == "active" and share["handout_html"] is None and share["note"] == "Grüße"
    assert share["link"].startswith(practice.server.url + "/portal/#")


def test_the_password_is_answered_once(practice: Practice, studies: Studies) -> None:
    share = practice.share(studies.a.id)
    again = practice.api("GET", f"{SHARES}/{share.id}").text + practice.api("GET", SHARES).text
    for secret in (share.password, share.password.replace("-", ""), share.code, share.code.replace("-", "")):
        assert secret not in again


def test_lists_are_paged_and_filtered(practice: Practice, studies: Studies) -> None:
    made = [practice.share(studies.b.id).id for _ in range(5)]
    practice.api("POST", f"{SHARES}/{made[0]}/revoke")
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        path = f"{SHARES}?orthanc_id={studies.b.id}&limit=2" + (f"&cursor={cursor}" if cursor else "")
        page = practice.api("GET", path).json()
        assert len(page["shares"]) <= 2
        seen += [share["id"] for share in page["shares"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) and set(made) <= set(seen)
    revoked = practice.api("GET", f"{SHARES}?orthanc_id={studies.b.id}&state=revoked").json()["shares"]
    assert made[0] in [share["id"] for share in revoked]
    assert {share["state"] for share in revoked} == {"revoked"}


def test_extend_and_revoke(practice: Practice, studies: Studies) -> None:
    share = practice.share(studies.a.id, validity_days=1)
    longer = practice.api("POST", f"{SHARES}/{share.id}/extend", json={"validity_days": 90}).json()
    assert longer["last_valid_day"] > practice.api("GET", f"{SHARES}/{share.id}").json()["created_at"][:10]
    practice.revoke(share)
    practice.revoke(share)  # harmless
    refused = practice.api("POST", f"{SHARES}/{share.id}/extend", json={"validity_days": 90})
    assert (refused.status_code, problem(refused)["code"]) == (409, "share-revoked")


def test_an_ambiguous_accession_number_names_the_candidates(practice: Practice, server: OrthancServer) -> None:
    for patient in ("TEST-8", "TEST-9"):
        study = Study(Patient(id=patient, name="Zwilling^Z"), "ACC-TWICE", f"CT {patient}")
        send(ct_series(study, 1, "Axial", np.zeros((1, 16, 16)), Geometry()), server.dicom_port)
    answer = practice.api("POST", SHARES, json={"accession_number": "ACC-TWICE"})
    found = problem(answer)
    assert (answer.status_code, found["code"]) == (409, "ambiguous-study")
    assert {c["study_description"] for c in found["candidates"]} == {"CT TEST-8", "CT TEST-9"}
    assert "Zwilling" not in answer.text
    chosen = practice.api("POST", SHARES, json={"orthanc_id": found["candidates"][0]["orthanc_id"]})
    assert chosen.status_code == 201


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"accession_number": "NOBODY"}, 404, "study-not-found"),
        ({"orthanc_id": "00000000-00000000-00000000-00000000-00000000"}, 404, "study-not-found"),
        ({"study_instance_uid": "1.2.3"}, 404, "study-not-found"),
        ({"accession_number": "*"}, 422, "invalid-input"),
        ({"accession_number": "acc-a"}, 404, "study-not-found"),
        ({"accession_number": "ACC-A\\ACC-B"}, 422, "invalid-input"),
        ({"accession_number": "ACC-A", "validity_days": 0}, 422, "invalid-input"),
        ({"accession_number": "ACC-A", "validity_days": 366}, 422, "invalid-input"),
        ({"accession_number": "ACC-A", "validity_days": "30"}, 422, "invalid-input"),
        ({"accession_number": "ACC-A", "validity_days": 10**400}, 422, "invalid-input"),
        ({"accession_number": "ACC-A", "audience": "everybody"}, 422, "invalid-input"),
        ({"accession_number": "ACC-A", "language": "xx"}, 422, "invalid-input"),
        ({"accession_number": "ACC-A", "surprise": 1}, 422, "invalid-input"),
        ({"accession_number": "ACC-A", "orthanc_id": "x"}, 422, "invalid-input"),
        ({"accession_number": "ACC-A", "note": "x" * 1001}, 422, "invalid-input"),
        ({}, 422, "invalid-input"),
        ([], 422, "invalid-input"),
    ],
)
def test_bad_orders_get_a_clear_error(practice: Practice, studies: Studies, body: Any, status: int, code: str) -> None:
    answer = practice.api("POST", SHARES, data=json.dumps(body), headers=JSON)
    assert (answer.status_code, problem(answer)["code"]) == (status, code)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", JSON, 400),
        (b'{"accession_number": ', JSON, 400),
        (b"[" * 500 + b"]" * 500, JSON, 400),
        (b'{"a":' * 500 + b"1" + b"}" * 500, JSON, 400),
        (b'{"accession_number": "\xff\xfe"}', JSON, 400),
        (b'{"accession_number": "\\ud800"}', JSON, 400),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b"{}", {"Content-Type": "multipart/mixed; boundary=x"}, 415),
        (b'{"note": "' + b"x" * 10_000_000 + b'"}', JSON, 413),
    ],
)
def test_bad_bodies_get_a_clear_error(practice: Practice, body: bytes, headers: dict[str, str], status: int) -> None:
    answer = practice.api("POST", SHARES, data=body, headers=headers)
    assert answer.status_code == status
    problem(answer)


def test_multipart_forms_are_refused(practice: Practice) -> None:
    answer = practice.api(
        "POST", SHARES, files={"part": ("x.json", b'{"accession_number": "ACC-A"}', "application/json")}
    )
    assert answer.status_code == 403


def test_the_server_survives_it_all(practice: Practice, studies: Studies) -> None:
    assert practice.share(studies.a.id).link


@pytest.mark.parametrize("path", [SHARES, f"{SHARES}/x", "/patient-share", "/patient-share/api/v1/openapi.json"])
def test_strangers_and_recipients_are_no_staff(
    server: OrthancServer, practice: Practice, studies: Studies, path: str
) -> None:
    for visitor in (Recipient(server.url), practice.login(practice.share(studies.a.id))):
        answer = visitor.get(path)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize(("method", "path"), [("DELETE", SHARES), ("POST", "/portal/study"), ("DELETE", "/robots.txt")])
def test_a_method_that_a_route_does_not_have_gets_an_answer(practice: Practice, method: str, path: str) -> None:
    assert practice.api(method, path).status_code == 404


def test_the_served_api_description_is_the_checked_in_one(practice: Practice) -> None:
    checked_in = Path(__file__).parent.parent / "docs" / "openapi.json"
    assert practice.api("GET", "/patient-share/api/v1/openapi.json").text == checked_in.read_text(encoding="utf-8")


def test_requests_that_arrive_together_with_one_key_make_one_share(practice: Practice, studies: Studies) -> None:
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"orthanc_id": studies.b.id, "handout": False}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: practice.api("POST", SHARES, json=body, headers=headers), range(6)))
    made = [answer for answer in answers if answer.status_code == 201]
    # A crowd may be told to come back; nobody else makes a share.
    others = [answer for answer in answers if answer.status_code not in (201, 503)]
    assert len(made) == 1 and {answer.status_code for answer in others} <= {200}
    assert {answer.json()["id"] for answer in (*made, *others)} == {made[0].json()["id"]}
    again = practice.api("POST", SHARES, json=body, headers=headers)
    assert again.status_code == 200 and again.json()["already_created"] and "password" not in again.json()
    other = practice.api("POST", SHARES, json={**body, "note": "x"}, headers=headers)
    assert (other.status_code, problem(other)["code"]) == (409, "idempotency-key-reused")
