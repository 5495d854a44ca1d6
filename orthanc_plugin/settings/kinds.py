"""What the sections of the configuration are made of: their base, and kinds of values with what is wrong in words."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_pascal

from ..domain.email_address import EmailAddress
from ..domain.errors import InvalidInput
from ..domain.report import ReportRule


class Section(BaseModel):
    """Names as Orthanc writes them, nothing unknown, no conversions, no values in error texts."""

    model_config = ConfigDict(
        alias_generator=to_pascal, extra="forbid", frozen=True, strict=True, hide_input_in_errors=True
    )


def origin(value: str) -> str:
    """An origin (RFC 6454) without anything behind it; raises ValueError."""
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


def report_rule(value: str) -> str:
    """A rule for reports; raises ValueError."""
    return ReportRule.parse(value).text


def zone_name(value: str) -> str:
    """A name of the IANA time zone database; raises ValueError."""
    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError) as fault:
        raise ValueError('must be an IANA time zone such as "Europe/Berlin"') from fault
    return value


def network(value: str) -> str:
    """An IP network; raises ValueError."""
    try:
        ipaddress.ip_network(value)
    except ValueError:
        raise ValueError('must be a network such as "10.0.0.5/32"') from None
    return value


def check_address(name: str, address: str, needed: bool) -> None:
    """Raise ValueError where the setting `name` is no e-mail address."""
    if not (address or needed):
        return
    try:
        EmailAddress.parse(address, name)
    except InvalidInput as fault:
        raise ValueError(f"{name} {fault.detail}") from None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
