from __future__ import annotations

import json
import re

import pytest
from jsonschema import FormatChecker, validate  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV31SpecValidator

from orthanc_plugin.web.openapi_document import as_json, document
from orthanc_plugin.web.own_paths import API
from orthanc_plugin.web.routes import ROUTES

from ..support.api import SHARES
from ..support.browser import Browser, staff
from ..support.world import World, basic

METHODS = ("get", "post", "put", "delete", "patch")


def test_the_document_is_valid() -> None:
    assert [str(fault) for fault in OpenAPIV31SpecValidator(json.loads(as_json())).iter_errors()] == []


def test_every_schema_that_is_named_is_there() -> None:
    known = document()["components"]["schemas"]
    named = set(re.findall(r'"#/components/schemas/(\w+)"', as_json()))
    assert named - set(known) == set()


def test_the_document_names_exactly_the_routes_of_the_api() -> None:
    described = {
        (method.upper(), API + path)
        for path, item in document()["paths"].items()
        for method in item
        if method in METHODS
    }
    served = {(route.method, re.sub(r"<(\w+)>", r"{\1}", route.rule)) for route in ROUTES if route.rule.startswith(API)}
    assert described == served - {("GET", f"{API}/openapi.json")}


def test_the_document_is_served(world: World) -> None:
    answer = staff(world).get(f"{API}/openapi.json")
    assert answer.header("content-type") == "application/json"
    assert answer.body.decode() == as_json()


def test_every_operation_has_a_name_and_says_what_can_go_wrong() -> None:
    operations = [item[m] for item in document()["paths"].values() for m in METHODS if m in item]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all("401" in operation["responses"] for operation in operations)


def schema(name: str) -> dict[str, object]:
    return {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}


def test_answers_are_as_the_document_says(world: World) -> None:
    office = staff(world)
    created = office.json(SHARES, {"accession_number": "A-1"})
    address = f"{SHARES}/{json.loads(created.body)['id']}"
    extended, revoked = office.json(f"{address}/extend", {"validity_days": 3}), office.post(f"{address}/revoke")
    answers = {
        "CreatedShare": [created],
        "ShareView": [office.get(address), extended, revoked],
        "ShareList": [office.get(SHARES), office.get(f"{SHARES}?limit=1")],
        "Problem": [
            office.json(SHARES, {"accession_number": "A-2"}),
            office.json(SHARES, {"x": 1}),
            office.post(SHARES, b"{"),
            office.get(f"{SHARES}/x"),
            Browser(world).get(SHARES),
        ],
    }
    for name, found in answers.items():
        for answer in found:
            validate(json.loads(answer.body), schema(name), format_checker=FormatChecker())


OPERATIONS = {
    (path, method): operation
    for path, item in document()["paths"].items()
    for method, operation in item.items()
    if method in METHODS
}
BODIES = [b"", b"{", b'{"accession_number": "A-1"}', b'{"validity_days": 3}', b'{"validity_days": 0}', b"x" * 100_000]
AMBIGUOUS = b'{"accession_number": "A-2"}'


@pytest.mark.parametrize(("path", "method"), sorted(OPERATIONS))
def test_every_status_that_can_be_provoked_is_described(world: World, path: str, method: str) -> None:
    office = staff(world)
    share_id = world.share().share.id
    described = set(OPERATIONS[path, method]["responses"])
    for identifier in (share_id, "unknown"):
        address = API + path.replace("{share_id}", identifier)
        for headers in ({}, {"sec-fetch-site": "cross-site"}, {"authorization": basic("x", "y")}):
            browser = Browser(world, {**office.headers, **headers})
            for body in (*BODIES, AMBIGUOUS):
                for kind in ("application/json", "text/plain"):
                    answer = browser.request(method.upper(), address, body, content_type=kind)
                    assert str(answer.status) in described, (answer.status, body[:40], headers)
