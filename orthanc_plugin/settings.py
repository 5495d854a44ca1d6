"""The section "PatientShare" of Orthanc's configuration, checked once at the start and frozen."""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_pascal

from .domain.dicom_tag import DicomTag
from .domain.email_address import EmailAddress
from .domain.errors import InvalidInput
from .domain.report import ReportRule

SECTION = "PatientShare"


class Role(StrEnum):
    """What an instance is for: everything, or one half of two instances over one index and one share store."""

    ALL = "all"
    STAFF = "staff"
    PORTAL = "portal"


class SettingsError(Exception):
    """The configuration cannot be used; the text is one sentence per fault, for the administrator."""


def _origin(value: str) -> str:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError:
        raise ValueError("must be an origin with a valid port") from None
    if any(c.isspace() or not c.isprintable() for c in value):
        raise ValueError("must not hold spaces")
    if parts.scheme not in ("http", "https") or not parts.hostname or value != f"{parts.scheme}://{parts.netloc}":
        raise ValueError('must be an origin such as "https://portal.example.org", without a path or a final slash')
    if "@" in parts.netloc:
        raise ValueError("must not hold a user name or password")
    return value


def _report(value: str) -> str:
    return ReportRule.parse(value).text


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError) as fault:
        raise ValueError('must be an IANA time zone such as "Europe/Berlin"') from fault
    return value


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        raise ValueError('must be a network such as "10.0.0.5/32"') from None
    return value


class _Section(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_pascal, extra="forbid", frozen=True, strict=True, hide_input_in_errors=True
    )


class PracticeSettings(_Section):
    """The practice as patients see it on each page and on the letter."""

    name: str = Field(
        default="", min_length=1, max_length=120, description="Name of the practice. Required, here or in ThemeFolder."
    )
    address: tuple[Annotated[str, Field(max_length=120)], ...] = Field(
        default=(), max_length=6, strict=False, description="Postal address, one string per line."
    )
    telephone: str = Field(
        default="", max_length=40, description="Telephone number that pages and letters name for help."
    )
    email: str = Field(default="", max_length=120, description="E-mail address on the letter.")
    website: str = Field(default="", max_length=200, description="Web address on the letter.")
    logo_file: str = Field(
        default="", description="PNG or JPEG file for the head of letters and pages, at most 1 MB; it is made smaller."
    )
    colour: str = Field(
        default="",
        description="Colour of buttons and links, as in `#0d5c66`; one too pale to be read is refused.",
    )
    text_size: int = Field(default=100, ge=90, le=150, description="Size of text on the pages, in percent.")


class ViewerSettings(_Section):
    """Which viewers a recipient may use besides the patient viewer; the first that is installed opens first."""

    orthanc_web_viewer: bool = Field(
        default=False, description="Offer Orthanc Web Viewer (plugin orthanc-webviewer) as the full viewer."
    )
    ohif: bool = Field(default=False, description="Offer OHIF Viewer (docs/viewers.md says how to install it).")
    ohif_folder: str = Field(
        default="/opt/ohif", min_length=1, description="Folder that the installer of OHIF has written."
    )
    stone_web_viewer: bool = Field(
        default=False, description="Offer Stone Web Viewer (plugins stone-webviewer and dicom-web)."
    )


class EncryptionSettings(_Section):
    """Encryption of the images on the disk; docs/encryption.md."""

    enabled: bool = Field(
        default=False,
        description="Encrypt everything that Orthanc stores from now on, under the keys of KeyFile. Once on, it stays "
        "on: Orthanc is not started over encrypted images without it.",
    )


