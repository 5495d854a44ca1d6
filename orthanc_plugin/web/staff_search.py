"""The staff's first page: look for a study, or take one of today."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import flask

from ..domain.errors import InvalidInput
from ..domain.study_search import FoundStudies, StudySearch
from ..ports import ShareFilter
from ..settings import Role
from . import portal_pages
from .context import LANGUAGE_COOKIE, language, services, staff_user
from .own_paths import STAFF
from .pages import page, see_other
from .staff_words import Words, complaint

_PAGE = 25
_SHARES_SHOWN = 3
_FARTHEST = 1_000_000
FIELDS = ("name", "birth_date", "study_date", "accession_number", "patient_id")


def words() -> Words:
    """Words in the language of the page."""
    return Words(language(), services().clock.now(), services().zone)


def entry() -> flask.Response:
    """The form, and the studies of today."""
    used = services()
    today = datetime.fromtimestamp(used.clock.now(), used.zone).strftime("%Y%m%d")
    return _home({}, used.finder.find(StudySearch(study_date=today), _PAGE, 0), is_today=True)


def search() -> flask.Response:
    """What was looked for. A form that is posted: names must not stand in addresses, which end up in logs."""
    typed = {name: flask.request.form.get(name, "")[:200] for name in FIELDS}
    try:
        found = services().finder.find(StudySearch.parse(**typed), _PAGE, _since())
    except InvalidInput as fault:
        return _home(typed, None, wrong=fault.field)
    return _home(typed, found)


def static_file(version: str, name: str) -> flask.Response:
    """A file of the theme, here too: an instance for staff alone has no portal."""
    return portal_pages.static_file(version, name)


def choose_language() -> flask.Response:
    """Keep the language for this browser."""
    wanted = flask.request.form.get("language", "")
    answer = see_other(STAFF)
    if wanted in services().languages:
        answer.set_cookie(
            LANGUAGE_COOKIE, wanted, path=STAFF, httponly=True, samesite="Strict", secure=services().secure
        )
    return answer


def _home(typed: dict[str, str], found: FoundStudies | None, is_today: bool = False, wrong: str = "") -> flask.Response:
    spoken = words()
    return page(
        "staff_home.html",
        422 if wrong else 200,
        user=staff_user(),
        typed={name: typed.get(name, "") for name in FIELDS},
        wrong=wrong,
        complaint=complaint(wrong, spoken.language) if wrong else "",
        is_today=is_today,
        has_portal=services().role is not Role.STAFF,
        rows=None if found is None else [_row(spoken, entry) for entry in found.studies],
        next_since=found.next_since if found else None,
        version=_version(),
    )


def _row(spoken: Words, found: Any) -> dict[str, Any]:
    shares = services().manage_share.page(ShareFilter(study_id=found.study.id), _SHARES_SHOWN, None).shares
    return {**spoken.found(found), "shares": [{"id": s.id, **spoken.state(s)} for s in shares]}


def _since() -> int:
    text = flask.request.form.get("since", "0")
    return min(int(text), _FARTHEST) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _version() -> str:
    try:
        return version("orthanc-patient-share")
    except PackageNotFoundError:
        return ""
