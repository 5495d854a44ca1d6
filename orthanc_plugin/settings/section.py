"""The section "PatientShare" as a whole."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from .automatic import AutomaticSettings
from .events import EventSettings
from .kinds import Section, network, origin, report_rule, zone_name
from .mail import ContactSettings, EmailSettings
from .portal import EncryptionSettings, PracticeSettings, ViewerSettings


class Role(StrEnum):
    """What an instance is for: everything, or one half of two instances over one index and one share store."""

    ALL = "all"
    STAFF = "staff"
    PORTAL = "portal"


class Settings(Section):
    """All settings of the section; times and sizes carry their unit in the name."""

    public_url: Annotated[str, AfterValidator(origin)] = Field(
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
    staff_networks: tuple[Annotated[str, AfterValidator(network)], ...] = Field(
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
    report_for_patients: Annotated[str, AfterValidator(report_rule)] = Field(
        default="hold",
        description="When patients may read a report (encapsulated PDF or structured report), unless the share says "
        "otherwise: `never`, `hold` (until staff release it), `at-once`, or hours after its arrival, as in `24h`.",
    )
    report_for_referrers: Annotated[str, AfterValidator(report_rule)] = Field(
        default="at-once", description="The same for referring physicians."
    )
    time_zone: Annotated[str, AfterValidator(zone_name)] = Field(
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
    trusted_proxies: tuple[Annotated[str, AfterValidator(network)], ...] = Field(
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
