"""Rendering of pages: templates of the theme, in the visitor's language."""

from __future__ import annotations

from typing import Any

import flask

from .context import language, services, static_files


def page(template: str, status: int = 200, **values: Any) -> flask.Response:
    """An HTML page; Jinja2 escapes everything that is not markup of the template."""
    shown = language()
    body = flask.current_app.jinja_env.get_template(template).render(
        practice=services().practice,
        lang=shown.code,
        static_url=static_files().url,
        _=shown.text,
        gettext=shown.text,
        ngettext=shown.messages.ngettext,
        **values,
    )
    return flask.Response(body, status, content_type="text/html; charset=utf-8")


def message_page(status: int, kind: str) -> flask.Response:
    """A page that says what happened and whom to call; the template knows the kinds."""
    return page("message.html", status, kind=kind)


def see_other(location: str) -> flask.Response:
    """303: go and look there (RFC 9110 section 15.4.4). `location` is a path of the product's own."""
    return flask.Response(status=303, headers={"Location": location})
