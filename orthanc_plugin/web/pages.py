"""Rendering of pages: templates of the theme, in the visitor's language."""

from __future__ import annotations

from typing import Any

import flask

from ..domain.audit import session_mark
from ..domain.principal import Recipient
from ..i18n.catalogue import Language
from .context import language, original, services, static_files
from .own_paths import PORTAL, STAFF

# Where somebody may be who chooses a language; the first is taken for every other place.
WAYS_BACK = ("/portal", "/portal/help", "/portal/contact", "/portal/study", "/portal/download")


def page(
    template: str, status: int = 200, framed: bool = False, site: dict[str, Any] | None = None, **values: Any
) -> flask.Response:
    """An HTML page; Jinja2 escapes everything that is not markup of the template.

    A recipient's page gives signs of life, so that its session ends with it; one in a frame leaves that to the page
    around it. `site` is for a page of the portal that is shown elsewhere: what its foot leads to.
    """
    shown = language()
    principal = flask.g.get("principal")
    watched = isinstance(principal, Recipient) and not framed
    if isinstance(principal, Recipient) and watched and status == 200:
        services().keep_session.page_sent(principal.session_hash)
    body = flask.current_app.jinja_env.get_template(template).render(
        practice=services().practice,
        lang=shown.code,
        direction=shown.direction,
        draft=shown.draft,
        static_url=_static_url,
        _=shown.text,
        gettext=shown.text,
        ngettext=shown.messages.ngettext,
        site=site if original().path.startswith(STAFF) else _site(shown),
        presence=_presence(principal) if isinstance(principal, Recipient) and watched else None,
        **values,
    )
    return flask.Response(body, status, content_type="text/html; charset=utf-8")


def _site(shown: Language) -> dict[str, Any]:
    """What the foot of the portal's pages leads to."""
    used = services()
    return {
        "legal": used.texts.legal(shown.code),
        "contact": used.contact is not None,
        "languages": [(code, one.own_name) for code, one in used.portal_languages.items()],
        "back": next((path for path in WAYS_BACK if path == original().path.rstrip("/")), WAYS_BACK[0]),
    }


def _static_url(name: str) -> str:
    return static_files().url(name, STAFF if original().path.startswith(STAFF) else PORTAL)


def _presence(principal: Recipient) -> dict[str, int | str]:
    keep = services().keep_session
    return {
        "session": session_mark(principal.session_hash),
        "heartbeat": keep.leases.heartbeat,
        "idle": keep.limits.idle,
    }


def message_page(status: int, kind: str) -> flask.Response:
    """A page that says what happened and whom to call; the template knows the kinds."""
    return page("message.html", status, kind=kind)


def see_other(location: str) -> flask.Response:
    """303: go and look there (RFC 9110 section 15.4.4). `location` is a path of the product's own."""
    return flask.Response(status=303, headers={"Location": location})
