"""Wires e-mail: what is written, the outbox, and the thread that sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment
from sqlalchemy import Engine

from .adapters import orthanc_sdk as sdk
from .adapters.background import Background
from .adapters.keyring import Keyring
from .adapters.mailer import WHOLE, SmtpMailer
from .adapters.secret_file import SecretFileError, read_secret
from .adapters.store.messages import SqlMessages
from .adapters.store.outbox import SqlOutbox
from .domain.contact import ContactMessage
from .domain.credential import AccessCode
from .domain.email_address import EmailAddress
from .domain.outbox import RetryRule
from .domain.person_name import display_name
from .domain.share import Audience, Share
from .domain.study import StudySummary
from .handout.contact_mail import contact_mail
from .handout.letter import personal_link
from .handout.mail import Envelope, MailFacts, MailWriter
from .i18n.catalogue import Language
from .ports import Archive, Clock, Entropy, ShareRepository, Transaction
from .settings import ContactSettings, EmailSettings, Settings
from .use_cases.contact_practice import DeliverMessages
from .use_cases.deliver_mail import DeliverMail
from .use_cases.look_after_mail import LookAfterMail
from .use_cases.notify_expiry import NotifyExpiry
from .use_cases.notify_report import NotifyReport
from .use_cases.order_mail import OrderInvitation
from .use_cases.record_event import RecordEvent
from .use_cases.send_invitation import SendInvitation
from .use_cases.validity import last_valid_day
from .web.services import MailServices, Practice

# The outbox is looked at so often (seconds), also for what another instance has filed.
_POLL = 10
_LEASE_MARGIN = 10


class LetterBox:
    """Writes e-mails of shares as the practice's settings allow."""

    def __init__(
        self,
        settings: Settings,
        templates: Environment,
        languages: Mapping[str, Language],
        practice: Practice,
        zone: ZoneInfo,
    ) -> None:
        email = settings.email
        reply_to = EmailAddress.parse(email.reply_to) if email.reply_to else None
        envelope = Envelope(EmailAddress.parse(email.sender), email.sender_name or practice.name, reply_to)
        self._writer = MailWriter(templates, languages, practice, envelope)
        self._settings, self._zone = settings, zone

    def invitation(
        self, recipient: EmailAddress, share: Share, studies: Sequence[StudySummary], code: AccessCode, now: float
    ) -> bytes:
        """The message with the link."""
        link = personal_link(self._settings.public_url, code)
        facts = MailFacts(
            share.audience.value,
            last_valid_day(share.expires_at, self._zone),
            self._patient(share, studies),
            self._examination(share, studies),
        )
        return self._writer.invitation(recipient, share.language, facts, link, now)

    def expiry_notice(self, recipient: EmailAddress, share: Share, now: float) -> bytes:
        """The message without a link."""
        facts = MailFacts(share.audience.value, last_valid_day(share.expires_at, self._zone))
        return self._writer.expiry_notice(recipient, share.language, facts, now)

    def report_notice(self, recipient: EmailAddress, share: Share, now: float) -> bytes:
        """The message that a report is there, without a link."""
        facts = MailFacts(share.audience.value, last_valid_day(share.expires_at, self._zone))
        return self._writer.report_notice(recipient, share.language, facts, now)

    def contact(self, message_id: str, message: ContactMessage, now: float) -> bytes:
        """The e-mail that brings a message of the contact page to the practice."""
        language = self._writer.languages[self._settings.default_language]
        to = EmailAddress.parse(self._settings.contact.to)
        return contact_mail(self._writer.envelope, to, language, message_id, message, now)

    def _patient(self, share: Share, studies: Sequence[StudySummary]) -> str:
        if not (self._settings.email.may_name_patient and studies and share.audience is Audience.PATIENT):
            return ""
        return display_name(studies[0].patient_name)

    def _examination(self, share: Share, studies: Sequence[StudySummary]) -> str:
        if not self._settings.email.may_name_examination:
            return ""
        language = self._writer.languages[share.language]
        texts = ((study.description, language.dicom_date(study.study_date)) for study in studies)
        return "; ".join(", ".join(part for part in pair if part) for pair in texts)


@dataclass(frozen=True)
class Mail:
    """E-mail as the composition root starts and stops it."""

    services: MailServices
    sender: Background
    # A step of maintenance; None where recipients are not told of reports.
    report_notices: Callable[[], object] | None


def build_mail(
    settings: EmailSettings,
    letters: LetterBox,
    engine: Engine,
    keyring: Keyring,
    shares: ShareRepository,
    clock: Clock,
    entropy: Entropy,
    transaction: Transaction,
    record: RecordEvent,
    archive: Archive,
    contact: ContactSettings,
) -> Mail:
    """Raises SecretFileError where a file of the section cannot be used."""
    outbox = SqlOutbox(engine, keyring)
    lease = WHOLE * settings.timeout_seconds + _LEASE_MARGIN
    rule = RetryRule(settings.retry_seconds, settings.give_up_hours * 3600)
    mailer = _mailer(settings)
    deliver = DeliverMail(outbox, mailer, shares, clock, rule, lease, transaction, record)
    notify = NotifyExpiry(
        outbox, shares, letters.expiry_notice, clock, transaction, record, settings.notices.expires_in_days
    )
    poll = float(min(_POLL, *settings.retry_seconds))
    messages = DeliverMessages(
        SqlMessages(engine, keyring),
        mailer,
        contact.to,
        letters.contact,
        clock,
        rule,
        contact.keep_days,
        sdk.log_warning,
    )

    def work() -> float:
        notify()
        written = bool(contact.to) and messages()
        return 0 if deliver() or written else poll

    sender = Background("outbox", work, sdk.log_error)
    desk = LookAfterMail(outbox, shares, clock, transaction, record, sender.wake)
    invite = OrderInvitation(outbox, letters.invitation, entropy, clock, record)
    send = SendInvitation(shares, keyring, clock, desk, invite, transaction)
    tell = NotifyReport(
        outbox, shares, archive, letters.report_notice, clock, transaction, record, sender.wake
    )  # fmt: skip
    return Mail(MailServices(desk, invite, send), sender, tell if settings.notices.report_ready else None)


def _mailer(settings: EmailSettings) -> SmtpMailer:
    if settings.ca_file and not Path(settings.ca_file).is_file():
        raise SecretFileError(f"The file {settings.ca_file} of Email.CaFile does not exist.")
    password = read_secret(Path(settings.password_file), "password file") if settings.password_file else ""
    return SmtpMailer(
        host=settings.server,
        port=settings.port,
        security=settings.security,
        sender=EmailAddress.parse(settings.sender).text,
        user=settings.user,
        password=password,
        ca_file=settings.ca_file,
        timeout=settings.timeout_seconds,
    )
