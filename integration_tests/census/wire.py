"""Requests as bytes: no client library may normalise what is sent."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_SECONDS = 20
_LONGEST_ANSWER = 32 * 1024 * 1024

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 where the connection was closed without an answer."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first header of this name, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name), "")


def as_bytes(method: str, target: str, host: str, headers: Headers = (), body: bytes = b"") -> bytes:
    """A request exactly as it is written here."""
    lines = [f"{method} {target} HTTP/1.1"]
    names = {name.lower() for name, _ in headers}
    if "host" not in names:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in headers]
    if (body or method in ("POST", "PUT", "PATCH")) and not names & {"content-length", "transfer-encoding"}:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class Wire:
    """One connection per thread, used again where that is safe."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._mine = threading.local()
        self._open: set[socket.socket] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _k: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close what all threads have left open, once they have ended."""
        for connection in tuple(self._open):
            connection.close()
        self._open.clear()
        self._mine = threading.local()

    def send(self, method: str, raw: bytes, seconds: float = _SECONDS) -> Answer:
        """The answer to one request. A kept connection that has just been closed is opened anew, once."""
        kept = self._connection is not None
        answer = self._try(method, raw, seconds)
        if answer.status == 0 and kept:
            answer = self._try(method, raw, seconds)
        return answer

    @property
    def _connection(self) -> socket.socket | None:
        return getattr(self._mine, "connection", None)

    def _connect(self, seconds: float) -> socket.socket:
        connection = self._connection or socket.create_connection(("127.0.0.1", self.port), timeout=seconds)
        self._mine.connection = connection
        self._open.add(connection)
        connection.settimeout(seconds)
        return connection

    def _try(self, method: str, raw: bytes, seconds: float) -> Answer:
        try:
            connection = self._connect(seconds)
            connection.sendall(raw)
            with http.client.HTTPResponse(connection, method=method) as response:
                response.begin()
                body = response.read(_LONGEST_ANSWER)
        except http.client.IncompleteRead as fault:
            self._drop()
            return Answer(response.status, tuple(response.getheaders()), fault.partial)
        except (OSError, http.client.HTTPException):
            self._drop()
            return Answer(0)
        # A refused body stays unread on the connection, and what is left of it would be taken for the next request.
        if response.will_close or not raw.endswith(b"\r\n\r\n") or response.status == 400:
            self._drop()
        return Answer(response.status, tuple(response.getheaders()), body)

    def _drop(self) -> None:
        connection = self._connection
        if connection is not None:
            connection.close()
            self._open.discard(connection)
            self._mine.connection = None
