"""The only module that imports `orthanc`, the SDK inside Orthanc's Python plugin."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import orthanc

from ..web.request import Request
from ..web.wsgi_bridge import Response, Stream

# Numbers of the SDK's OrthancPluginHttpMethod; HEAD and OPTIONS arrive as GET.
_METHODS = {1: "GET", 2: "POST", 3: "PUT", 4: "DELETE"}
# Statuses that Orthanc cannot send, with what goes out in their place: the connection would close without an answer.
_CANNOT_BE_SENT = {
    301: 303,
    308: 303,
    405: 404,
    418: 403,
    421: 403,
    425: 503,
    428: 403,
    429: 503,
    431: 403,
    451: 403,
    511: 403,
}
_WITHOUT_BODY = range(300, 400)
# Orthanc's Python plugin drops its references to callbacks at the end without holding the GIL; were they the last
# ones, freeing the callbacks would crash the process.
_REGISTERED: list[Callable[..., Any]] = []
_UNKNOWN_RESOURCE = (7, 17)  # InexistentItem, UnknownResource


class OrthancTooOld(Exception):
    """This Orthanc or its Python plugin cannot be protected; the text is for the administrator."""


def check_versions() -> None:
    """Raise OrthancTooOld below Orthanc 1.12.7 or orthanc-python 5.0."""
    if not orthanc.CheckVersionAdvanced(1, 12, 7):
        raise OrthancTooOld("Orthanc 1.12.7 or newer is needed: older ones freeze and leak under this plugin.")
    if not hasattr(orthanc.RestOutput, "StartStreamAnswer"):
        raise OrthancTooOld("The Python plugin of Orthanc (orthanc-python) 5.0 or newer is needed.")


def configuration() -> dict[str, Any]:
    """Orthanc's whole configuration, secrets included: never log it."""
    parsed: dict[str, Any] = json.loads(orthanc.GetConfiguration())
    return parsed


def log_error(text: str) -> None:
    """One line to Orthanc's log, at level error."""
    orthanc.LogError(f"Patient Share: {text}")


def log_warning(text: str) -> None:
    """One line to Orthanc's log, at level warning, which Orthanc shows by default."""
    orthanc.LogWarning(f"Patient Share: {text}")


class OrthancRest:
    """Orthanc's own REST API from inside; such calls do not pass the request filter."""

    def get(self, path: str) -> bytes | None:
        """The answer, or None where Orthanc knows no such resource; raises OSError for every other failure."""
        return self._call(lambda: orthanc.RestApiGet(path))

    def post(self, path: str, body: str) -> bytes | None:
        """The same for POST."""
        return self._call(lambda: orthanc.RestApiPost(path, body))

    def put(self, path: str, body: str) -> bytes | None:
        """The same for PUT."""
        return self._call(lambda: orthanc.RestApiPut(path, body))

    def _call(self, call: Callable[[], bytes]) -> bytes | None:
        try:
            return call()
        except orthanc.OrthancException as fault:
            code = fault.args[0] if fault.args else None
            if code in _UNKNOWN_RESOURCE:
                return None
            raise OSError(f"Orthanc error {code}") from None


def register_filter(admits: Callable[[Request], bool]) -> None:
    """Let `admits` decide on every request; a failure of it is a refusal."""

    def request_filter(uri: str, **facts: Any) -> bool:
        try:
            request = Request(
                method=_METHODS.get(facts["method"], "?"),
                path=uri,
                query=facts.get("get", {}),
                headers=facts["headers"],
                peer=facts["ip"],
            )
            return admits(request) is True
        except Exception as fault:  # noqa: BLE001 - whatever fails here must end in a refusal
            log_error(f"the request filter failed: {type(fault).__name__}")
            return False

    _REGISTERED.append(request_filter)
    orthanc.RegisterIncomingHttpRequestFilter(request_filter)


def register_routes(patterns: tuple[str, ...], answer: Callable[[Request], Response]) -> None:
    """Let `answer` serve the paths that match one of the patterns, for all methods."""

    def callback(output: Any, uri: str, **facts: Any) -> None:
        headers: Mapping[str, str] = facts["headers"]
        request = Request(
            method=facts["method"],
            path=uri,
            query=facts.get("get", {}),
            headers=headers,
            body=facts.get("body", b"") or b"",
        )
        send(output, answer(request), request.navigation)

    _REGISTERED.append(callback)
    for pattern in patterns:
        orthanc.RegisterRestCallback(pattern, callback)


