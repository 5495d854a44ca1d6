"""The e-mail that brings a message of the contact page to the practice."""

from __future__ import annotations

from ..domain.contact import ContactMessage
from ..domain.email_address import EmailAddress
from ..domain.errors import InvalidInput
from ..i18n.catalogue import Language
from .mail import Envelope, checked, new_message


def contact_mail(
    envelope: Envelope,
    recipient: EmailAddress,
    language: Language,
    message_id: str,
    message: ContactMessage,
    now: float,
) -> bytes:
    """Plain text; an answer goes to whoever wrote, where they have given an e-mail address. RFC 5322 in ASCII."""
    text = language.text
    subject = text("Message from the image portal")
    mail = new_message(envelope, recipient, _address(message.reach), subject, f"contact-{message_id}", now)
    lines = [
        text("Somebody has written on the contact page. Who they are has not been checked."),
        "",
        f"{text('Your name')}: {message.name or '-'}",
        f"{text('Telephone number or e-mail address')}: {message.reach}",
        "",
        message.text,
        "",
    ]
    mail.set_content("\n".join(lines), cte="quoted-printable")
    return checked(mail)


def _address(text: str) -> EmailAddress | None:
    try:
        return EmailAddress.parse(text)
    except InvalidInput:
        return None
