"""E-mails to recipients: text and HTML in one message, never a password."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from jinja2 import Environment

from ..domain.email_address import EmailAddress
from ..i18n.catalogue import Language

# Everything in ASCII: no mail server on the way has to know more.
_POLICY = SMTP.clone(cte_type="7bit", utf8=False)
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Envelope:
    """Whom messages come from."""

    sender: EmailAddress
    sender_name: str
    reply_to: EmailAddress | None


@dataclass(frozen=True)
class MailFacts:
    """What a message may say; texts from outside may hold anything, empty ones are left out."""

    audience: str
    last_day: date
    patient_name: str = ""
    examination: str = ""


@dataclass(frozen=True)
class MailWriter:
    """Writes messages from the theme's template `mail.html`."""

    templates: Environment
    languages: Mapping[str, Language]
    practice: Any
    envelope: Envelope

    def invitation(self, recipient: EmailAddress, language_code: str, facts: MailFacts, link: str, now: float) -> bytes:
        """The link with what is needed to use it, but never the password. RFC 5322 in ASCII."""
        language = self.languages[language_code]
        text = language.text
        opening = (
            text("we have images of a patient of yours ready for you.")
            if facts.audience == "referrer"
            else text("we have images ready for you. You can look at them on a telephone, a tablet or a computer.")
        )
        before = [opening]
        if facts.examination:
            before.append(text("Examination: {what}").format(what=_line(facts.examination)))
        after = [
            text("For this you need a password. You get it from us separately, never by e-mail."),
            text("The access is open up to and including {day}.").format(day=language.long_date(facts.last_day)),
        ]
        subject = text("Your access to images")
        return self._message(recipient, language, subject, facts, before, after, link, now)

    def expiry_notice(self, recipient: EmailAddress, language_code: str, facts: MailFacts, now: float) -> bytes:
        """That an access ends soon; without link and password."""
        language = self.languages[language_code]
        text = language.text
        before = [
            text("your access to images ends on {day}.").format(day=language.long_date(facts.last_day)),
            text("Until then you can open it with the link and the password that you have got from us."),
        ]
        return self._message(recipient, language, text("Your access to images ends soon"), facts, before, [], "", now)

    def report_notice(self, recipient: EmailAddress, language_code: str, facts: MailFacts, now: float) -> bytes:
        """That a report can be read now; without link and password, and without a word of what it says."""
        language = self.languages[language_code]
        text = language.text
        opening = (
            text("a report is ready for you together with the images of your patient.")
            if facts.audience == "referrer"
            else text("your report is ready. You can read it where you look at your images.")
        )
        before = [
            opening,
            text("You can open it with the link and the password that you have got from us, up to and including {day}.")
            .format(day=language.long_date(facts.last_day)),
        ]  # fmt: skip
        subject = text("Your report is ready")
        if facts.audience == "referrer":
            subject = text("A report is ready")
        return self._message(recipient, language, subject, facts, before, [], "", now)

    def _message(
        self,
        recipient: EmailAddress,
        language: Language,
        subject: str,
        facts: MailFacts,
        before: list[str],
        after: list[str],
        link: str,
        now: float,
    ) -> bytes:
        text = language.text
        greeting = text("Good day,")
        if facts.patient_name:
            greeting = text("Good day {name},").format(name=_line(facts.patient_name))
        help_line = text("If you did not expect this e-mail, or if something does not work, please contact us.")
        if self.practice.telephone:
            help_line += " " + text("Telephone: {number}").format(number=_line(self.practice.telephone))
        signature = [_line(line) for line in (self.practice.name, *self.practice.address) if _line(line)]
        parts = {
            "greeting": greeting,
            "before": before,
            "link": link,
            "after": [*after, help_line],
            "signature": signature,
        }
        message = new_message(self.envelope, recipient, self.envelope.reply_to, subject, uuid.uuid4().hex, now)
        message.set_content(_plain(parts), cte="quoted-printable")
        page = self.templates.get_template("mail.html").render(
            lang=language.code, title=subject, button=text("See the images"), **parts
        )
        message.add_alternative(page, subtype="html", cte="quoted-printable")
        # Last: what is named Content-… moves into the first part when a second one is added.
        message["Content-Language"] = language.code
        return checked(message)


def new_message(
    envelope: Envelope,
    recipient: EmailAddress,
    reply_to: EmailAddress | None,
    subject: str,
    name: str,
    now: float,
) -> EmailMessage:
    """A message with its head and no content yet. `name` stays the same for every try: a server can tell."""
    message = EmailMessage(_POLICY)
    # Python would take an encoded word (RFC 2047) in a name apart, with the line breaks that it may hold.
    message["From"] = Address(_line(envelope.sender_name).replace("=?", "= ?"), addr_spec=envelope.sender.text)
    message["To"] = Address(addr_spec=recipient.text)
    if reply_to:
        message["Reply-To"] = Address(addr_spec=reply_to.text)
    message["Subject"] = subject
    message["Date"] = datetime.fromtimestamp(int(now), UTC)
    message["Message-ID"] = f"<{name}@{envelope.sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    return message


def checked(message: EmailMessage) -> bytes:
    """The message as bytes; raises ValueError where it holds a header that nobody has set."""
    data = message.as_bytes()
    head, _, _ = data.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0].decode() for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
    if names != message.keys():
        raise ValueError("a header of the e-mail holds a line break")
    return data


def _plain(parts: Mapping[str, Any]) -> str:
    link = [parts["link"]] if parts["link"] else []
    paragraphs = [parts["greeting"], *parts["before"], *link, *parts["after"], "\n".join(parts["signature"])]
    return "\n\n".join(paragraphs) + "\n"


def _line(text: str) -> str:
    """One line of printable characters: neither a header nor a paragraph can be smuggled in."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_LONGEST_NAME]
