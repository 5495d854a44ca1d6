"""Whatever staff send: a clear sentence, a code for programs, and nothing is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..support.api import SHARES, problem
from ..support.browser import FORM, JSON, Browser, staff
from ..support.studies import orthanc_id
from ..support.world import World

GOOD = {"accession_number": "A-1"}


@pytest.fixture
def office(world: World) -> Browser:
    return staff(world)


@pytest.fixture(autouse=True)
def nothing_is_lost_or_made(world: World) -> Any:
    """Shares from before survive every bad request, and no bad request makes a new one or a report."""
    world.share()
    before = dict(world.store.shares)
    yield
    assert world.store.shares == before
    assert world.reported == []


def sent(office: Browser, data: bytes, kind: str = JSON) -> Any:
    return office.post(SHARES, data, content_type=kind)


NOT_JSON = {
    "nothing": b"",
    "half an object": b'{"accession_number": "A-1"',
    "single quotes": b"{'accession_number': 'A-1'}",
    "a trailing comma": b'{"accession_number": "A-1",}',
    "a comment": b'{"accession_number": "A-1"} // x',
    "two values": b"{} {}",
    "500 nested brackets": b"[" * 500 + b"]" * 500,
    "500 nested objects": b'{"a":' * 500 + b"1" + b"}" * 500,
    "20000 open brackets": b"[" * 20_000,
    "not UTF-8": b'{"accession_number": "\xff\xfe"}',
    "Latin-1": '{"note": "Größe"}'.encode("latin-1"),
    "UTF-16": json.dumps(GOOD).encode("utf-16"),
    "a lone surrogate": b'{"accession_number": "A-1", "note": "\\ud800"}',
    "a lone low surrogate": b'{"accession_number": "A-1", "note": "\\udc00x"}',
    "a surrogate in UTF-8": b'{"accession_number": "A-1", "note": "\xed\xa0\x80"}',
    "a bare control character": b'{"accession_number": "A-1", "note": "a\x01b"}',
    "a form": b"accession_number=A-1",
    "NaN as a number": b'{"accession_number": "A-1", "validity_days": nan}',
}


@pytest.mark.parametrize("what", NOT_JSON)
def test_a_body_that_is_no_json_is_said(office: Browser, what: str) -> None:
    found = problem(sent(office, NOT_JSON[what]), 400, "invalid-json")
    assert "JSON" in found["detail"]


DUPLICATES = {
    "at the top": b'{"accession_number": "A-1", "validity_days": 1, "validity_days": 365}',
    "equal values": b'{"accession_number": "A-1", "accession_number": "A-1"}',
    "in another spelling": b'{"accession_number": "A-1", "note": "", "n\\u006fte": "x"}',
}


@pytest.mark.parametrize("what", DUPLICATES)
def test_a_field_that_is_given_twice_is_refused(office: Browser, what: str) -> None:
    answer = sent(office, DUPLICATES[what])
    assert answer.status in (400, 422)
    problem(answer, answer.status, "invalid-json" if answer.status == 400 else "invalid-input")


UNFIT: list[tuple[Any, str]] = [
    ({**GOOD, "validty_days": 3}, "validty_days"),
    ({**GOOD, "share_id": "x"}, "share_id"),
    ({**GOOD, "validity_days": "30"}, "validity_days"),
    ({**GOOD, "validity_days": True}, "validity_days"),
    ({**GOOD, "validity_days": 30.0}, "validity_days"),
    ({**GOOD, "validity_days": 0.5}, "validity_days"),
    ({**GOOD, "validity_days": [30]}, "validity_days"),
    ({**GOOD, "validity_days": 0}, "validity_days"),
    ({**GOOD, "validity_days": -1}, "validity_days"),
    ({**GOOD, "validity_days": 366}, "validity_days"),
    ({**GOOD, "validity_days": 10**25}, "validity_days"),
    ({**GOOD, "handout": "yes"}, "handout"),
    ({**GOOD, "handout": 1}, "handout"),
    ({**GOOD, "handout": None}, "handout"),
    ({**GOOD, "audience": "everybody"}, "audience"),
    ({**GOOD, "audience": 1}, "audience"),
    ({**GOOD, "audience": None}, "audience"),
    ({**GOOD, "language": "fr"}, "language"),
    ({**GOOD, "language": "../de"}, "language"),
    ({**GOOD, "language": 5}, "language"),
    ({**GOOD, "note": 5}, "note"),
    ({**GOOD, "note": None}, "note"),
    ({**GOOD, "note": "x" * 1001}, "note"),
    ({**GOOD, "note": "a\x00b"}, "note"),
    ({**GOOD, "note": "a\tb"}, "note"),
    ({**GOOD, "note": "a\u202eb"}, "note"),
    ({"accession_number": 5}, "accession_number"),
    ({"accession_number": ""}, "accession_number"),
    ({"accession_number": "A\\B"}, "accession_number"),
    ({"accession_number": "A" * 65}, "accession_number"),
    ({"study_instance_uid": "1.2\\1.3"}, "study_instance_uid"),
    ({"study_instance_uid": ""}, "study_instance_uid"),
    ({"orthanc_id": "../../system"}, "orthanc_id"),
    ({"orthanc_id": orthanc_id("mine").upper()}, "orthanc_id"),
    ({"orthanc_id": True}, "orthanc_id"),
    ({}, "body"),
    ({"note": "x"}, "body"),
    ({**GOOD, "orthanc_id": orthanc_id("mine")}, "body"),
    ({"accession_number": None}, "body"),
    ([], "body"),
    ([GOOD], "body"),
    ("text", "body"),
    (5, "body"),
    (None, "body"),
]


@pytest.mark.parametrize(("value", "field"), UNFIT, ids=lambda v: json.dumps(v)[:60])
def test_a_body_that_does_not_fit_names_the_field(office: Browser, value: Any, field: str) -> None:
    found = problem(office.json(SHARES, value), 422, "invalid-input")
    assert field in [fault["field"] for fault in found["errors"]]
    assert all(fault["detail"] for fault in found["errors"])


def test_a_value_that_was_refused_is_not_quoted(office: Browser) -> None:
    for wanted in (
        {**GOOD, "note": "Mustermann\x00"},
        {"accession_number": "Mustermann\\"},
        {"orthanc_id": "Mustermann"},
    ):
        answer = office.json(SHARES, wanted)
        assert b"Mustermann" not in answer.body


def test_unknown_fields_with_long_or_hostile_names_are_answered_shortly(office: Browser) -> None:
    for name in ("x" * 50_000, "<script>", "\x00", "a\nb"):
        answer = office.json(SHARES, {**GOOD, name: 1})
        assert answer.status == 422
        assert len(answer.body) < 5000


@pytest.mark.parametrize(
    "kind", ["", "text/plain", FORM, "application/xml", "application/jsonx", "x", "application/json-patch+json"]
)
def test_a_body_of_another_kind_is_refused(office: Browser, kind: str) -> None:
    problem(sent(office, json.dumps(GOOD).encode(), kind), 415, "unsupported-media-type")


@pytest.mark.parametrize("size", [65 * 1024, 10 * 1024 * 1024])
def test_a_body_that_is_too_large_is_refused(office: Browser, size: int) -> None:
    problem(sent(office, b'{"note": "' + b"x" * size + b'"}'), 413, "too-large")


BAD_EXTENSIONS = [
    b"",
    b"[" * 500,
    b"\xff",
    b"{}",
    b'{"validity_days": "3"}',
    b'{"validity_days": true}',
    b'{"validity_days": null}',
    b'{"validity_days": 3.0}',
    b'{"validity_days": 0}',
    b'{"validity_days": 366}',
    b'{"validity_days": 3, "x": 1}',
    b'{"validity_days": 3, "validity_days": 4}',
]


@pytest.mark.parametrize("data", BAD_EXTENSIONS)
def test_an_extension_is_checked_in_the_same_way(office: Browser, data: bytes) -> None:
    share_id = next(iter(office.world.store.shares))
    answer = office.post(f"{SHARES}/{share_id}/extend", data, content_type=JSON)
    assert answer.status in (400, 422)
    problem(answer, answer.status, "invalid-json" if answer.status == 400 else "invalid-input")
