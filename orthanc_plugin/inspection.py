"""Look over the whole configuration and say in plain words what is dangerous, and what could be better.

What would open or break the server stops it at the start (composition.py); this is about the rest, and about Orthanc's
own settings that a plugin cannot change.
"""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from .settings import Role, Settings

_SHORTEST_PASSWORD = 12
# A file may be this much newer than the clock: file systems of other machines differ a little.
_SKEW_SECONDS = 300
# Orthanc's own defaults (Orthanc Book, "Configuration"), where they are not what is wanted.
_DEFAULTS: Mapping[str, Any] = {"WebDavEnabled": True, "DicomServerEnabled": True, "DicomAlwaysAllowStore": True}


class Weight(StrEnum):
    """How bad it is."""

    DANGER = "danger"
    ADVICE = "advice"


@dataclass(frozen=True)
class Finding:
    """One sentence for the administrator. It names settings and files, never a value that is secret."""

    weight: Weight
    text: str


def inspect(configuration: Mapping[str, Any], settings: Settings) -> list[Finding]:
    """Everything that is to be said, dangers first. `configuration` is Orthanc's whole one."""
    found = [
        *_orthanc(configuration),
        *_plugins(configuration),
        *_dicom(configuration),
        *_staff(configuration, settings),
        *_public(settings),
        *_files(configuration, settings),
    ]
    return sorted(found, key=lambda finding: finding.weight is not Weight.DANGER)


def _orthanc(configuration: Mapping[str, Any]) -> Iterator[Finding]:
    if configuration.get("AuthenticationEnabled") is not False:
        yield _danger('"AuthenticationEnabled" must be false: the plugin asks staff itself, and patients have no user.')
    python = configuration.get("Python")
    if not (isinstance(python, dict) and python.get("AllowThreads") is True):
        yield _danger('"Python": {"AllowThreads": true} is missing: one slow reader would freeze the server.')
    if _value(configuration, "WebDavEnabled") is not False:
        yield _danger('"WebDavEnabled" is not false: WebDAV is a second way to all studies.')
    if configuration.get("LuaScripts"):
        yield _danger(
            '"LuaScripts" names scripts: they run with all rights, and one of them can answer in place of the filter.'
        )
    for name, why in (
        ("ExecuteLuaEnabled", "staff could run any program by one request"),
        ("RestApiWriteToFileSystemEnabled", "staff could write to any file by one request"),
    ):
        if configuration.get(name) is True:
            yield _danger(f'"{name}" is true: {why}.')
    if configuration.get("HttpVerbose") is True:
        yield _danger('"HttpVerbose" is true: passwords and session cookies go to the log.')
    for name in ("OrthancPeers", "DicomModalities"):
        if configuration.get(name):
            yield _advice(f'"{name}" names other systems: whoever takes over this server reaches them as well.')
    if configuration.get("RemoteAccessAllowed") is True and not configuration.get("HttpBindAddresses"):
        yield _advice(
            "Orthanc listens on all addresses: a firewall should admit the reverse proxy alone to its HTTP port."
        )


def _plugins(configuration: Mapping[str, Any]) -> Iterator[Finding]:
    named = configuration.get("Plugins")
    if not named:
        yield _danger('"Plugins" is missing.')
    for entry in named if isinstance(named, list) else []:
        path = Path(str(entry))
        if path.is_dir():
            yield _danger(
                f'"Plugins" names the folder {path}: a plugin that is missing there is not noticed, and Orthanc then '
                "serves everybody. Name each file."
            )
        elif not path.is_file():
            yield _danger(f'"Plugins" names {path}, which does not exist.')


def _dicom(configuration: Mapping[str, Any]) -> Iterator[Finding]:
    if _value(configuration, "DicomServerEnabled") is not True:
        return
    for name in ("DicomAlwaysAllowFind", "DicomAlwaysAllowFindWorklist", "DicomAlwaysAllowGet", "DicomAlwaysAllowMove"):
        if configuration.get(name) is True:
            yield _danger(f'"{name}" is true: any computer that reaches the DICOM port can read studies.')
    if _value(configuration, "DicomAlwaysAllowStore") is True:
        yield _advice("The DICOM port takes images from anybody who reaches it: keep it inside the practice's network.")


def _staff(configuration: Mapping[str, Any], settings: Settings) -> Iterator[Finding]:
    if settings.role is Role.PORTAL:
        return
    users = configuration.get("RegisteredUsers")
    for user, password in users.items() if isinstance(users, dict) else ():
        if len(str(password)) < _SHORTEST_PASSWORD or str(password) == user:
            yield _danger(f'A password in "RegisteredUsers" has less than {_SHORTEST_PASSWORD} characters.')
    if not settings.staff_networks and settings.role is Role.ALL:
        yield _advice('"StaffNetworks" is empty: staff credentials count from wherever this instance can be reached.')


def _public(settings: Settings) -> Iterator[Finding]:
    local = settings.public_url.startswith(("http://127.0.0.1", "http://localhost"))
    if settings.public_url.startswith("http:") and not local:
        yield _danger('"PublicUrl" begins with http: codes, passwords and images are readable on the way.')
    if not settings.trusted_proxies and not local:
        yield _advice(
            '"TrustedProxies" is empty: wrong passwords of all patients behind the proxy are counted together.'
        )
    if not settings.encryption.enabled:
        yield _advice('"Encryption.Enabled" is false: images lie readable on the disk (docs/encryption.md).')
    if not settings.practice.telephone:
        yield _advice('"Practice.Telephone" is empty: pages for patients who need help name no number.')


def _files(configuration: Mapping[str, Any], settings: Settings) -> Iterator[Finding]:
    secrets = {
        "KeyFile": settings.key_file,
        "Email.PasswordFile": settings.email.password_file,
        "Events.SecretFile": settings.events.secret_file,
        "Automatic.LetterFolder": settings.automatic.letter_folder,
        "StorageDirectory": str(configuration.get("StorageDirectory", "")),
    }
    for name, place in secrets.items():
        if not place:
            continue
        try:
            mode = Path(place).stat().st_mode
        except OSError:
            yield _danger(f'"{name}" names {place}, which does not exist or cannot be looked at.')
            continue
        if mode & (stat.S_IROTH | stat.S_IWOTH):
            yield _danger(f"Everybody on this machine can read {place} ({name}): chmod o-rwx.")
    store = Path(str(configuration.get("StorageDirectory", ""))) / "patient-share.sqlite3"
    if store.is_file() and store.stat().st_mtime > time.time() + _SKEW_SECONDS:
        yield _danger("The share store was changed later than the clock says it is: the clock is wrong.")


def _value(configuration: Mapping[str, Any], name: str) -> Any:
    return configuration.get(name, _DEFAULTS.get(name))


def _danger(text: str) -> Finding:
    return Finding(Weight.DANGER, text)


def _advice(text: str) -> Finding:
    return Finding(Weight.ADVICE, text)