class AutomaticRuleSettings(_Section):
    """Studies that are shared by themselves; docs/automatic.md."""

    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$", description="Name of the rule; each study is shared by it once.")
    modalities: tuple[str, ...] = Field(default=(), strict=False, description="Modality of a series, as in `CT`.")
    ae_titles: tuple[str, ...] = Field(default=(), strict=False, description="AE title of the sender.")
    stations: tuple[str, ...] = Field(default=(), strict=False, description="Station Name (0008,1010).")
    institutions: tuple[str, ...] = Field(default=(), strict=False, description="Institution Name (0008,0080).")
    labels: tuple[str, ...] = Field(default=(), strict=False, description="Label of the study in Orthanc.")
    tags: dict[str, Annotated[tuple[str, ...], Field(strict=False, min_length=1)]] = Field(
        default={}, description="Tags of the first image and their values, private ones as `0011,20:CREATOR`."
    )
    with_referring_physician: bool = Field(default=False, description="Only where a referring physician is named.")
    audience: Literal["patient", "referrer"] = Field(default="patient", description="For whom.")
    language: Literal["", "de", "en"] = Field(default="", description="Language; empty: DefaultLanguage.")
    validity_days: int = Field(default=0, ge=0, le=365, description="Days; 0: DefaultValidityDays.")
    report: str = Field(default="", description="When the report is shown; empty: the practice's rule.")
    consent: bool = Field(default=False, description="Whether consent is on file for every such study.")
    email_tag: str = Field(default="", description="Tag with the e-mail address that the link is sent to.")

    @model_validator(mode="after")
    def _conditions(self) -> Self:
        named = self.modalities or self.ae_titles or self.stations or self.institutions or self.labels
        if not (named or self.tags or self.with_referring_physician):
            raise ValueError("a rule needs a condition: without one it would share everything")
        if self.report:
            _report(self.report)
        for tag in (*self.tags, *filter(None, [self.email_tag])):
            DicomTag.parse(tag)
        return self


class AutomaticSettings(_Section):
    """Sharing without a button; docs/automatic.md."""

    rules: tuple[AutomaticRuleSettings, ...] = Field(
        default=(), strict=False, description="Rules, each an object (docs/automatic.md); empty: nothing is shared."
    )
    dry_run: bool = Field(default=True, description="Only say in the log what would be shared.")
    letter_folder: str = Field(default="", description="Folder that the letters are put into as PDF.")


class NoticeSettings(_Section):
    """Which further e-mails go to the address of a share's invitation."""

    expires_in_days: int = Field(
        default=0,
        ge=0,
        le=60,
        description="Send a notice, without link and password, so many days before a share ends; 0: none.",
    )
    report_ready: bool = Field(
        default=False,
        description="Send a notice, without link and password, once a report can be read that could not be before.",
    )


class EmailSettings(_Section):
    """The practice's mail server; docs/email.md says how e-mail works."""

    server: str = Field(default="", max_length=253, description="Host name of the mail server; empty: no e-mail.")
    port: int = Field(default=587, ge=1, le=65535, description="Port: usually 587 with `starttls`, 465 with `tls`.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="Encryption to the mail server, with its certificate verified. `none` only on the same machine, "
        "or with AllowPlaintext.",
    )
    allow_plaintext: bool = Field(
        default=False, description="Allow Security `none` to another machine: links are readable on the way."
    )
    ca_file: str = Field(
        default="", description="File with the certificate authorities to trust (PEM); empty: the system's."
    )
    user: str = Field(default="", max_length=200, description="User at the mail server; empty: no login.")
    password_file: str = Field(
        default="", description="File with the password of User alone, readable by Orthanc alone (chmod 600)."
    )
    sender: str = Field(default="", alias="From", max_length=254, description="E-mail address of the sender.")
    reply_to: str = Field(default="", max_length=254, description="Address for answers; empty: the sender's.")
    sender_name: str = Field(
        default="", max_length=120, description="Name of the sender; empty: the name of the practice."
    )
    may_name_examination: bool = Field(
        default=False, description="Whether e-mails may say what was examined and when. Mail is readable on its way."
    )
    may_name_patient: bool = Field(default=False, description="Whether e-mails may address the patient by name.")
    notices: NoticeSettings = Field(default=NoticeSettings(), description="Further e-mails.")
    timeout_seconds: int = Field(
        default=120,
        ge=2,
        le=600,
        description="A step of the dialogue with the mail server takes no longer than this, the whole twice as long.",
    )
    retry_seconds: tuple[Annotated[int, Field(ge=1, le=7 * 86400)], ...] = Field(
        default=(60, 300, 900, 3600, 14400, 86400),
        min_length=1,
        max_length=20,
        strict=False,
        description="Pauses after a try that failed for the time being; the last one repeats.",
    )
    give_up_hours: int = Field(default=120, ge=1, le=720, description="After so long a message has failed.")

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if not self.server:
            return self
        if self.security == "none" and not (self.allow_plaintext or _is_loopback(self.server)):
            raise ValueError(
                "Security none sends links readable over the network: use starttls or tls, or set AllowPlaintext"
            )
        if bool(self.user) != bool(self.password_file):
            raise ValueError("User and PasswordFile belong together")
        for name, address in (("From", self.sender), ("ReplyTo", self.reply_to)):
            _address(name, address, name == "From")
        return self


