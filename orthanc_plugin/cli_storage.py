"""`patient-share storage`: encrypt, verify and re-key a whole storage, beside a running Orthanc or without one."""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .adapters.configuration_file import ConfigurationError, read_configuration
from .adapters.keyring import KeyFileError, Keyring
from .adapters.practice_theme import read_settings
from .adapters.store.database import storage_directory
from .adapters.vault import care
from .adapters.vault.mark import NAME, Mark, StorageRefused
from .adapters.vault.opening import check_storage, open_storage
from .adapters.vault.storage import EncryptedStorage
from .cli_configuration import add_configuration, keyring_of
from .settings import SettingsError

_PROGRESS_SECONDS = 5.0
_Work = Callable[[EncryptedStorage, Keyring, care.Progress], care.Found]
_COMMANDS: dict[str, tuple[str, _Work]] = {
    "convert": (
        "encrypt the files from before; may be stopped and begun again at any time",
        lambda storage, _, progress: care.convert(storage, progress),
    ),
    "verify": (
        "decrypt every file; exit status 1 where one cannot be, or is not encrypted",
        lambda storage, _, progress: care.verify(storage, progress),
    ),
    "rotate": (
        "move every file to the newest key of the key file",
        lambda storage, keyring, progress: care.rotate(storage, keyring.newest, progress),
    ),
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Tell the command about `storage convert`, `storage verify` and `storage rotate`."""
    storage = commands.add_parser("storage", help="encrypt, verify or re-key the stored images")
    kinds = storage.add_subparsers(dest="kind", required=True)
    for name, (text, _) in _COMMANDS.items():
        parser = kinds.add_parser(name, help=text)
        add_configuration(parser)


def run(chosen: argparse.Namespace) -> int:
    """Run one of them; answers the exit status."""
    try:
        configuration = read_configuration(chosen.configuration)
        settings = read_settings(configuration)
        check_storage(configuration)
        root = storage_directory(configuration)
        if not (settings.encryption.enabled and Mark(root).present):
            return _fault(
                f"{root} is not encrypted. Set PatientShare.Encryption.Enabled to true and restart Orthanc first: "
                "otherwise it would not find the files."
            )
        if os.geteuid() != root.stat().st_uid:
            return _fault("Run this as the user that runs Orthanc: it must be able to read what is written.")
        keyring = keyring_of(settings)
        with _alone(root):
            return _tell(chosen.kind, _COMMANDS[chosen.kind][1](open_storage(configuration, keyring), keyring, _told()))
    except (ConfigurationError, SettingsError, KeyFileError, StorageRefused) as fault:
        return _fault(str(fault))
    except BlockingIOError:
        return _fault("Another such command is at work on this storage.")
    except OSError as fault:
        return _fault(f"{fault.filename or 'The storage'}: {fault.strerror}. What was done so far stays; begin again.")


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Two at once would take each other's work for Orthanc's."""
    with (root / f"{NAME}.lock").open("w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _told() -> care.Progress:
    next_at = time.monotonic() + _PROGRESS_SECONDS

    def progress(found: care.Found) -> None:
        nonlocal next_at
        if time.monotonic() >= next_at:
            next_at = time.monotonic() + _PROGRESS_SECONDS
            print(f"{found.seen} files ...", file=sys.stderr, flush=True)  # noqa: T201 - a command's answer

    return progress


def _tell(kind: str, found: care.Found) -> int:
    for damaged in found.damaged:
        print(f"DAMAGED {damaged}")  # noqa: T201
    match kind:
        case "convert":
            text = f"{found.changed} files were encrypted, {found.encrypted} were so before"
        case "rotate":
            text = f"{found.changed} files were moved to the newest key, {found.encrypted} had it before"
        case _:
            text = f"{found.encrypted} files are encrypted and whole"
    plain = f", {found.plain} are not encrypted" if found.plain else ""
    print(f"{text}{plain}, {len(found.damaged)} are damaged.")  # noqa: T201
    return 1 if found.damaged or (kind == "verify" and found.plain) else 0


def _fault(text: str) -> int:
    print(text, file=sys.stderr)  # noqa: T201
    return 2
