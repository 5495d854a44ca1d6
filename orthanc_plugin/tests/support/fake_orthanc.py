"""A stand-in for the module `orthanc`, the SDK that exists only inside Orthanc's Python plugin.

FAKED lists what is imitated, so that an integration test can hold the list against the real module.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# Name in the module -> its members that are imitated.
FAKED: dict[str, tuple[str, ...]] = {
    "ChangeType": ("ORTHANC_STARTED", "ORTHANC_STOPPED", "NEW_STUDY", "STABLE_STUDY", "DELETED"),
    "CheckVersionAdvanced": (),
    "ExtendOrthancExplorer": (),
    "GetConfiguration": (),
    "LogError": (),
    "LogWarning": (),
    "MetricsType": ("DEFAULT",),
    "OrthancException": (),
    "RegisterIncomingHttpRequestFilter": (),
    "RegisterOnChangeCallback": (),
    "RegisterRestCallback": (),
    "RegisterStorageArea": (),
    "ResourceType": ("STUDY",),
    "RestApiGet": (),
    "RestApiPost": (),
    "RestApiPut": (),
    "SetMetricsValue": (),
    "RestOutput": (
        "AnswerBuffer",
        "SendHttpStatus",
        "SendHttpStatusCode",
        "SendStreamChunk",
        "SetHttpHeader",
        "StartStreamAnswer",
    ),
}


class OrthancException(Exception):
    """Raised by the SDK with an error code and its text."""


class ChangeType:
    """The changes that the product knows, with the SDK's numbers, and one that it does not."""

    ORTHANC_STARTED = 7
    ORTHANC_STOPPED = 8
    NEW_STUDY = 5
    DELETED = 1
    STABLE_STUDY = 9


class ResourceType:
    """Levels, with the SDK's numbers."""

    STUDY = 1


class MetricsType:
    """Kinds of metrics."""

    DEFAULT = 0


@dataclass
class RestOutput:
    """Notes what a callback answers."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    status: int | None = None
    body: bytes = b""
    content_type: str = ""

    def SetHttpHeader(self, name: str, value: str) -> None:
        assert self.status is None, "headers come before the answer"
        self.headers.append((name, value))

    def AnswerBuffer(self, body: bytes, content_type: str) -> None:
        self._answered(200, body, content_type)

    def SendHttpStatus(self, status: int, body: bytes) -> None:
        self._answered(status, body, "text/plain")

    def SendHttpStatusCode(self, status: int) -> None:
        self._answered(status, b"", "")

    def StartStreamAnswer(self, content_type: str) -> None:
        self._answered(200, b"", content_type)

    def SendStreamChunk(self, chunk: bytes) -> None:
        assert self.status == 200, "a stream has to be begun"
        self.body += chunk

    def _answered(self, status: int, body: bytes, content_type: str) -> None:
        assert self.status is None, "answered twice"
        assert isinstance(body, bytes)
        self.status, self.body, self.content_type = status, body, content_type

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass
class Recorder:
    """What the plugin registered and logged, and how the server that a test imagines behaves."""

    version: tuple[int, int, int] = (1, 12, 7)
    configuration: dict[str, Any] = field(default_factory=dict)
    rest: dict[str, bytes | OrthancException] = field(default_factory=dict)
    filters: list[Callable[..., bool]] = field(default_factory=list)
    routes: list[tuple[str, Callable[..., None]]] = field(default_factory=list)
    explorer: list[str] = field(default_factory=list)
    changes: list[Callable[[int, int, str], None]] = field(default_factory=list)
    storage: list[tuple[Callable[..., Any], ...]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)

    def change(self, change: int, level: int = 0, resource: str = "") -> None:
        for callback in self.changes:
            callback(change, level, resource)


_recorder = Recorder()


def reset() -> Recorder:
    """Forget everything; answers the fresh record."""
    global _recorder  # noqa: PLW0603 - the SDK is one per process as well
    _recorder = Recorder()
    return _recorder


def CheckVersionAdvanced(major: int, minor: int, revision: int) -> bool:
    return _recorder.version >= (major, minor, revision)


def ExtendOrthancExplorer(script: str) -> None:
    _recorder.explorer.append(script)


def GetConfiguration() -> str:
    return json.dumps(_recorder.configuration)


def LogError(text: str) -> None:
    _recorder.errors.append(text)


def LogWarning(text: str) -> None:
    _recorder.warnings.append(text)


def SetMetricsValue(name: str, value: float, kind: int) -> None:
    assert kind == MetricsType.DEFAULT
    _recorder.metrics[name] = value


def RegisterIncomingHttpRequestFilter(callback: Callable[..., bool]) -> None:
    if _recorder.filters:
        raise OrthancException(0, "there is a filter already")
    _recorder.filters.append(callback)


def RegisterRestCallback(pattern: str, callback: Callable[..., None]) -> None:
    _recorder.routes.append((pattern, callback))


def RegisterOnChangeCallback(callback: Callable[[int, int, str], None]) -> None:
    _recorder.changes.append(callback)


def RegisterStorageArea(*callbacks: Callable[..., Any]) -> None:
    if _recorder.storage:
        raise OrthancException(0, "there is a storage area already")
    assert len(callbacks) == 3
    _recorder.storage.append(callbacks)


def RestApiGet(path: str) -> bytes:
    return _answer(path, "")


def RestApiPost(path: str, body: str) -> bytes:
    return _answer(path, body)


def RestApiPut(path: str, body: str) -> bytes:
    return _answer(path, body)


def _answer(path: str, body: str) -> bytes:
    _recorder.asked.append((path, body))
    answer = _recorder.rest.get(path, OrthancException(17, "Unknown resource"))
    if isinstance(answer, OrthancException):
        raise answer
    return answer
