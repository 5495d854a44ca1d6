"""The section, read once at the start: everything that is wrong with it, in sentences for the administrator."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from .automatic import AutomaticSettings
from .mail import EmailSettings
from .portal import EncryptionSettings, PracticeSettings, ViewerSettings
from .section import Role, Settings

SECTION = "PatientShare"


class SettingsError(Exception):
    """The configuration cannot be used; the text is one sentence per fault, for the administrator."""


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
