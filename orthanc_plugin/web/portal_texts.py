"""Help, legal pages, and the choice of a language: for everybody, without a word of any share."""

from __future__ import annotations

import flask

from .context import LANGUAGE_COOKIE, language, services, staff_user
from .own_paths import PORTAL
from .pages import WAYS_BACK, message_page, page, see_other
from .texts import LEGAL, STAFF_HELP

_COOKIE_SECONDS = 180 * 24 * 3600


def help_index() -> flask.Response:
    """All questions."""
    return page("help.html", topics=services().texts.help(language().code))


def help_page(slug: str) -> flask.Response:
    """One question with its answer."""
    found = services().texts.get(language().code, slug)
    if found is None or slug in (*LEGAL, STAFF_HELP):
        return message_page(404, "not_found")
    return page("text.html", text=found, is_help=True)


def legal(slug: str) -> flask.Response:
    """Imprint, privacy notice, cookies, accessibility."""
    found = services().texts.get(language().code, slug)
    if found is None or slug not in LEGAL:
        return message_page(404, "not_found")
    return page("text.html", text=found, is_help=False)


def staff_help() -> flask.Response:
    """The help for the practice's team."""
    found = services().texts.get(language().code, STAFF_HELP)
    return page("staff_help.html", user=staff_user(), text=found)


def choose_language() -> flask.Response:
    """Keep the language for this browser, and go back to where it was chosen."""
    form = flask.request.form
    back = form.get("back", "")
    answer = see_other(back if back in WAYS_BACK else WAYS_BACK[0])
    wanted = form.get("language", "")
    if wanted in services().portal_languages:
        answer.set_cookie(
            LANGUAGE_COOKIE,
            wanted,
            max_age=_COOKIE_SECONDS,
            path=PORTAL,
            httponly=True,
            samesite="Lax",
            secure=services().secure,
        )
    return answer
