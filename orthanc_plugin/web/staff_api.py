"""The REST API for staff: the life of shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import flask

from ..domain.credential import AccessCode, Password
from ..domain.errors import InvalidInput
from ..domain.report import ReportRule
from ..domain.share import Share, ShareState
from ..domain.study import StudySummary, is_orthanc_id, is_uid
from ..handout.letter import Part, personal_link
from ..ports import ShareFilter
from ..use_cases.create_share import NewShare, ShareOrder
from ..use_cases.reissue_password import Reissued
from . import openapi_document
from .api_models import ExtendRequest, LettersRequest, ReissueRequest, ReportRequest, ShareRequest
from .context import services, staff_user
from .json_body import read_body
from .mail_api import recipient
from .problems import json_answer
from .share_views import AlreadyCreated, ShareList, ShareView, created_share, reissued_password, share_fields

_LARGEST_PAGE = 200
_DEFAULT_PAGE = 50
_LIST_PARAMETERS = {"state", "orthanc_id", "study_instance_uid", "opened", "limit", "cursor"}


def openapi() -> flask.Response:
    """The OpenAPI document of this API."""
    return flask.Response(openapi_document.as_json(), content_type="application/json")


def create() -> flask.Response:
    """Create a share of one study."""
    wanted = read_body(ShareRequest)
    used = services()
    language = wanted.language or used.default_language
    if language not in used.languages:
        raise InvalidInput("language", f"must be one of {', '.join(sorted(used.languages))}")
    mail = recipient(wanted.email)

    def order_mail(made: NewShare) -> None:
        if mail:
            mail[1](mail[0], made.share, made.studies, made.code, staff_user())

    key = flask.request.headers.get("Idempotency-Key")
    new = used.create_once(
        key,
        wanted.model_dump_json(),
        ShareOrder(
            studies=wanted.study_keys,
            audience=wanted.audience,
            language=language,
            validity_days=wanted.validity_days,
            note=wanted.note,
            user=staff_user(),
            exclude_series=wanted.exclude_series,
            may_arrive_later=wanted.may_arrive_later,
            patient_id=wanted.patient_id.strip(),
            consent=wanted.consent,
            report=ReportRule.parse(wanted.report) if wanted.report else None,
        ),
        order_mail,
    )
    if isinstance(new, Share):
        return _already_created(new)
    state = _sent_off(new.share)
    handout = letter(new.share, new.code, new.password, new.studies) if wanted.handout else None
    answer = created_share(new, link(new.code), handout, used.clock.now(), used.zone, state)
    response = json_answer(answer, 201)
    response.headers["Location"] = f"/patient-share/api/v1/shares/{new.share.id}"
    return response


def _already_created(share: Share) -> flask.Response:
    fields = view(share).model_dump() | {"already_created": True}
    response = json_answer(AlreadyCreated.model_validate(fields))
    response.headers["Location"] = f"/patient-share/api/v1/shares/{share.id}"
    return response


def listing() -> flask.Response:
    """List shares, newest first."""
    given = flask.request.args
    for name in given:
        if name not in _LIST_PARAMETERS:
            raise InvalidInput(name[:50], f"is no filter; there are {', '.join(sorted(_LIST_PARAMETERS))}")
    wanted = ShareFilter(
        _state(given.get("state")),
        given.get("orthanc_id"),
        given.get("study_instance_uid"),
        _yes_or_no(given.get("opened")),
    )
    if wanted.study_id is not None and not is_orthanc_id(wanted.study_id):
        raise InvalidInput("orthanc_id", "must be five groups of eight hexadecimal digits")
    if wanted.study_instance_uid is not None and not is_uid(wanted.study_instance_uid):
        raise InvalidInput("study_instance_uid", "must be a DICOM UID")
    page = services().manage_share.page(wanted, _limit(given.get("limit")), given.get("cursor"))
    states = _email_states(page.shares)
    shares = [view(share, states) for share in page.shares]
    return json_answer(ShareList(shares=shares, next_cursor=page.next_cursor))


def get(share_id: str) -> flask.Response:
    """One share."""
    return json_answer(view(services().manage_share.get(share_id)))


def extend(share_id: str) -> flask.Response:
    """Move the end of a share; an expired one opens again."""
    days = read_body(ExtendRequest).validity_days
    return json_answer(view(services().manage_share.extend(share_id, days, staff_user())))


def revoke(share_id: str) -> flask.Response:
    """Revoke a share for good; its sessions end at once."""
    return json_answer(view(services().manage_share.revoke(share_id, staff_user())))


def pause(share_id: str) -> flask.Response:
    """Close a share for the time being; its sessions end at once."""
    return json_answer(view(services().manage_share.pause(share_id, staff_user())))


def resume(share_id: str) -> flask.Response:
    """Open a paused share again."""
    return json_answer(view(services().manage_share.resume(share_id, staff_user())))


def report(share_id: str) -> flask.Response:
    """Change when the recipient may read the report: `at-once` releases it."""
    rule = ReportRule.parse(read_body(ReportRequest).report)
    return json_answer(view(services().manage_share.set_report(share_id, rule, staff_user())))


def delete(share_id: str) -> flask.Response:
    """Remove a share that opens no more; the study stays."""
    services().manage_share.delete(share_id, staff_user())
    return flask.Response(status=204)


def reissue(share_id: str) -> flask.Response:
    """Mint a new password; the old one is void and its sessions end at once."""
    used, wanted = services(), read_body(ReissueRequest)
    if wanted.email and not wanted.new_code:
        raise InvalidInput("email", "needs new_code: the link holds the code, of which nothing readable is stored")
    mail = recipient(wanted.email)

    def order_mail(made: Reissued) -> None:
        if mail and made.code:
            mail[1](mail[0], made.share, studies(made.share), made.code, staff_user())

    new = used.reissue_password(share_id, wanted.new_code, staff_user(), order_mail)
    address, handout = None, None
    if new.code:
        address, handout = link(new.code), letter(new.share, new.code, new.password, studies(new.share))
    state = _sent_off(new.share)
    return json_answer(reissued_password(new, address, handout, used.clock.now(), used.zone, state))


def studies(share: Share) -> list[StudySummary]:
    """The studies of the share that Orthanc holds."""
    return [study for study in map(services().archive.study, sorted(share.study_ids)) if study is not None]


def _sent_off(share: Share) -> str | None:
    """Wake the sender; answers the state of the newest e-mail."""
    mail = services().mail
    if mail is None:
        return None
    mail.desk.wake()
    return mail.desk.newest_states([share.id]).get(share.id)


def link(code: AccessCode) -> str:
    """The personal link."""
    return personal_link(services().public_url, code)


def letters() -> flask.Response:
    """Letters of several shares as one PDF, from what the answers gave that made them; each is recorded."""
    wanted, used = read_body(LettersRequest), services()
    pages = []
    for order in wanted.letters:
        code, password = AccessCode.parse(order.access_code), Password.parse(order.password)
        share = used.print_letter(order.share_id, code, staff_user())
        pages.append(letter(share, code, password, studies(share), wanted.part))
    return flask.Response(used.as_pdf(pages), content_type="application/pdf")


def letter(
    share: Share, code: AccessCode, password: Password, studies: Sequence[StudySummary], part: Part = Part.BOTH
) -> str:
    """The letter of a share (HTML)."""
    used = services()
    return used.letters.of_share(share, code, password, studies, used.public_url, used.zone, part)


def _email_states(shares: Sequence[Share]) -> Mapping[str, str]:
    mail = services().mail
    return mail.desk.newest_states([share.id for share in shares]) if mail else {}


def view(share: Share, states: Mapping[str, str] | None = None) -> ShareView:
    """The share as staff see it; `states` of e-mails are looked up unless they are given."""
    state = (_email_states([share]) if states is None else states).get(share.id)
    return ShareView.model_validate(share_fields(share, services().clock.now(), services().zone, state))


def _state(text: str | None) -> ShareState | None:
    if text is None:
        return None
    try:
        return ShareState(text)
    except ValueError:
        raise InvalidInput("state", f"must be one of {', '.join(ShareState)}") from None


def _yes_or_no(text: str | None) -> bool | None:
    if text not in (None, "true", "false"):
        raise InvalidInput("opened", "must be true or false")
    return None if text is None else text == "true"


def _limit(text: str | None) -> int:
    if text is None:
        return _DEFAULT_PAGE
    if text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= _LARGEST_PAGE:
        return int(text)
    raise InvalidInput("limit", f"must be from 1 to {_LARGEST_PAGE}")
