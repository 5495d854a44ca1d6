"""A creation that is sent again makes no second share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import FormatChecker, validate  # type: ignore[import-untyped]

from orthanc_plugin.domain.credential import Password
from orthanc_plugin.ports import KnownRequest
from orthanc_plugin.use_cases.authenticate import StaffUsers
from orthanc_plugin.use_cases.create_once import KEEP_SECONDS
from orthanc_plugin.web.openapi_document import document
from orthanc_plugin.web.wsgi_bridge import Response

from ..support.api import SHARES, body, problem
from ..support.browser import Browser, staff
from ..support.world import STAFF_PASSWORD, STAFF_USER, World, basic

KEY = "4a1f-Patient:17"


def create(office: Browser, key: str = KEY, **wanted: Any) -> Response:
    return office.json(SHARES, {"orthanc_id": office.world.mine.id, **wanted}, **{"idempotency-key": key})


def test_the_second_answer_names_the_share_and_holds_no_secret(world: World) -> None:
    first = create(staff(world), note="x")
    assert first.status == 201
    made = body(first)
    # The same wishes, written differently.
    again = staff(world).post(
        SHARES,
        b'{ "note": "x",\n "handout": true, "orthanc_id": "%s" }' % world.mine.id.encode(),
        **{"idempotency-key": KEY, "content_type": "application/json"},
    )
    assert again.status == 200
    found = body(again)
    assert (found["id"], found["already_created"], found["state"]) == (made["id"], True, "active")
    assert again.header("location") == f"{SHARES}/{made['id']}"
    assert not {"password", "access_code", "link", "handout_html"} & set(found)
    for secret in (made["password"], made["access_code"]):
        assert secret not in again.body.decode()
    schema = {"$ref": "#/components/schemas/AlreadyCreated", "components": document()["components"]}
    validate(found, schema, format_checker=FormatChecker())
    assert len(world.store.shares) == 1


def test_the_same_key_for_other_wishes_is_refused(world: World) -> None:
    create(staff(world))
    problem(create(staff(world), note="another"), 409, "idempotency-key-reused")
    assert len(world.store.shares) == 1


def test_another_key_and_no_key_make_another_share(world: World) -> None:
    for key in (KEY, "other"):
        assert create(staff(world), key).status == 201
    for _ in range(2):
        assert staff(world).json(SHARES, {"orthanc_id": world.mine.id}).status == 201
    assert len(world.store.shares) == 4


def test_users_do_not_meet_in_their_choice_of_keys(world: World) -> None:
    world.services.authenticator.staff = StaffUsers({STAFF_USER: STAFF_PASSWORD, "second": "a long staff password"})
    assert create(staff(world)).status == 201
    assert create(Browser(world, {"authorization": basic("second")})).status == 201


def test_a_request_that_failed_may_be_repeated_with_its_key(world: World) -> None:
    assert create(staff(world), accession_number="none", orthanc_id=None).status == 404
    world.hasher.busy = True
    assert create(staff(world)).status == 503
    world.hasher.busy = False
    assert create(staff(world)).status == 201


def interrupt(world: World, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], None]) -> None:
    """Another request arrives after the next one has looked for its key, and is ready first."""
    usual, waiting = world.hasher.hash, [meanwhile]

    def slow(password: Password) -> str:
        if waiting:
            waiting.pop()()
        return usual(password)

    monkeypatch.setattr(world.hasher, "hash", slow)


def test_of_two_requests_at_once_one_makes_the_share(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Response] = []
    interrupt(world, monkeypatch, lambda: answers.append(create(staff(world))))
    answers.append(create(staff(world)))
    assert [answer.status for answer in answers] == [201, 200]
    assert len({body(answer)["id"] for answer in answers}) == len(world.store.shares) == 1


def test_of_two_requests_at_once_with_other_wishes_one_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses: list[int] = []
    interrupt(world, monkeypatch, lambda: statuses.append(create(staff(world), note="another").status))
    problem(create(staff(world)), 409, "idempotency-key-reused")
    assert len(world.store.shares) == 1 and statuses == [201]


def test_a_share_that_was_deleted_is_not_made_again(world: World) -> None:
    share_id = body(create(staff(world)))["id"]
    staff(world).post(f"{SHARES}/{share_id}/revoke")
    staff(world).request("DELETE", f"{SHARES}/{share_id}")
    assert "deleted" in problem(create(staff(world)), 409, "idempotency-key-reused")["detail"]


def test_keys_are_kept_for_a_day_at_least_and_then_forgotten(world: World) -> None:
    create(staff(world))
    world.clock.advance(days=1)
    assert create(staff(world)).status == 200
    world.clock.advance(seconds=KEEP_SECONDS)
    create(staff(world), "other")
    assert len(world.store.requests) == 1
    assert create(staff(world)).status == 201


def test_a_key_from_before_a_rotation_of_keys_still_counts(world: World) -> None:
    made = body(create(staff(world)))
    [(request, at)] = world.store.requests.values()
    old = KnownRequest(request.key.replace("new:", "old:"), request.body.replace("new:", "old:"), request.share_id)
    world.store.requests = {old.key: (old, at)}
    assert body(create(staff(world)))["id"] == made["id"]
    world.store.requests = {old.key: (replace(old, body="old:x"), at)}
    problem(create(staff(world)), 409, "idempotency-key-reused")


@pytest.mark.parametrize("key", ["", " ", "a b", "ä", "x" * 256, "a\tb"])
def test_a_key_that_is_none_is_refused(world: World, key: str) -> None:
    assert problem(create(staff(world), key), 422, "invalid-input")["errors"][0]["field"] == "Idempotency-Key"
    assert world.store.shares == {}
