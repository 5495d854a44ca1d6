"""The portal's pages and the letter as recipients see them, for staff who choose colour, logo and texts.

The same templates with the same words; in place of a patient's data there are general names.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import flask

from ..domain.credential import AccessCode, Password
from ..domain.share import Audience
from ..handout.letter import Part, personal_link
from .context import language, services, staff_user, static_files
from .letter_page import letter_page
from .own_paths import STAFF
from .pages import page

_DAYS = 30
_DEMO_ADDRESS = "https://portal.example"
# Of no share: the store makes its codes from random numbers, and these are the ends of the range.
_NO_CODE, _NO_PASSWORD = AccessCode.from_number(0), Password.from_number(0)


def index() -> flask.Response:
    """What can be looked at."""
    return page("staff_preview.html", user=staff_user())


def shown(name: str) -> flask.Response:
    """One of the pages."""
    draw = _PAGES.get(name)
    return draw() if draw else page("staff_message.html", 404, user=staff_user(), kind="not_found")


def _start(error: str | None = None, ended: bool = False, wait: str = "") -> flask.Response:
    values = {"error": error, "ended": ended, "retry_after_text": wait, "code": "", "signed_in": False}
    return _portal_page("start.html", **values)


def _throttled() -> flask.Response:
    return _start("throttled", wait=language().messages.ngettext("%(n)d minute", "%(n)d minutes", 2) % {"n": 2})


def _study() -> flask.Response:
    text = language().text
    row = {
        "title": text("Series"),
        "modality_label": text("Magnetic resonance imaging (MRI)"),
        "image_count": 24,
        "viewable": True,
        "viewer_url": f"{STAFF}/preview/study",
        "thumbnail_url": static_files().url("icon.svg", STAFF),
        "ordinal": 1,
    }
    section = {
        "examination": text("Examination"),
        "date": language().short_date(_today()),
        "series": [row],
        "reports": [f"{STAFF}/preview/study"],
    }
    study: dict[str, Any] = {
        "patient_name": text("Name of the patient"),
        "birth_date": "",
        "last_valid_day": language().long_date(_today() + timedelta(_DAYS)),
        "days_left": _DAYS,
        "sections": [section],
        "awaited": 0,
        "arriving": False,
        "download_size": "1 MB",
        "announcement": None,
        "begin_url": f"{STAFF}/preview/study",
        "full_viewer_url": None,
    }
    return _portal_page("study.html", audience=Audience.PATIENT.value, study=study)


def _letter() -> flask.Response:
    used = services()
    letter = used.letters.html(
        personal_link(used.public_url or _DEMO_ADDRESS, _NO_CODE),
        _NO_CODE,
        _NO_PASSWORD,
        _today() + timedelta(_DAYS),
        language().code,
        Audience.PATIENT.value,
        language().text("Specimen"),
        Part.BOTH,
    )
    return letter_page(letter, prints=False)


def _portal_page(template: str, **values: Any) -> flask.Response:
    legal = services().texts.legal(language().code)
    # No choice of languages at the foot: it would lead to the portal.
    return page(template, site={"legal": legal, "contact": services().contact is not None, "languages": []}, **values)


def _today() -> date:
    return datetime.fromtimestamp(services().clock.now(), services().zone).date()


_PAGES: dict[str, Callable[[], flask.Response]] = {
    "start": _start,
    "ended": lambda: _start(ended=True),
    "mistyped": lambda: _start("mistyped_code"),
    "wrong": lambda: _start("wrong"),
    "wait": _throttled,
    "expired": lambda: _start("expired"),
    "withdrawn": lambda: _start("revoked"),
    "study": _study,
    "unavailable": lambda: _portal_page("message.html", kind="unavailable"),
    "letter": _letter,
}