class ContactSettings(_Section):
    """The portal's contact page; messages leave through the mail server of the section Email."""

    to: str = Field(default="", max_length=254, description="E-mail address of the practice; empty: no contact page.")
    keep_days: int = Field(
        default=14, ge=1, le=90, description="Days after which a message that could not be delivered is deleted."
    )

    @model_validator(mode="after")
    def _address(self) -> Self:
        _address("To", self.to, needed=False)
        return self


class EventSettings(_Section):
    """What the practice's information system is told of shares; docs/events.md says how."""

    webhook_url: str = Field(default="", max_length=500, description="Address that events are posted to; empty: none.")
    allow_plain_http: bool = Field(
        default=False, description="Allow a WebhookUrl that begins with `http:`, for a receiver in your own network."
    )
    secret_file: str = Field(
        default="",
        description="File with the secret that signs what is posted, readable by Orthanc alone (chmod 600).",
    )
    ca_file: str = Field(
        default="", description="File with the certificate authorities to trust (PEM); empty: the system's."
    )
    folder: str = Field(default="", description="Folder that each event is written to as a file; empty: none.")
    name_accession_number: bool = Field(default=False, description="Whether events name DICOM Accession Numbers.")
    timeout_seconds: int = Field(default=20, ge=1, le=120, description="A step of a request takes no longer than this.")
    retry_seconds: tuple[Annotated[int, Field(ge=1, le=86400)], ...] = Field(
        default=(10, 60, 300, 900, 3600),
        min_length=1,
        max_length=20,
        strict=False,
        description="Pauses after a try that failed; the last one repeats.",
    )
    give_up_hours: int = Field(default=72, ge=1, le=720, description="After so long an event is given up.")

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if not self.webhook_url:
            return self
        parts = urlsplit(self.webhook_url)
        if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc or parts.fragment:
            raise ValueError("WebhookUrl must be an address such as https://ris.example/hook, without a password")
        if not self.webhook_url.isascii() or not self.webhook_url.isprintable() or " " in self.webhook_url:
            raise ValueError("WebhookUrl must hold printable ASCII characters without spaces")
        if parts.scheme == "http" and not self.allow_plain_http:
            raise ValueError("WebhookUrl must begin with https:, or AllowPlainHttp must be set")
        if not self.secret_file:
            raise ValueError("WebhookUrl needs SecretFile: the receiver must be able to tell who calls")
        return self


