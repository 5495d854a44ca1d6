"""E-mails on the staff's pages: send the link, see what became of it, try again, give up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flask

from ..domain.credential import AccessCode, Password
from ..domain.email_address import EmailAddress
from ..domain.errors import InvalidInput, MailNotFound, MailUnchangeable
from ..domain.outbox import REPEATABLE, MailKind, MailState, OutboxEntry, Reason
from ..domain.share import Share
from ..i18n.catalogue import Language
from . import staff_api
from .context import services, staff_user
from .own_paths import STAFF
from .pages import see_other
from .services import MailServices
from .staff_sharing import MailNote, made
from .staff_words import Words


def send() -> flask.Response:
    """Send the link that the page before has shown, and show it again."""
    given, mail = flask.request.form, _mail()
    code, password = AccessCode.parse(given.get("code", "")), Password.parse(given.get("password", ""))
    share_id, typed = given.get("share", ""), given.get("address", "").strip()
    try:
        recipient = EmailAddress.parse(typed, "address")
    except InvalidInput:
        # Only who knows the code sees the page.
        share = services().print_letter.share_of(share_id, code)
        return _again(share, code, password, MailNote(typed=typed[:200], wrong=True))
    share = mail.send(share_id, code, recipient, staff_api.studies, staff_user())
    return _again(share, code, password, MailNote(sent_to=recipient.text))


def change(share_id: str) -> flask.Response:
    """Try an e-mail again, or give it up."""
    desk, email_id = _mail().desk, flask.request.form.get("email", "")
    done = "email"
    try:
        if flask.request.form.get("what") == "cancel":
            desk.cancel(email_id, staff_user())
        else:
            desk.retry(email_id, staff_user())
    except (MailNotFound, MailUnchangeable):
        done = "email-late"
    share = services().manage_share.get(share_id)
    return see_other(f"{STAFF}/shares/{share.id}?done={done}")


def listed(share: Share, spoken: Words) -> Sequence[dict[str, Any]]:
    """The e-mails of a share in words, newest first."""
    mail = services().mail
    if mail is None:
        return []
    return [_line(entry, address, spoken) for entry, address in mail.desk.of_share(share.id)]


def _line(entry: OutboxEntry, address: str, spoken: Words) -> dict[str, Any]:
    text = spoken.language.text
    return {
        "id": entry.id,
        "address": address,
        "kind": text("Link") if entry.kind is MailKind.INVITATION else text("Notice"),
        "state": state_words(entry.state, spoken.language),
        "advice": advice(entry.reason, spoken.language),
        "at": spoken.moment(entry.changed_at),
        "can_retry": entry.state in REPEATABLE and entry.kept,
        "can_cancel": entry.state is MailState.WAITING,
    }


def state_words(state: MailState, language: Language) -> str:
    """What has become of an e-mail."""
    text = language.text
    return {
        MailState.WAITING: text("Waits to be sent"),
        MailState.SENDING: text("Is being sent"),
        MailState.SENT: text("Handed over to the mail server"),
        MailState.REFUSED: text("Refused by the mail server"),
        MailState.FAILED: text("Given up after many tries"),
        MailState.UNCLEAR: text("May have arrived"),
        MailState.DROPPED: text("Not sent: the access was closed or changed"),
        MailState.CANCELLED: text("Given up"),
    }[state]


def advice(reason: Reason, language: Language) -> str:
    """What to do about it, for people who do not look after mail servers; empty where there is nothing to do."""
    text = language.text
    match reason:
        case Reason.NONE | Reason.STAFF | Reason.SHARE_CLOSED:
            return ""
        case Reason.BUSY | Reason.CONNECTION_LOST | Reason.TIMEOUT | Reason.UNREACHABLE:
            return text("The mail server could not be reached. It is tried again by itself for a while.")
        case Reason.ANSWER_LOST:
            return text("Please ask the recipient whether it has arrived before you send it again.")
        case Reason.UNKNOWN_RECIPIENT:
            return text("Please check the address. For another address, issue a new letter with a new password.")
        case _:
            return text("Please tell whoever looks after the practice's computers.")


def _again(share: Share, code: AccessCode, password: Password, note: MailNote) -> flask.Response:
    return made(share, code, password, tuple(staff_api.studies(share)), mail=note)


def _mail() -> MailServices:
    mail = services().mail
    if mail is None:
        raise MailNotFound
    return mail
