from __future__ import annotations

import pytest

from orthanc_plugin.adapters import orthanc_sdk
from orthanc_plugin.adapters.log_levels import ALL, HTTP, LogLevels
from orthanc_plugin.adapters.orthanc_sdk import OrthancRest
from orthanc_plugin.web.request import Request
from orthanc_plugin.web.wsgi_bridge import Response

from ..support.fake_orthanc import OrthancException, Recorder

CATEGORIES = ("generic", "plugins", "dicom", "sqlite", "jobs", "lua", "http")


@pytest.fixture
def levels(sdk: Recorder) -> LogLevels:
    sdk.rest = {ALL: b"verbose", **{f"{ALL}-{category}": b"trace" for category in CATEGORIES}}
    return LogLevels(OrthancRest(), orthanc_sdk.log_warning)


def ask(levels: LogLevels, method: str, path: str, body: bytes = b"") -> Response:
    return levels.answer(Request(method, path, {}, {}, body=body))


def test_what_the_command_line_has_set_is_lowered_with_one_warning(levels: LogLevels, sdk: Recorder) -> None:
    levels.lower()
    assert sdk.asked == [(HTTP, ""), (HTTP, "verbose")]
    assert len(sdk.warnings) == 1 and "cookies" in sdk.warnings[0]


@pytest.mark.parametrize("level", [b"default", b"verbose"])
def test_a_level_that_tells_nothing_is_left_alone(levels: LogLevels, sdk: Recorder, level: bytes) -> None:
    sdk.rest[HTTP] = level
    levels.lower()
    assert sdk.asked == [(HTTP, "")] and sdk.warnings == []


def test_without_an_answer_the_start_fails(levels: LogLevels, sdk: Recorder) -> None:
    sdk.rest[HTTP] = OrthancException(1, "broken")
    with pytest.raises(OSError, match="Orthanc error"):
        levels.lower()


def test_reading_is_passed_on(levels: LogLevels, sdk: Recorder) -> None:
    assert ask(levels, "GET", ALL).body == b"verbose"
    assert ask(levels, "GET", HTTP + "/").body == b"trace"


@pytest.mark.parametrize("path", [ALL, HTTP])
@pytest.mark.parametrize("level", [b"default", b"verbose"])
def test_safe_levels_are_passed_on(levels: LogLevels, sdk: Recorder, path: str, level: bytes) -> None:
    answer = ask(levels, "PUT", path, level)
    assert (answer.status, answer.body) == (200, b"")
    assert sdk.asked == [(path, level.decode())] and sdk.warnings == []


def test_trace_for_everything_is_trace_for_everything_else(levels: LogLevels, sdk: Recorder) -> None:
    answer = ask(levels, "PUT", ALL, b"trace")
    assert answer.status == 200 and b"verbose" in answer.body
    assert sdk.asked[0] == (ALL, "verbose")
    assert sorted(sdk.asked[1:]) == sorted((f"{ALL}-{c}", "trace") for c in CATEGORIES if c != "http")
    assert len(sdk.warnings) == 1


def test_trace_for_http_is_verbose_at_no_moment_more(levels: LogLevels, sdk: Recorder) -> None:
    answer = ask(levels, "PUT", HTTP, b"trace")
    assert answer.status == 200 and b"verbose" in answer.body
    assert sdk.asked == [(HTTP, "verbose")]


@pytest.mark.parametrize("body", [b"", b"TRACE", b"trace\n", b"nonsense", b"\xff", b'"trace"'])
def test_what_is_no_level_is_refused_and_not_passed_on(levels: LogLevels, sdk: Recorder, body: bytes) -> None:
    assert ask(levels, "PUT", HTTP, body).status == 400
    assert ask(levels, "PUT", ALL, body).status == 400
    assert sdk.asked == []


def test_other_methods_do_not_exist(levels: LogLevels, sdk: Recorder) -> None:
    assert [ask(levels, method, HTTP, b"trace").status for method in ("POST", "DELETE")] == [404, 404]
    assert ask(levels, "PUT", "/tools/log-level-dicom", b"trace").status == 404
    assert sdk.asked == []