def _address(name: str, address: str, needed: bool) -> None:
    if not (address or needed):
        return
    try:
        EmailAddress.parse(address, name)
    except InvalidInput as fault:
        raise ValueError(f"{name} {fault.detail}") from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Settings(_Section):
    """All settings of the section; times and sizes carry their unit in the name."""

    public_url: Annotated[str, AfterValidator(_origin)] = Field(
        description="Origin that patients reach the portal at; links are built from it and from nothing else."
    )
    key_file: str = Field(
        default="",
        min_length=1,
        description="File with the secret keys (`patient-share new-key FILE`), readable by Orthanc alone. Keep it out "
        "of the database's backup. Required where KeyCommand is empty.",
    )
    key_command: tuple[Annotated[str, Field(min_length=1, max_length=1000)], ...] = Field(
        default=(),
        max_length=20,
        strict=False,
        description="In place of KeyFile: a program with its arguments that prints the lines of a key file, run once "
        "at the start without a shell (docs/encryption.md).",
    )
    role: Annotated[Role, Field(strict=False)] = Field(
        default=Role.ALL,
        description="`all`: staff and patients on one instance. `staff`: no portal. `portal`: no staff credential is "
        "accepted, no staff route exists.",
    )
    staff_networks: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        default=(),
        strict=False,
        description="Networks from which staff credentials count, for example `192.168.0.0/16`; empty: all.",
    )
    practice: PracticeSettings = Field(
        default=PracticeSettings(),
        description="The practice as patients see it; what is missing comes from ThemeFolder.",
    )
    theme_folder: str = Field(
        default="",
        description="Folder with the practice's own look: `practice.json` (keys as in Practice), `logo.png` or "
        "`logo.jpg`, `texts` (docs/portal.md).",
    )
    database: str | None = Field(
        default=None,
        description="SQLAlchemy URL of the share store, `sqlite:` or `postgresql:`; null: SQLite file "
        "`patient-share.sqlite3` in Orthanc's StorageDirectory.",
    )
    default_validity_days: int = Field(
        default=30, ge=1, le=365, description="Validity of a share when the request names none."
    )
    max_validity_days: int = Field(default=365, ge=1, le=365, description="Longest validity that staff may choose.")
    require_consent: bool = Field(
        default=False, description="Whether a share needs the note that the patient's consent is on file."
    )
    report_for_patients: Annotated[str, AfterValidator(_report)] = Field(
        default="hold",
        description="When patients may read a report (encapsulated PDF or structured report), unless the share says "
        "otherwise: `never`, `hold` (until staff release it), `at-once`, or hours after its arrival, as in `24h`.",
    )
    report_for_referrers: Annotated[str, AfterValidator(_report)] = Field(
        default="at-once", description="The same for referring physicians."
    )
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="Europe/Berlin", description="Time zone in which a share's last valid day ends."
    )
    default_language: Literal["de", "en"] = Field(
        default="de",
        description="Language of letters, and of pages where the browser asks for none that exists.",
    )
    portal_languages: tuple[Annotated[str, Field(max_length=20)], ...] = Field(
        default=(),
        max_length=30,
        strict=False,
        description="Languages that the portal's pages are offered in, as in `de`, `en`, `tr`, besides "
        "DefaultLanguage; empty: all. Which there are, and which are drafts made by a machine: docs/portal.md.",
    )
    encryption: EncryptionSettings = Field(
        default=EncryptionSettings(), description="Encryption of the images on the disk."
    )
    automatic: AutomaticSettings = Field(default=AutomaticSettings(), description="Sharing without a button.")
    viewers: ViewerSettings = Field(default=ViewerSettings(), description="Further viewers for recipients.")
    events: EventSettings = Field(default=EventSettings(), description="Events for other systems.")
    email: EmailSettings = Field(default=EmailSettings(), description="E-mail to recipients.")
    contact: ContactSettings = Field(default=ContactSettings(), description="The portal's contact page.")
    texts_folder: str = Field(
        default="",
        description="Folder with texts of your own: help, imprint, privacy notice (docs/portal.md); empty: `texts` in "
        "ThemeFolder.",
    )
    trusted_proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        default=(),
        strict=False,
        description="Networks of reverse proxies whose X-Forwarded-For is believed, for example `10.0.0.5/32`.",
    )
    session_idle_minutes: int = Field(
        default=15, ge=1, le=120, description="A session ends after this time without a request."
    )
    session_absolute_hours: int = Field(
        default=4, ge=1, le=24, description="A session ends after this time in any case."
    )
    session_heartbeat_seconds: int = Field(
        default=20, ge=1, le=60, description="Open pages give a sign of life this often."
    )
    session_lease_visible_seconds: int = Field(
        default=60, ge=3, le=600, description="A page that is looked at counts this long after its last sign of life."
    )
    session_lease_hidden_seconds: int = Field(
        default=120, ge=3, le=1800, description="The same for a page in the background of a computer."
    )
    session_lease_hidden_phone_seconds: int = Field(
        default=300,
        ge=3,
        le=3600,
        description="The same for a page in the background of a phone, which stops the page's clock.",
    )
    session_grace_seconds: int = Field(
        default=15,
        ge=2,
        le=120,
        description="The session lives on for this time after its last page was closed: the next may be on its way.",
    )
    login_answer_milliseconds: int = Field(
        default=300,
        ge=100,
        le=2000,
        description="Failing logins are answered at multiples of this time, so that it does not show whether the "
        "access code exists. Keep it well above the time of one password check (about 100 ms).",
    )
    maintenance_minutes: int = Field(
        default=10, ge=1, le=1440, description="Minutes between two rounds of maintenance (docs/operations.md)."
    )
    purge_shares_after_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="Days after which a share that has expired or was revoked is removed from the store. The study in "
        "Orthanc is never touched.",
    )
    audit_retention_days: int = Field(
        default=1095, ge=30, le=36500, description="Days for which entries of the audit log are kept."
    )
    request_log: str = Field(
        default="",
        max_length=1000,
        description="File for one line of JSON a request to the product's own routes, or `/dev/stdout`; empty: none "
        "(docs/operations.md).",
    )
    threads: int = Field(default=16, ge=4, le=64, description="Threads that answer the product's own routes.")


