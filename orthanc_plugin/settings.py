"""The section "PatientShare" of Orthanc's configuration, checked once at the start and frozen."""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_pascal

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

    name: str = Field(min_length=1, max_length=120, description="Name of the practice.")
    address: tuple[Annotated[str, Field(max_length=120)], ...] = Field(
        default=(), max_length=6, strict=False, description="Postal address, one string per line."
    )
    telephone: str = Field(
        default="", max_length=40, description="Telephone number that pages and letters name for help."
    )
    email: str = Field(default="", max_length=120, description="E-mail address on the letter.")
    website: str = Field(default="", max_length=200, description="Web address on the letter.")


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


class Settings(_Section):
    """All settings of the section; times and sizes carry their unit in the name."""

    public_url: Annotated[str, AfterValidator(_origin)] = Field(
        description="Origin that patients reach the portal at; links are built from it and from nothing else."
    )
    key_file: str = Field(
        min_length=1,
        description="File with the secret keys (`patient-share new-key FILE`), readable by Orthanc alone. Keep it out "
        "of the database's backup.",
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
    practice: PracticeSettings = Field(description="The practice as patients see it.")
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
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="Europe/Berlin", description="Time zone in which a share's last valid day ends."
    )
    default_language: Literal["de", "en"] = Field(
        default="de",
        description="Language of letters, and of pages where the browser asks for none that exists.",
    )
    viewers: ViewerSettings = Field(default=ViewerSettings(), description="Further viewers for recipients.")
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
    login_answer_milliseconds: int = Field(
        default=300,
        ge=100,
        le=2000,
        description="Failing logins are answered at multiples of this time, so that it does not show whether the "
        "access code exists. Keep it well above the time of one password check (about 100 ms).",
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
    return settings


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
    sections: dict[str, type[BaseModel]] = {"Practice": PracticeSettings, "Viewers": ViewerSettings}
    model = sections.get(str(location[0]), Settings) if len(location) > 1 else Settings
    names = [field.alias or name for name, field in model.model_fields.items()]
    near = difflib.get_close_matches(str(location[-1]), names, n=1)
    return f" (did you mean {near[0]}?)" if near else ""
