from __future__ import annotations

from typing import Any

import pytest

from orthanc_plugin.adapters import orthanc_sdk
from orthanc_plugin.adapters.orthanc_sdk import OrthancRest, OrthancTooOld, check_versions
from orthanc_plugin.web.request import Request
from orthanc_plugin.web.wsgi_bridge import Response, Stream

from ..support import fake_orthanc
from ..support.fake_orthanc import ChangeType, OrthancException, Recorder, ResourceType, RestOutput

PAGE = (("Content-Type", "text/html; charset=utf-8"),)


def test_the_stand_in_imitates_what_it_says_and_nothing_that_is_missing() -> None:
    for name, members in fake_orthanc.FAKED.items():
        assert hasattr(fake_orthanc, name)
        assert all(hasattr(getattr(fake_orthanc, name), member) for member in members)


def test_versions_that_can_be_protected_pass(sdk: Recorder) -> None:
    check_versions()
    sdk.version = (1, 13, 0)
    check_versions()


@pytest.mark.parametrize("version", [(1, 10, 1), (1, 12, 6), (0, 99, 99)])
def test_an_orthanc_that_is_too_old_is_refused(sdk: Recorder, version: tuple[int, int, int]) -> None:
    sdk.version = version
    with pytest.raises(OrthancTooOld, match=r"1\.12\.7"):
        check_versions()


