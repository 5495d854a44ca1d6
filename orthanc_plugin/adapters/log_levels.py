"""Orthanc's log never shows the headers of requests, which hold cookies and the passwords of staff.

Orthanc writes them at level "trace" of its category "http", and at no other level or category; bodies of requests it
writes nowhere. That category is therefore kept at "verbose" at most. The request filter has let nobody but staff
through to these routes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..web.request import Request
from ..web.wsgi_bridge import Response

ALL = "/tools/log-level"
HTTP = "/tools/log-level-http"
PATTERNS = (ALL, HTTP)
_OTHERS = ("generic", "plugins", "dicom", "sqlite", "jobs", "lua")
_TELLING, _SAFE = "trace", "verbose"
_LEVELS = ("default", _SAFE, _TELLING)
_KEPT = (
    'the log category "http" stays at level "verbose": at "trace" the log would hold the cookies and passwords of '
    "every request"
)


class Rest(Protocol):
    """Orthanc's own REST API, as far as it is needed here."""

    def get(self, path: str) -> bytes | None:
        """The answer, or None where Orthanc knows no such resource."""
        ...

    def put(self, path: str, body: str) -> bytes | None:
        """The same for PUT."""
        ...


class LogLevels:
    """Orthanc's routes for the levels of its log, without the one level that tells secrets."""

    def __init__(self, rest: Rest, warn: Callable[[str], None]) -> None:
        self._rest = rest
        self._warn = warn

    def lower(self) -> None:
        """Lower what the command line of Orthanc has set; says so once. Raises OSError."""
        if self._rest.get(HTTP) == _TELLING.encode():
            self._rest.put(HTTP, _SAFE)
            self._warn(_KEPT)

    def answer(self, request: Request) -> Response:
        """What Orthanc would answer; a level that is not set as asked is told in the body."""
        path = request.path.rstrip("/")
        if path not in PATTERNS or request.method not in ("GET", "PUT"):
            return _text(404, "")
        if request.method == "GET":
            return _text(200, (self._rest.get(path) or b"").decode())
        level = request.body.decode("utf-8", "replace")
        if level not in _LEVELS:
            return _text(400, "The level must be one of default, verbose and trace.")
        if level != _TELLING:
            self._rest.put(path, level)
            return _text(200, "")
        # Never trace first and lower later: requests are logged at every moment.
        self._rest.put(path, _SAFE)
        if path == ALL:
            for category in _OTHERS:
                self._rest.put(f"{ALL}-{category}", _TELLING)
        self._warn(_KEPT)
        return _text(200, f"Patient Share: {_KEPT}.")


def _text(status: int, body: str) -> Response:
    return Response(status, (("Content-Type", "text/plain; charset=utf-8"),), body.encode())
