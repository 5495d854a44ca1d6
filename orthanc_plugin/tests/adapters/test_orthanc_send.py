from __future__ import annotations

import pytest

from orthanc_plugin.adapters.orthanc_sdk import send
from orthanc_plugin.web.wsgi_bridge import Response

from ..support.fake_orthanc import RestOutput

HTML = "text/html; charset=utf-8"
PAGE = (("Content-Type", HTML), ("Cache-Control", "no-store"))


def sent(
    status: int, headers: tuple[tuple[str, str], ...] = (), body: bytes = b"", navigation: bool = False
) -> RestOutput:
    output = RestOutput()
    send(output, Response(status, headers, body), navigation)
    assert output.status is not None
    return output


def test_a_page_is_sent_with_its_headers_and_one_content_type() -> None:
    output = sent(200, PAGE, b"<p>")
    assert (output.status, output.body, output.content_type) == (200, b"<p>", HTML)
    assert output.headers == [("Cache-Control", "no-store")]


def test_several_cookies_are_several_headers() -> None:
    output = sent(200, (*PAGE, ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")), b"x")
    assert [value for name, value in output.headers if name == "Set-Cookie"] == ["a=1", "b=2"]


def test_a_redirection_is_sent_without_a_body() -> None:
    output = sent(303, (("Location", "/portal"), ("Set-Cookie", "a=1"), *PAGE), b"ignored", navigation=True)
    assert (output.status, output.body) == (303, b"")
    assert output.header("location") == "/portal"
    assert output.header("set-cookie") == "a=1"


def test_a_challenge_keeps_its_status_for_browsers_too() -> None:
    output = sent(401, (("WWW-Authenticate", "Basic"), ("Content-Type", "application/problem+json")), b"{}", True)
    assert (output.status, output.body) == (401, b"{}")
    assert output.header("www-authenticate") == "Basic"


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 500, 503])
def test_an_error_page_reaches_a_browser_as_a_page_that_tells_the_truth_in_a_header(status: int) -> None:
    output = sent(status, PAGE, b"<p>", navigation=True)
    assert (output.status, output.content_type, output.body) == (200, HTML, b"<p>")
    assert output.header("x-answer-status") == str(status)
    assert output.header("x-answer-type") == HTML


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 500, 503])
def test_an_error_page_reaches_a_program_with_its_status(status: int) -> None:
    output = sent(status, PAGE, b"<p>", navigation=False)
    assert (output.status, output.body) == (status, b"<p>")
    assert output.header("x-answer-status") == str(status)


def test_a_refusal_that_is_no_page_keeps_its_status_for_browsers() -> None:
    output = sent(404, (("Content-Type", "text/plain; charset=utf-8"),), b"no", navigation=True)
    assert output.status == 404


@pytest.mark.parametrize("status", [301, 308, 405, 418, 421, 425, 428, 429, 431, 451, 511])
def test_a_status_that_orthanc_cannot_send_is_replaced_and_told_in_a_header(status: int) -> None:
    output = sent(status, PAGE, b"<p>")
    assert output.status not in (None, status, 200)
    assert output.status in (303, 403, 404, 503)
    assert output.header("x-answer-status") == str(status)


def test_created_answers_keep_their_status_and_name_their_type() -> None:
    output = sent(201, (("Content-Type", "application/json"), ("Location", "/x")), b"{}")
    assert (output.status, output.body) == (201, b"{}")
    assert output.header("x-answer-type") == "application/json"


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("name", ["Location", "Set-Cookie", "Content-Type"])
@pytest.mark.parametrize("status", [200, 303, 404])
def test_a_line_break_in_a_header_is_refused(status: int, name: str, line_break: str) -> None:
    output = RestOutput()
    with pytest.raises(ValueError, match="line break"):
        send(output, Response(status, ((name, f"x{line_break}Set-Cookie: evil=1"),), b"x"), False)
    assert output.status is None
    assert all("\n" not in value and "\r" not in value for _, value in output.headers)
