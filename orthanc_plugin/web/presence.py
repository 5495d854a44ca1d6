"""Signs of life of the portal's open pages (domain/lease.py)."""

from __future__ import annotations

from typing import Annotated, TypeVar

import flask
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..domain.audit import session_mark
from ..domain.device import Device, device
from ..domain.errors import InvalidInput
from ..domain.lease import LARGEST_SEQUENCE
from ..use_cases.keep_session import SignOfLife
from .context import original, recipient, services

_LONGEST_BODY = 400
_Body = TypeVar("_Body", bound="_Farewell")


class _Farewell(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    page: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    sequence: Annotated[int, Field(ge=1, le=LARGEST_SEQUENCE)]
    # The session that the page was made for: a tab that stayed open from an earlier one must not keep this one alive.
    session: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]


class _Heartbeat(_Farewell):
    visible: bool
    used: bool


def heartbeat() -> flask.Response:
    """The page is still there; answers the seconds that remain without input, and in any case."""
    body = _read(_Heartbeat)
    if body is None:
        return _plain(400, "Not a sign of life.")
    if not _is_of_this_session(body):
        return _plain(403, "Another session.")
    sign = SignOfLife(body.page, body.sequence, body.visible, body.used)
    phone = device(original().header("user-agent")) in (Device.PHONE, Device.TABLET)
    try:
        remaining = services().keep_session.heartbeat(recipient().session_hash, sign, phone)
    except InvalidInput:
        return _plain(400, "Too many pages.")
    if remaining is None:
        return _plain(403, "The session is over.")
    return flask.jsonify(idle=remaining.idle, absolute=remaining.absolute)


def farewell() -> flask.Response:
    """The page goes; sent by browsers on their own when a page is left (sendBeacon), nobody reads the answer."""
    body = _read(_Farewell)
    if body is None:
        return _plain(400, "Not a farewell.")
    if _is_of_this_session(body):
        services().keep_session.farewell(recipient().session_hash, body.page, body.sequence)
    return flask.Response(status=204)


def _read(model: type[_Body]) -> _Body | None:
    # Beacons can only be plain text without a question to the server before.
    if flask.request.mimetype not in ("application/json", "text/plain"):
        return None
    if (flask.request.content_length or 0) > _LONGEST_BODY:
        return None
    try:
        return model.model_validate_json(flask.request.get_data())
    except ValidationError:
        return None


def _is_of_this_session(body: _Farewell) -> bool:
    return body.session == session_mark(recipient().session_hash)


def _plain(status: int, words: str) -> flask.Response:
    return flask.Response(words, status, content_type="text/plain; charset=utf-8")
