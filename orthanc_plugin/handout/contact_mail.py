"""The e-mail that brings a message of the contact page to the practice."""

from __future__ import annotations

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage

from ..domain.contact import ContactMessage
from ..domain.email_address import EmailAddress
from ..domain.errors import InvalidInput
from ..i18n.catalogue import Language
from .mail import POLICY, Envelope, checked


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
    mail = EmailMessage(POLICY)
    mail["From"] = Address(envelope.sender_name.replace("=?", "= ?"), addr_spec=envelope.sender.text)
    mail["To"] = Address(addr_spec=recipient.text)
    reply_to = _address(message.reach)
    if reply_to:
        mail["Reply-To"] = Address(addr_spec=reply_to.text)
    mail["Subject"] = text("Message from the image portal")
    mail["Date"] = datetime.fromtimestamp(int(now), UTC)
    # The same for every try.
    mail["Message-ID"] = f"<contact-{message_id}@{envelope.sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
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
