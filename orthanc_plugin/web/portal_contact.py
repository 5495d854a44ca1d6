"""The contact page: no account, nothing medical, no copy to anybody."""

from __future__ import annotations

import flask
from werkzeug.exceptions import RequestEntityTooLarge

from ..domain.contact import LONGEST_MESSAGE, ContactMessage, TooManyMessages
from ..domain.errors import Busy, InvalidInput, Unavailable
from .context import address, services
from .pages import message_page, page, see_other

CONTACT_PAGE = "/portal/contact"
_FIELDS = ("name", "reach", "message")


def form() -> flask.Response:
    """The empty form, or that a message is on its way."""
    if services().contact is None:
        return message_page(404, "not_found")
    return _form(200, "", dict.fromkeys(_FIELDS, ""), sent="sent" in flask.request.args)


def send() -> flask.Response:
    """Keep the message for the practice."""
    take = services().contact
    if take is None:
        return message_page(404, "not_found")
    try:
        typed = {name: flask.request.form.get(name, "") for name in _FIELDS}
    except RequestEntityTooLarge:
        return _form(413, "message", dict.fromkeys(_FIELDS, ""))
    if flask.request.form.get("website"):
        # Filled in by a program, which is to believe that it was heard.
        return see_other(f"{CONTACT_PAGE}?sent")
    try:
        take(ContactMessage.parse(typed["name"], typed["reach"], typed["message"]), address())
    except InvalidInput as fault:
        return _form(422, fault.field, typed)
    except (TooManyMessages, Busy, Unavailable):
        return _form(503, "many", typed)
    return see_other(f"{CONTACT_PAGE}?sent")


def _form(status: int, error: str, typed: dict[str, str], sent: bool = False) -> flask.Response:
    return page("contact.html", status, error=error, typed=typed, sent=sent, longest=LONGEST_MESSAGE)
