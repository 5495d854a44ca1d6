from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orthanc_plugin.web.request import Request
from orthanc_plugin.web.wsgi_bridge import OWED, Response, call

from ..support.browser import FORM
from ..support.world import World

Start = Callable[..., Any]


def environ_of(request: Request) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], start: Start) -> list[bytes]:
        seen.update(environ, body=environ["wsgi.input"].read())
        start("204 No Content", [])
        return []

    call(application, request)
    return seen


def test_a_request_becomes_an_environment() -> None:
    headers = {"host": "portal:8042", "content-type": "text/plain", "x-custom-name": "v", "content-length": "999"}
    environ = environ_of(Request("POST", "/portal/ä", {"a": "1 &=", "b": "ü"}, headers, "192.0.2.1", b"body"))
    assert environ["REQUEST_METHOD"] == "POST"
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/portal/ä"
    assert environ["QUERY_STRING"] == "a=1+%26%3D&b=%C3%BC"
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("portal", "8042")
    assert environ["CONTENT_TYPE"] == "text/plain"
    assert environ["HTTP_X_CUSTOM_NAME"] == "v"
    assert environ["REMOTE_ADDR"] == "192.0.2.1"
    assert environ["body"] == b"body"
    assert "HTTP_CONTENT_TYPE" not in environ


def test_the_true_length_of_the_body_counts() -> None:
    environ = environ_of(Request("POST", "/", headers={"content-length": "999999"}, body=b"four"))
    assert environ["CONTENT_LENGTH"] == "4"
    assert "HTTP_CONTENT_LENGTH" not in environ


def test_an_answer_becomes_a_value_and_repeated_headers_stay() -> None:
    def application(_environ: dict[str, Any], start: Start) -> Iterator[bytes]:
        start("200 OK", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-A", "1")])
        yield b"one "
        yield b"two"

    answer = call(application, Request("GET", "/"))
    assert answer == Response(200, (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-A", "1")), b"one two")
    assert answer.header("x-a") == "1"
    assert answer.header("set-cookie") == "a=1"
    assert answer.header("missing") == ""


def test_what_an_answer_owes_stays_inside() -> None:
    def application(environ: dict[str, Any], start: Start) -> list[bytes]:
        environ[OWED] = 0.5
        start("401 Unauthorized", [])
        return []

    answer = call(application, Request("POST", "/"))
    assert (answer.owed, answer.headers) == (0.5, ())


def test_the_answer_is_closed_even_when_it_fails() -> None:
    class Answer(io.BytesIO):
        def __next__(self) -> bytes:
            raise ZeroDivisionError

    opened = Answer()

    def application(_environ: dict[str, Any], start: Start) -> Answer:
        start("200 OK", [])
        return opened

    with pytest.raises(ZeroDivisionError):
        call(application, Request("GET", "/"))
    assert opened.closed


def test_a_failure_that_the_application_declares_is_raised() -> None:
    def application(_environ: dict[str, Any], start: Start) -> list[bytes]:
        try:
            raise ZeroDivisionError
        except ZeroDivisionError as fault:
            start("500 X", [], (type(fault), fault, fault.__traceback__))
        return []

    with pytest.raises(ZeroDivisionError):
        call(application, Request("GET", "/"))


def test_the_imperative_write_is_refused() -> None:
    def application(_environ: dict[str, Any], start: Start) -> list[bytes]:
        start("200 OK", [])(b"x")
        return []

    with pytest.raises(NotImplementedError):
        call(application, Request("GET", "/"))


HEADERS = [
    "host",
    "cookie",
    "accept-language",
    "accept",
    "content-type",
    "origin",
    "sec-fetch-site",
    "sec-fetch-dest",
    "referer",
    "x-forwarded-for",
    "authorization",
    "user-agent",
    "x-other",
    "content-length",
    "range",
    "date",
]
HOSTILE = [
    "\ud800",
    "\udcff",
    "\x00",
    "\n",
    "\r\nX: y",
    "ä",
    "漢",
    "\U0001f600",
    "%",
    "%zz",
    "[",
    "a" * 10_000,
    "=;,\"'\\",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_any_place_gets_an_answer_below_500(world: World, text: str) -> None:
    # Bytes of a path that are no UTF-8 can only become the surrogates from U+DC80 to U+DCFF (PEP 383).
    piece = text.replace("\ud800", "")
    requests = [
        Request("GET", f"/portal/{piece}x", headers={"host": "x"}),
        Request("GET", f"/portal/static/{piece}x/{piece}x", headers={"host": "x"}),
        Request("GET", "/portal", {"ended": text, text: "1"}, {"host": "x"}),
        *(Request("POST", "/portal/login", {}, {"host": "x", "content-type": FORM, name: text}) for name in HEADERS),
        Request("GET", "/portal", {}, {"host": "x", "cookie": f"patient-share={text}"}),
        Request("GET", "/portal", {}, {"host": "x"}, text),
        Request(text, "/portal", {}, {"host": "x"}),
    ]
    for request in requests:
        answer = call(world.app, request)
        assert answer.status < 500, request
        assert all("\n" not in value and "\r" not in value for _, value in answer.headers)
    assert world.reported == []
