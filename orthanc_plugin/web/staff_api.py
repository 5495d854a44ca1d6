"""The REST API for staff: create, list, get, extend and revoke shares."""

from __future__ import annotations

import json
from typing import TypeVar

import flask
from pydantic import BaseModel

from ..domain.errors import InvalidInput
from ..domain.person_name import display_name
from ..domain.share import Audience, Share, ShareState
from ..domain.study import is_orthanc_id, is_uid
from ..ports import ShareFilter
from ..use_cases.create_share import ShareOrder
from ..use_cases.validity import last_valid_day
from . import openapi_document
from .api_models import ExtendRequest, ShareList, ShareRequest, ShareView, created_share, share_fields
from .context import services, staff_user
from .problems import json_answer, problem

LONGEST_BODY = 64 * 1024
_LARGEST_PAGE = 200
_DEFAULT_PAGE = 50
# What fits on the letter's line; DICOM allows 64 characters for each of several components (PS3.5 section 6.2).
_LONGEST_NAME = 80
_LIST_PARAMETERS = {"state", "orthanc_id", "study_instance_uid", "limit", "cursor"}

_Body = TypeVar("_Body", bound=BaseModel)


class UnusableBody(Exception):
    """The body cannot be read as JSON at all; `response` says why."""

    def __init__(self, response: flask.Response) -> None:
        super().__init__()
        self.response = response


def openapi() -> flask.Response:
    """The OpenAPI document of this API."""
    return flask.Response(openapi_document.as_json(), content_type="application/json")


def create() -> flask.Response:
    """Create a share of one study."""
    wanted = _body(ShareRequest)
    used = services()
    language = wanted.language or used.default_language
    if language not in used.languages:
        raise InvalidInput("language", f"must be one of {', '.join(sorted(used.languages))}")
    new = used.create_share(
        ShareOrder(
            study=wanted.study_key,
            audience=wanted.audience,
            language=language,
            validity_days=wanted.validity_days,
            note=wanted.note,
            user=staff_user(),
            exclude_series=wanted.exclude_series,
        )
    )
    link = f"{used.public_url}/portal/#{new.code.grouped}"
    last_day = last_valid_day(new.share.expires_at, used.zone)
    letter = None
    if wanted.handout:
        # Two letters in one printer are told apart by the name; who a referrer is, only staff know.
        name = display_name(new.study.patient_name)[:_LONGEST_NAME] if wanted.audience is Audience.PATIENT else ""
        letter = used.letters.html(link, new.code, new.password, last_day, language, wanted.audience.value, name)
    answer = created_share(new, link, letter, used.clock.now(), used.zone)
    response = json_answer(answer, 201)
    response.headers["Location"] = f"/patient-share/api/v1/shares/{new.share.id}"
    return response


def listing() -> flask.Response:
    """List shares, newest first."""
    given = flask.request.args
    for name in given:
        if name not in _LIST_PARAMETERS:
            raise InvalidInput(name[:50], f"is no filter; there are {', '.join(sorted(_LIST_PARAMETERS))}")
    wanted = ShareFilter(_state(given.get("state")), given.get("orthanc_id"), given.get("study_instance_uid"))
    if wanted.study_id is not None and not is_orthanc_id(wanted.study_id):
        raise InvalidInput("orthanc_id", "must be five groups of eight hexadecimal digits")
    if wanted.study_instance_uid is not None and not is_uid(wanted.study_instance_uid):
        raise InvalidInput("study_instance_uid", "must be a DICOM UID")
    page = services().manage_share.page(wanted, _limit(given.get("limit")), given.get("cursor"))
    return json_answer(ShareList(shares=[_view(share) for share in page.shares], next_cursor=page.next_cursor))


def get(share_id: str) -> flask.Response:
    """One share."""
    return json_answer(_view(services().manage_share.get(share_id)))


def extend(share_id: str) -> flask.Response:
    """Move the end of a share; an expired one opens again."""
    return json_answer(_view(services().manage_share.extend(share_id, _body(ExtendRequest).validity_days)))


def revoke(share_id: str) -> flask.Response:
    """Revoke a share for good; its sessions end at once."""
    return json_answer(_view(services().manage_share.revoke(share_id)))


def _body(model: type[_Body]) -> _Body:
    if flask.request.mimetype != "application/json":
        raise UnusableBody(problem(415, "unsupported-media-type", "The body must be application/json."))
    data = flask.request.get_data()
    body = model.model_validate_json(data)
    # The model holds plain values only, so this second look at the keys cannot run deep.
    json.loads(data, object_pairs_hook=_unique)
    return body


def _unique(pairs: list[tuple[str, object]]) -> None:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(name, "must not be given twice")


def _view(share: Share) -> ShareView:
    return ShareView.model_validate(share_fields(share, services().clock.now(), services().zone))


def _state(text: str | None) -> ShareState | None:
    if text is None:
        return None
    try:
        return ShareState(text)
    except ValueError:
        raise InvalidInput("state", f"must be one of {', '.join(ShareState)}") from None


def _limit(text: str | None) -> int:
    if text is None:
        return _DEFAULT_PAGE
    if text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= _LARGEST_PAGE:
        return int(text)
    raise InvalidInput("limit", f"must be from 1 to {_LARGEST_PAGE}")
