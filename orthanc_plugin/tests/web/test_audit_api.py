from __future__ import annotations

import json
from typing import Any

import pytest

from orthanc_plugin.web.wsgi_bridge import Response

from ..support.api import body, problem
from ..support.browser import recipient, staff
from ..support.world import World

AUDIT = "/patient-share/api/v1/audit"


def entries(answer: Response) -> list[dict[str, Any]]:
    assert answer.status == 200, answer.body
    found = body(answer)["entries"]
    assert isinstance(found, list)
    return found


def test_staff_see_what_happened_newest_first_and_that_they_looked(world: World) -> None:
    recipient(world)
    found = entries(staff(world).get(AUDIT))
    assert [entry["action"] for entry in found] == ["audit-read", "login", "share-created"]
    assert found[0]["who"] == "staff:reception"
    assert found[0]["event"] == {"code": "110101", "meaning": "Audit Log Used"}
    assert found[1]["event_type"] == {"code": "110122", "meaning": "Login"}
    assert found[1]["at"] == "2026-06-10T10:00:00Z"
    assert found[2]["studies"] == [world.mine.study_instance_uid]
    assert [entry["seq"] for entry in found] == [3, 2, 1]


def test_filters_narrow_the_list(world: World) -> None:
    first, second = world.share(), world.share(world.foreign)
    world.session_of(first)
    office = staff(world)

    def seqs(query: str) -> list[int]:
        return [entry["seq"] for entry in entries(office.get(f"{AUDIT}?{query}")) if entry["seq"] <= 3]

    assert seqs(f"share_id={first.share.id}") == [3, 1]
    assert seqs(f"study_instance_uid={second.share.studies[0].study_instance_uid}") == [2]
    assert seqs("action=login") == [3]
    assert seqs("event=110113") == [2, 1]
    assert seqs("who=staff:reception") == [2, 1]
    assert seqs("who=staff%253Areception") == [2, 1]
    assert seqs("outcome=4") == []
    assert seqs("since=2026-06-10T10:00:00Z&until=2026-06-11") == [3, 2, 1]
    assert seqs("since=20260610T100001Z") == []
    assert seqs("until=2026-06-10T12:00:00%2B02:00") == []


def test_pages_follow_one_another(world: World) -> None:
    for _ in range(5):
        world.share()
    office = staff(world)
    first = body(office.get(f"{AUDIT}?limit=2&action=share-created"))
    second = body(office.get(f"{AUDIT}?limit=2&action=share-created&cursor={first['next_cursor']}"))
    third = body(office.get(f"{AUDIT}?limit=2&action=share-created&cursor={second['next_cursor']}"))
    assert [[entry["seq"] for entry in page["entries"]] for page in (first, second, third)] == [[5, 4], [3, 2], [1]]
    assert third["next_cursor"] is None


def test_the_export_is_one_sealed_entry_a_line(world: World) -> None:
    for _ in range(3):
        world.share()
    office = staff(world)
    answer = office.get(f"{AUDIT}/export?limit=2")
    assert (answer.status, answer.header("content-type")) == (200, "application/x-ndjson")
    lines = [json.loads(line) for line in answer.body.splitlines()]
    assert [line["seq"] for line in lines] == [1, 2]
    assert set(lines[0]) == {"entry", "key_version", "mac", "previous", "seq"}
    assert world.store.events[0].canonical().encode() in answer.body
    rest = office.get(f"{AUDIT}/export?cursor={answer.header('x-next-cursor')}")
    assert [json.loads(line)["entry"]["action"] for line in rest.body.splitlines()] == [
        "share-created",
        "audit-exported",
        "audit-exported",
    ]
    assert rest.header("x-next-cursor") == ""


def test_the_log_is_verified_on_demand(world: World) -> None:
    world.share()
    office = staff(world)
    found = body(office.get(f"{AUDIT}/verify"))
    assert (found["intact"], found["first_bad"], found["head_seq"]) == (True, None, 2)
    assert body(office.get(f"{AUDIT}/verify?expect=2:{found['head_mac']}"))["intact"]
    assert not body(office.get(f"{AUDIT}/verify?expect=9:{found['head_mac']}"))["intact"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("x=1", "x"),
        ("outcome=1", "outcome"),
        ("outcome=-4", "outcome"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=²", "limit"),
        ("action=nothing", "action"),
        ("event=110199", "event"),
        ("study_instance_uid=x%25", "study_instance_uid"),
        ("since=yesterday", "since"),
        ("until=99999-01-01", "until"),
        ("cursor=x", "cursor"),
        ("cursor=" + "9" * 19, "cursor"),
        ("who=" + "x" * 221, "who"),
    ],
)
@pytest.mark.parametrize("route", ["", "/export"])
def test_what_cannot_be_used_is_named(world: World, route: str, query: str, field: str) -> None:
    if route and query == "limit=201":
        query = "limit=10001"
    found = problem(staff(world).get(f"{AUDIT}{route}?{query}"), 422, "invalid-input")
    assert [fault["field"] for fault in found["errors"]] == [field]


@pytest.mark.parametrize("query", ["expect=x", "expect=", "expect=1", "expect=1:" + "G" * 64, "limit=1"])
def test_a_verification_takes_a_mark_and_nothing_else(world: World, query: str) -> None:
    problem(staff(world).get(f"{AUDIT}/verify?{query}"), 422, "invalid-input")


@pytest.mark.parametrize("route", ["", "/export", "/verify"])
def test_a_log_that_cannot_be_written_cannot_be_read(world: World, route: str) -> None:
    world.audit.broken = True
    assert staff(world).get(AUDIT + route).status == 503


def test_no_secret_and_no_name_reach_the_log(world: World) -> None:
    new = world.share()
    office = staff(world)
    created = body(
        office.json(
            "/patient-share/api/v1/shares", {"orthanc_id": world.mine.id, "note": "CANARY-NOTE", "language": "de"}
        )
    )
    browser = recipient(world)
    browser.headers["user-agent"] = "CANARY-AGENT (iPhone)"
    browser.log_in(new.code.grouped, new.password.grouped)
    browser.log_in(new.code.grouped, "00000-00000")
    for address in ("/portal/study", "/portal/series/2", "/portal/series/2/images/1", "/portal/openings"):
        assert browser.get(address).status == 200
    browser.post("/portal/logout")
    office.get(f"{AUDIT}?who=CANARY-WHO")
    log = office.get(f"{AUDIT}/export").body.decode()
    assert log.count("\n") > 8
    secrets = [new.code.text, new.code.grouped, new.password.text, new.password.grouped, created["access_code"]]
    secrets += [created["password"], *browser.cookies.values(), "192.0.2.7", "CANARY", "Muster", "Erika", "A-1"]
    assert [secret for secret in secrets if secret in log] == []
