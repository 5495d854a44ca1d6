"""One line for each request: enough to follow a fault, nothing of a person."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from orthanc_plugin.adapters.request_log_file import RequestLogFile, UnusableLog

from ..support.browser import recipient, staff, stranger
from ..support.world import World, build_world

PROXY = "10.0.0.5"


def logged(world: World) -> list[Mapping[str, object]]:
    lines: list[Mapping[str, object]] = []
    object.__setattr__(world.services, "log_request", lines.append)
    return lines


def test_each_request_leaves_one_line(world: World) -> None:
    lines = logged(world)
    stranger(world).get("/portal")
    staff(world).get("/patient-share")
    patient = recipient(world)
    patient.get("/portal/series/1")
    assert [(line["who"], line["method"], line["route"], line["status"]) for line in lines] == [
        ("stranger", "GET", "/portal", 200),
        ("staff", "GET", "/patient-share", 200),
        ("stranger", "POST", "/portal/login", 303),
        ("recipient", "GET", "/portal/series/<int:ordinal>", 200),
    ]
    assert all(isinstance(line["milliseconds"], int) for line in lines)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(line["time"])) for line in lines)
    assert len({line["request"] for line in lines}) == 4


@pytest.mark.parametrize(
    "path", ["/portal/ABCDE-FGHJK-MNPQ", "/portal/help/Muster", "/portal/study?name=Muster", "/portal/%0a"]
)
def test_nothing_that_was_typed_is_in_it(world: World, path: str) -> None:
    lines = logged(world)
    visitor = recipient(world)
    visitor.get(path, user_agent="Muster", referer="https://Muster.example")
    visitor.request("MUSTER", path)
    visitor.submit("/portal/login", {"code": "Muster", "password": "Muster"})
    text = json.dumps(lines).lower()
    for word in ("muster", "abcde", "%0a", "\n", visitor.peer, *visitor.cookies.values()):
        assert word.lower() not in text, word
    assert len(lines) == 4


def test_the_answer_names_the_number_of_its_line(world: World) -> None:
    lines = logged(world)
    answer = stranger(world).get("/portal")
    assert answer.header("x-request-id") == lines[0]["request"]


def test_the_proxys_number_is_taken_over_and_nobody_elses() -> None:
    world = build_world(trusted=("10.0.0.5/32",))
    visitor = stranger(world)
    for peer, given, taken in (
        (PROXY, "0af7651916cd43dd8448eb211c80319c", True),
        (PROXY, "short", False),
        (PROXY, "x" * 65, False),
        (PROXY, "0af7651916cd43dd\u00e4", False),
        ("192.0.2.7", "0af7651916cd43dd8448eb211c80319c", False),
    ):
        visitor.peer = peer
        found = visitor.get("/portal", x_request_id=given).header("x-request-id")
        assert (found == given) == taken, given
        assert re.fullmatch(r"[0-9a-f]{16,32}", found)


def test_a_fault_names_the_number_of_its_request(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("Muster")

    monkeypatch.setattr(type(world.services.view_study), "studies", fails)
    answer = recipient(world).get("/portal/study")
    assert answer.status == 500
    assert f"request {answer.header('x-request-id')}, " in world.reported[0] and "Muster" not in world.reported[0]


def test_the_file_holds_one_json_object_a_line_and_is_closed_to_strangers(tmp_path: Path) -> None:
    with closing(RequestLogFile(str(tmp_path / "log"))) as write:
        write({"status": 200, "route": "/ä\n%s"})
        write({"status": 404})
    lines = (tmp_path / "log").read_text(encoding="ascii").splitlines()
    assert [json.loads(line)["status"] for line in lines] == [200, 404]
    assert not (tmp_path / "log").stat().st_mode & 0o007


def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    with closing(RequestLogFile(str(tmp_path / "log"))) as write:
        write({"n": 1})
        (tmp_path / "log").rename(tmp_path / "log.1")
        write({"n": 2})
    assert (tmp_path / "log").read_text() == '{"n":2}\n'


def test_a_file_that_cannot_be_written_is_said_at_the_start_and_costs_nobody_an_answer_later(tmp_path: Path) -> None:
    with pytest.raises(UnusableLog, match="No such file"):
        RequestLogFile(str(tmp_path / "missing" / "log"))
    (tmp_path / "folder").mkdir()
    with closing(RequestLogFile(str(tmp_path / "folder" / "log"))) as write:
        (tmp_path / "folder" / "log").unlink()
        (tmp_path / "folder").rmdir()
        write({"n": 1})
