"""The staff API's view of the audit log: read, export as JSON lines, verify. Each of them is recorded itself."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import TypeVar
from urllib.parse import unquote

import flask

from ..domain.audit_terms import EVENTS, Action, Outcome
from ..domain.errors import InvalidInput
from ..domain.study import is_uid
from ..ports import AuditFilter, AuditMark
from ..use_cases.read_audit import exported_line
from .audit_models import AuditList, entry_view, verification_view
from .context import services, staff_user
from .problems import json_answer

LARGEST_PAGE = 200
DEFAULT_PAGE = 50
LARGEST_EXPORT = 10_000
FILTERS = ("share_id", "study_instance_uid", "action", "event", "who", "outcome", "since", "until")
_PAGING = ("limit", "cursor")
_LONGEST_WHO = 220

_Choice = TypeVar("_Choice", bound=Enum)


def listing() -> flask.Response:
    """Entries, newest first."""
    wanted, limit, cursor = _wanted(DEFAULT_PAGE, LARGEST_PAGE)
    page = services().read_audit.page(staff_user(), wanted, limit, cursor)
    return json_answer(AuditList(entries=[entry_view(entry) for entry in page.entries], next_cursor=page.next_cursor))


def export() -> flask.Response:
    """Entries, oldest first, one JSON object a line, each exactly as it was sealed."""
    wanted, limit, cursor = _wanted(LARGEST_EXPORT, LARGEST_EXPORT)
    page = services().read_audit.export(staff_user(), wanted, limit, cursor)
    answer = flask.Response("".join(map(exported_line, page.entries)), content_type="application/x-ndjson")
    answer.headers["Content-Disposition"] = 'attachment; filename="audit.ndjson"'
    if page.next_cursor is not None:
        answer.headers["X-Next-Cursor"] = page.next_cursor
    return answer


def verify() -> flask.Response:
    """Whether the log is whole; `expect` is a mark that was noted elsewhere."""
    _known(("expect",))
    given = _text("expect")
    expected = None if given is None else AuditMark.parse(given)
    if given is not None and expected is None:
        raise InvalidInput("expect", "must be the number of an entry, a colon and its seal")
    return json_answer(verification_view(services().read_audit.verify(staff_user(), expected)))


def _wanted(default: int, largest: int) -> tuple[AuditFilter, int, str | None]:
    _known((*FILTERS, *_PAGING))
    given = flask.request.args
    uid, event, who = given.get("study_instance_uid"), given.get("event"), _text("who")
    if uid is not None and not is_uid(uid):
        raise InvalidInput("study_instance_uid", "must be a DICOM UID")
    if event is not None and event not in EVENTS:
        raise InvalidInput("event", f"must be one of {', '.join(EVENTS)}")
    outcome = _number("outcome", None, 0, max(Outcome))
    if outcome is not None and outcome not in list(Outcome):
        raise InvalidInput("outcome", f"must be one of {', '.join(str(int(o)) for o in Outcome)}")
    if who is not None and len(who) > _LONGEST_WHO:
        raise InvalidInput("who", "is too long")
    wanted = AuditFilter(
        share_id=given.get("share_id"),
        study_instance_uid=uid,
        action=_choice("action", Action),
        event=event,
        who=who,
        outcome=None if outcome is None else Outcome(outcome),
        since=_moment("since"),
        until=_moment("until"),
    )
    return wanted, _number("limit", default, 1, largest) or default, given.get("cursor")


def _known(names: tuple[str, ...]) -> None:
    for name in flask.request.args:
        if name not in names:
            raise InvalidInput(name[:50], f"is no filter; there are {', '.join(sorted(names))}")


def _choice(name: str, choices: type[_Choice]) -> _Choice | None:
    text = flask.request.args.get(name)
    if text is None:
        return None
    try:
        return choices(text)
    except ValueError:
        raise InvalidInput(
            name, f"is unknown; the OpenAPI document lists the {len(list(choices))} that there are"
        ) from None


def _number(name: str, default: int | None, least: int, most: int) -> int | None:
    text = flask.request.args.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdigit() and len(text) <= 6 and least <= int(text) <= most:
        return int(text)
    raise InvalidInput(name, f"must be from {least} to {most}")


def _text(name: str) -> str | None:
    """A value that may hold colons, which clients encode and Orthanc 1.12 does not decode."""
    text = flask.request.args.get(name)
    return None if text is None else unquote(text)


def _moment(name: str) -> int | None:
    """A date, or a date and time; without an offset it is UTC."""
    text = _text(name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise InvalidInput(name, "must be a date such as 2026-06-10, or 2026-06-10T12:00:00Z") from None