def set_metric(name: str, value: float) -> None:
    """A value for /tools/metrics-prometheus."""
    orthanc.SetMetricsValue(name, float(value), orthanc.MetricsType.DEFAULT)


def extend_explorer(script: str) -> None:
    """Let Orthanc Explorer run this JavaScript as well."""
    orthanc.ExtendOrthancExplorer(script)


def register_storage(
    create: Callable[[str, int, bytes], None],
    read: Callable[[str, int, int, int | None], bytes],
    remove: Callable[[str], None],
) -> None:
    """Let these keep Orthanc's attachments; what they raise is a failure to Orthanc, which stores or answers nothing.

    `create` is given UUID, content type and content; `read` UUID, content type, first byte and how many (None: all).
    """

    def create_3(uuid: str, content_type: int, compression: int, content: bytes, instance: object) -> tuple[int, None]:
        del compression, instance
        create(uuid, content_type, content)
        return 0, None

    def read_3(uuid: str, content_type: int, start: int, size: int, custom: bytes) -> tuple[int, bytes]:
        del custom
        return 0, read(uuid, content_type, start, size)

    def remove_3(uuid: str, content_type: int, custom: bytes) -> int:
        del content_type, custom
        remove(uuid)
        return 0

    def read_whole(uuid: str, content_type: int) -> bytes:
        return read(uuid, content_type, 0, None)

    def remove_whole(uuid: str, content_type: int) -> None:
        del content_type
        remove(uuid)

    if hasattr(orthanc, "RegisterStorageArea3"):
        _REGISTERED.extend((create_3, read_3, remove_3))
        orthanc.RegisterStorageArea3(create_3, read_3, remove_3)
    else:
        _REGISTERED.extend((create, read_whole, remove_whole))
        orthanc.RegisterStorageArea(create, read_whole, remove_whole)


def register_changes(
    started: Callable[[], None], stopped: Callable[[], None], study_changed: Callable[[str], None]
) -> None:
    """Call `started` when Orthanc's REST API is there, `stopped` before it goes.

    `study_changed` is called with Orthanc's identifier of a study that has become complete or was deleted; it must not
    do more than note that.
    """

    def changed(change: int, level: int, resource: str) -> None:
        if change == orthanc.ChangeType.ORTHANC_STARTED:
            started()
        elif change == orthanc.ChangeType.ORTHANC_STOPPED:
            stopped()
        elif change == orthanc.ChangeType.STABLE_STUDY or (
            change == orthanc.ChangeType.DELETED and level == orthanc.ResourceType.STUDY
        ):
            study_changed(resource)

    _REGISTERED.append(changed)
    orthanc.RegisterOnChangeCallback(changed)


def send(output: Any, response: Response, navigation: bool) -> None:
    """Send a response through Orthanc, whose SDK offers less than HTTP.

    A body under any status but 200 is labelled text/plain by Orthanc, so a browser would show the source of an error
    page. Where a browser asks for a page to show it, the page therefore goes out with status 200; everybody else gets
    the true status. Both are told the truth in X-Answer-Status and X-Answer-Type, from which a reverse proxy can
    restore it.
    """
    content_type = response.header("content-type")
    status = _CANNOT_BE_SENT.get(response.status, response.status)
    # A challenge must stay a 401, or the browser never asks for the password.
    challenge = bool(response.header("www-authenticate"))
    as_page = navigation and status >= 400 and not challenge and content_type.startswith("text/html")
    for name, value in response.headers:
        if any(forbidden in text for forbidden in "\r\n\0" for text in (name, value)):
            raise ValueError("a header must not hold a line break")
        if name.lower() in ("content-type", "content-length"):
            continue
        output.SetHttpHeader(name, value)
    if status != 200:
        output.SetHttpHeader("X-Answer-Status", str(response.status))
        if response.body and status not in _WITHOUT_BODY:
            output.SetHttpHeader("X-Answer-Type", content_type)
    if response.stream is not None:
        _send_stream(output, response.stream, content_type)
    elif status == 200 or as_page:
        output.AnswerBuffer(response.body, content_type)
    elif status in _WITHOUT_BODY or not response.body:
        output.SendHttpStatusCode(status)
    else:
        output.SendHttpStatus(status, response.body)


def _send_stream(output: Any, stream: Stream, content_type: str) -> None:
    """Send piece by piece; whoever reads it knows by the length whether it is whole.

    An exception on the way closes the connection before that.
    """
    output.SetHttpHeader("Content-Length", str(stream.length))
    output.StartStreamAnswer(content_type)
    for chunk in stream.chunks:
        output.SendStreamChunk(chunk)
