"""The practice's own look in a folder that is mounted: address, colour, logo, texts (docs/portal.md)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..settings import SECTION, Settings, SettingsError, parse_settings
from .configuration_file import ConfigurationError, read_object

_PRACTICE = "practice.json"
_LOGOS = ("logo.png", "logo.jpg", "logo.jpeg")
_TEXTS = "texts"
_MOST_BYTES = 64 << 10


def read_settings(configuration: Mapping[str, Any]) -> Settings:
    """The settings of Orthanc's whole configuration, with what ThemeFolder holds; raises SettingsError."""
    return parse_settings(with_theme(configuration))


def with_theme(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration, completed from the theme where it is silent itself; raises SettingsError.

    A folder that holds nothing of a theme is an error: it is a mistyped path, or a mount that failed.
    """
    section = configuration.get(SECTION)
    # What is of the wrong kind is reported with everything else.
    if not isinstance(section, dict) or not isinstance(section.get("Practice", {}), dict):
        return dict(configuration)
    name = section.get("ThemeFolder")
    if not isinstance(name, str) or not name:
        return dict(configuration)
    folder = Path(name)
    practice, logos, texts = folder / _PRACTICE, [folder / logo for logo in _LOGOS], folder / _TEXTS
    if not any(path.exists() for path in (practice, *logos, texts)):
        raise SettingsError(f"The folder {folder} of ThemeFolder holds neither {_PRACTICE} nor a logo nor {_TEXTS}.")
    found = _read(practice) if practice.exists() else {}
    for logo in filter(Path.exists, logos):
        found.setdefault("LogoFile", str(logo))
    themed = {**section, "Practice": {**found, **section.get("Practice", {})}}
    if texts.is_dir():
        themed.setdefault("TextsFolder", str(texts))
    return {**configuration, SECTION: themed}


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise SettingsError(f"{path} is larger than 64 KB.")
        return read_object(path, data.decode())
    except OSError as fault:
        raise SettingsError(f"{path} cannot be read: {fault.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not JSON.") from None
    except ConfigurationError as fault:
        raise SettingsError(str(fault)) from None