def parse_settings(configuration: Mapping[str, Any]) -> Settings:
    """Read the section from Orthanc's whole configuration; raises SettingsError with every fault found."""
    section = configuration.get(SECTION)
    if not isinstance(section, dict):
        raise SettingsError(f'The configuration has no section "{SECTION}".')
    try:
        settings = Settings.model_validate(section)
    except ValidationError as fault:
        raise SettingsError(" ".join(_sentence(error) for error in fault.errors(include_input=False))) from None
    if settings.default_validity_days > settings.max_validity_days:
        raise SettingsError(f"{SECTION}.DefaultValidityDays must not be larger than MaxValidityDays.")
    if not settings.practice.name:
        raise SettingsError(f"{SECTION}.Practice.Name is missing.")
    _check_keys(settings)
    if 2 * settings.session_heartbeat_seconds > min(
        settings.session_lease_visible_seconds,
        settings.session_lease_hidden_seconds,
        settings.session_lease_hidden_phone_seconds,
    ):
        raise SettingsError(
            f"{SECTION}.SessionHeartbeatSeconds must be at most half of each lease (SessionLease…Seconds): otherwise "
            "one lost sign of life logs somebody out."
        )
    _check_automatic(settings)
    if settings.contact.to and not settings.email.server and settings.role is not Role.PORTAL:
        raise SettingsError(f"{SECTION}.Contact.To needs the mail server in Email.Server.")
    return settings


def _check_keys(settings: Settings) -> None:
    if not (settings.key_file or settings.key_command):
        raise SettingsError(f"{SECTION}.KeyFile is missing.")
    if settings.key_file and settings.key_command:
        raise SettingsError(f"{SECTION}.KeyCommand takes the place of KeyFile: only one of them may be set.")
    if settings.key_command and not settings.key_command[0].startswith("/"):
        raise SettingsError(f"{SECTION}.KeyCommand must begin with the whole path of a program.")


def _check_automatic(settings: Settings) -> None:
    automatic = settings.automatic
    names = [rule.name for rule in automatic.rules]
    if len(set(names)) != len(names):
        raise SettingsError(f"{SECTION}.Automatic.Rules: each rule needs a name of its own.")
    if names and not automatic.dry_run and not automatic.letter_folder:
        raise SettingsError(f"{SECTION}.Automatic.LetterFolder is needed: the password is in the letter alone.")
    if any(rule.email_tag for rule in automatic.rules) and not settings.email.server:
        raise SettingsError(f"{SECTION}.Automatic.Rules: EmailTag needs the mail server in Email.Server.")
    if settings.require_consent and not all(rule.consent for rule in automatic.rules):
        raise SettingsError(f"{SECTION}.Automatic.Rules: RequireConsent is set, so each rule must state Consent.")
    if any(rule.validity_days > settings.max_validity_days for rule in automatic.rules):
        raise SettingsError(f"{SECTION}.Automatic.Rules: ValidityDays must not be larger than MaxValidityDays.")


def _sentence(error: Any) -> str:
    path = ".".join(str(part) for part in error["loc"])
    match error["type"]:
        case "extra_forbidden":
            return f"{SECTION}.{path} is not a setting{_suggestion(error['loc'])}."
        case "missing":
            return f"{SECTION}.{path} is missing."
        case _:
            return f"{SECTION}.{path}: {error['msg'].removeprefix('Value error, ')}."


def _suggestion(location: tuple[Any, ...]) -> str:
    sections: dict[str, type[BaseModel]] = {
        "Practice": PracticeSettings,
        "Viewers": ViewerSettings,
        "Email": EmailSettings,
        "Encryption": EncryptionSettings,
        "Automatic": AutomaticSettings,
    }
    model = sections.get(str(location[0]), Settings) if len(location) > 1 else Settings
    names = [field.alias or name for name, field in model.model_fields.items()]
    near = difflib.get_close_matches(str(location[-1]), names, n=1)
    return f" (did you mean {near[0]}?)" if near else ""