def test_a_python_plugin_that_is_too_old_is_refused(sdk: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(RestOutput, "StartStreamAnswer")
    with pytest.raises(OrthancTooOld, match="orthanc-python"):
        check_versions()


def test_rest_answers_unknown_resources_with_none_and_other_failures_with_an_error(sdk: Recorder) -> None:
    sdk.rest = {
        "/good": b"yes",
        "/unknown": OrthancException(17, "Unknown resource"),
        "/inexistent": OrthancException(7, "Inexistent item"),
        "/broken": OrthancException(2000, "secret /var/lib/path"),
        "/strange": OrthancException(),
    }
    rest = OrthancRest()
    assert rest.get("/good") == b"yes"
    assert rest.post("/good", "body") == b"yes"
    assert sdk.asked[-1] == ("/good", "body")
    assert rest.get("/unknown") is None
    assert rest.get("/inexistent") is None
    for path in ("/broken", "/strange"):
        with pytest.raises(OSError, match="Orthanc error") as fault:
            rest.get(path)
        assert "secret" not in str(fault.value)


def filtered(sdk: Recorder, decide: Any, **changes: Any) -> bool:
    orthanc_sdk.register_filter(decide)
    facts = {"method": 1, "ip": "192.0.2.1", "headers": {"host": "x"}, "get": {"a": "1"}, **changes}
    (registered,) = sdk.filters
    return registered("/path", **{name: value for name, value in facts.items() if value is not ...})


def test_the_filter_sees_the_whole_request(sdk: Recorder) -> None:
    seen: list[Request] = []

    def admit(request: Request) -> bool:
        seen.append(request)
        return True

    assert filtered(sdk, admit)
    assert seen == [Request("GET", "/path", {"a": "1"}, {"host": "x"}, "192.0.2.1")]


@pytest.mark.parametrize(
    ("number", "method"), [(1, "GET"), (2, "POST"), (3, "PUT"), (4, "DELETE"), (0, "?"), (99, "?")]
)
def test_the_filter_knows_the_methods_of_the_sdk(sdk: Recorder, number: int, method: str) -> None:
    seen: list[Request] = []
    filtered(sdk, seen.append, method=number, get=...)
    assert seen[0].method == method
    assert seen[0].query == {}


@pytest.mark.parametrize("answer", [False, None, 1, "yes", object(), [True]])
def test_anything_but_true_is_a_refusal(sdk: Recorder, answer: object) -> None:
    assert filtered(sdk, lambda _request: answer) is False


@pytest.mark.parametrize("fault", [ValueError("name of a patient"), MemoryError(), RecursionError(), KeyError("x")])
def test_a_filter_that_fails_is_a_refusal_and_the_log_says_no_more_than_the_kind(
    sdk: Recorder, fault: Exception
) -> None:
    def fail(_request: Request) -> bool:
        raise fault

    assert filtered(sdk, fail) is False
    assert sdk.errors == [f"Patient Share: the request filter failed: {type(fault).__name__}"]


@pytest.mark.parametrize("missing", ["method", "ip", "headers"])
def test_a_filter_call_that_lacks_something_is_a_refusal(sdk: Recorder, missing: str) -> None:
    assert filtered(sdk, lambda _request: True, **{missing: ...}) is False


def test_routes_answer_through_the_output(sdk: Recorder) -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return Response(404, PAGE, b"<p>")

    orthanc_sdk.register_routes(("/a", "/b"), answer)
    assert [pattern for pattern, _ in sdk.routes] == ["/a", "/b"]
    for headers, status in (({"sec-fetch-mode": "navigate"}, 200), ({}, 404)):
        output = RestOutput()
        sdk.routes[0][1](output, "/a", method="POST", headers=headers, body=b"body")
        assert output.status == status
    assert seen[1] == Request("POST", "/a", {}, {}, "", b"body")
    sdk.routes[0][1](RestOutput(), "/a", method="GET", headers={}, get={"x": "1"}, body=None)
    assert (seen[2].query, seen[2].body) == ({"x": "1"}, b"")


def test_start_and_stop_are_told_and_other_changes_are_not(sdk: Recorder) -> None:
    told: list[str] = []
    orthanc_sdk.register_changes(lambda: told.append("started"), lambda: told.append("stopped"), told.append)
    for change in (ChangeType.NEW_STUDY, ChangeType.ORTHANC_STARTED, ChangeType.NEW_STUDY, ChangeType.ORTHANC_STOPPED):
        sdk.change(change)
    assert told == ["started", "stopped"]
    sdk.change(ChangeType.STABLE_STUDY, ResourceType.STUDY, "one")
    sdk.change(ChangeType.DELETED, ResourceType.STUDY, "other")
    # A series alone.
    sdk.change(ChangeType.DELETED, ResourceType.STUDY + 1)
    assert told == ["started", "stopped", "one", "other"]


def test_metrics_are_numbers(sdk: Recorder) -> None:
    orthanc_sdk.set_metric("patient_share_shares_open", 3)
    assert sdk.metrics == {"patient_share_shares_open": 3.0}


def test_a_stream_goes_out_piece_by_piece_with_its_length() -> None:
    output = RestOutput()
    headers = (("Content-Type", "application/zip"), ("Content-Length", "0"), ("ETag", '"1"'))
    orthanc_sdk.send(output, Response(200, headers, b"", stream=Stream(4, iter([b"ab", b"cd"]))), navigation=False)
    assert (output.status, output.body, output.content_type) == (200, b"abcd", "application/zip")
    assert output.headers == [("ETag", '"1"'), ("Content-Length", "4")]


class _Area:
    """Notes what a storage area is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def create(self, uuid: str, content_type: int, content: bytes) -> None:
        self.asked.append(("create", uuid, content_type, content))

    def read(self, uuid: str, content_type: int, start: int, length: int | None) -> bytes:
        self.asked.append(("read", uuid, content_type, start, length))
        return b"content"

    def remove(self, uuid: str) -> None:
        self.asked.append(("remove", uuid))


def test_a_storage_area_of_the_first_kind_reads_whole_attachments(sdk: Recorder) -> None:
    area = _Area()
    orthanc_sdk.register_storage(area.create, area.read, area.remove)
    ((create, read, remove),) = sdk.storage
    assert (create("u", 1, b"x"), read("u", 1), remove("u", 1)) == (None, b"content", None)
    assert area.asked == [("create", "u", 1, b"x"), ("read", "u", 1, 0, None), ("remove", "u")]


def test_a_storage_area_of_the_third_kind_reads_ranges(sdk: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Any] = []
    monkeypatch.setattr(fake_orthanc, "RegisterStorageArea3", lambda *callbacks: found.extend(callbacks), raising=False)
    area = _Area()
    orthanc_sdk.register_storage(area.create, area.read, area.remove)
    create, read, remove = found
    assert create("u", 1, 1, b"x", object()) == (0, None)
    assert read("u", 1, 3, 4, b"") == (0, b"content")
    assert remove("u", 1, b"") == 0
    assert area.asked == [("create", "u", 1, b"x"), ("read", "u", 1, 3, 4), ("remove", "u")]
    assert not sdk.storage
