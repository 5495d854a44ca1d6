"""The section "PatientShare" of Orthanc's configuration, checked once at the start and frozen."""

from .automatic import AutomaticRuleSettings, AutomaticSettings
from .events import EventSettings
from .mail import ContactSettings, EmailSettings
from .portal import EncryptionSettings, PracticeSettings, ViewerSettings
from .reading import SECTION, SettingsError, parse_settings
from .section import Role, Settings

__all__ = [
    "SECTION",
    "AutomaticRuleSettings",
    "AutomaticSettings",
    "ContactSettings",
    "EmailSettings",
    "EncryptionSettings",
    "EventSettings",
    "PracticeSettings",
    "Role",
    "Settings",
    "SettingsError",
    "ViewerSettings",
    "parse_settings",
]
