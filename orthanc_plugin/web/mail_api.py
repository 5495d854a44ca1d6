"""The REST API for staff: e-mails to recipients."""

from __future__ import annotations

import flask

from ..domain.email_address import EmailAddress
from ..domain.errors import InvalidInput, MailNotFound
from ..domain.outbox import REPEATABLE, OutboxEntry
from ..use_cases.look_after_mail import LookAfterMail
from ..use_cases.order_mail import OrderInvitation
from .api_models import EmailRequest
from .context import services, staff_user
from .mail_views import EmailList, EmailView, email_view
from .problems import json_answer


def emails(share_id: str) -> flask.Response:
    """The e-mails of a share."""
    mail = services().mail
    if mail is None:
        services().manage_share.get(share_id)
        return json_answer(EmailList(emails=[]))
    return json_answer(EmailList(emails=[_view(*pair) for pair in mail.desk.of_share(share_id)]))


def retry(email_id: str) -> flask.Response:
    """Send once more what was refused, has failed or is unclear."""
    return json_answer(_view(*_desk().retry(email_id, staff_user())))


def cancel(email_id: str) -> flask.Response:
    """Give up an e-mail that has not left."""
    return json_answer(_view(*_desk().cancel(email_id, staff_user())))


def recipient(wanted: EmailRequest | None) -> tuple[EmailAddress, OrderInvitation] | None:
    """Whom to write to and how, None where nobody asks for it; raises InvalidInput."""
    if wanted is None:
        return None
    address, mail = EmailAddress.parse(wanted.address, "email.address"), services().mail
    if mail is None:
        raise InvalidInput("email", "cannot be sent: no mail server is set (Email.Server)")
    return address, mail.invite


def _desk() -> LookAfterMail:
    mail = services().mail
    if mail is None:
        raise MailNotFound
    return mail.desk


def _view(entry: OutboxEntry, address: str) -> EmailView:
    return email_view(entry, address, entry.state in REPEATABLE)
