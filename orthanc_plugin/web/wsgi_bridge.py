"""From a Request to a WSGI application (PEP 3333) and back to a Response."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from .request import Request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# Where the application leaves Response.owed; a header could reach the client.
OWED = "patient_share.owed"
# Where it leaves Response.stream.
STREAM = "patient_share.stream"


@dataclass(frozen=True)
class Stream:
    """A body that is too long to be held: `length` bytes, made piece by piece while it goes out."""

    length: int
    chunks: Iterator[bytes]


@dataclass(frozen=True)
class Response:
    """An answer as a value. `headers` holds pairs; names may repeat (Set-Cookie).

    `owed` is None for an answer that goes out at once. A failing login has to wait for the grid of login_grid.py; the
    number is how many seconds of work it was spared, which must pass all the same.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    owed: float | None = None
    # In place of `body`, with status 200 only.
    stream: Stream | None = None

    def header(self, name: str) -> str:
        """The first value of a header, empty where it is missing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


def call(application: WSGIApplication, request: Request) -> Response:
    """Run the application on this thread and collect its whole answer."""
    started: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        if exc_info:
            raise exc_info[1].with_traceback(exc_info[2])
        started["status"], started["headers"] = int(status.split(" ", 1)[0]), tuple(headers)
        return _refuse_write

    environ = _environ(request)
    answer: Iterable[bytes] = application(environ, start_response)
    try:
        body = b"".join(answer)
    finally:
        close = getattr(answer, "close", None)
        if close:
            close()
    return Response(started["status"], started["headers"], body, environ.get(OWED), environ.get(STREAM))


def _refuse_write(_data: bytes) -> None:
    """The imperative write() of PEP 3333, which no application of ours uses."""
    raise NotImplementedError


def _environ(request: Request) -> dict[str, Any]:
    host, _, port = request.header("host").partition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": urlencode(list(request.query.items()), errors="replace"),
        "SERVER_NAME": host or "localhost",
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.peer,
        "CONTENT_TYPE": request.header("content-type"),
        # The body has been read by Orthanc: its true length counts, not what the header promised.
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "patient_share.request": request,
    }
    for name, value in request.headers.items():
        if name not in ("content-type", "content-length"):
            environ["HTTP_" + name.upper().replace("-", "_")] = value
    return environ
