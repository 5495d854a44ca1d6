"""The mark in a storage directory: that its files are encrypted, and under which keys.

It keeps an Orthanc with encryption switched off, or with another key file, from starting over images that it could
not read, and from storing new ones that the right key does not open.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from ..durable_file import sync_folder, write_durably

NAME = "patient-share-encryption.json"
_FORMAT = 1


class StorageRefused(Exception):
    """Orthanc must not be started over this storage; the text is for the administrator."""


class CheckedKeys(Protocol):
    """adapters/keyring.py."""

    def storage_checks(self) -> Mapping[int, str]:
        """By version, something that tells one key from another and nothing about it."""
        ...


class Mark:
    """The mark of one storage directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._path = root / NAME
        self._noted: frozenset[int] = frozenset()

    @property
    def present(self) -> bool:
        """Whether files here are encrypted."""
        return os.path.lexists(self._path)

    def refuse_plain(self) -> None:
        """Raise StorageRefused where encryption is off and the files are encrypted."""
        if self.present:
            raise StorageRefused(
                f"The images in {self.root} are encrypted: set PatientShare.Encryption.Enabled to true. Nothing was "
                "changed."
            )

    def check(self, keys: CheckedKeys) -> None:
        """Raise StorageRefused where a key that files were encrypted under is missing, or is another."""
        if not self.present:
            return
        own = keys.storage_checks()
        for version, check in self._read().items():
            if version not in own:
                raise StorageRefused(
                    f"Images in {self.root} are encrypted under key version {version}, which is not in the key file: "
                    "put the key file back that they were stored with. Nothing was changed."
                )
            if own[version] != check:
                raise StorageRefused(
                    f"Key version {version} in the key file is not the one that images in {self.root} are encrypted "
                    "under: put the key file back that they were stored with. Nothing was changed."
                )

    def note(self, keys: CheckedKeys, version: int) -> None:
        """Write down that files are encrypted under this version, before the first of them is; raises OSError."""
        if version in self._noted:
            return
        noted = self._read() if self.present else {}
        if version not in noted:
            noted[version] = keys.storage_checks()[version]
            self._write(noted)
        self._noted = frozenset(noted)

    def _read(self) -> dict[int, str]:
        try:
            found = json.loads(self._path.read_text("utf-8"))
            if found["format"] != _FORMAT:
                raise StorageRefused(f"{self._path} was written by a newer version of Patient Share.")
            return {int(version): str(check) for version, check in found["keys"].items()}
        except OSError as fault:
            raise StorageRefused(f"{self._path} cannot be read: {fault.strerror}.") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise StorageRefused(f"{self._path} is damaged: restore it from a backup.") from None

    def _write(self, noted: Mapping[int, str]) -> None:
        self.root.mkdir(mode=0o750, parents=True, exist_ok=True)
        text = json.dumps({"format": _FORMAT, "keys": {str(version): noted[version] for version in sorted(noted)}})
        unfinished = self._path.with_name(f"{NAME}.{secrets.token_hex(4)}")
        try:
            write_durably(unfinished, f"{text}\n".encode("ascii"), 0o600)
            unfinished.rename(self._path)
        finally:
            with suppress(FileNotFoundError):
                unfinished.unlink()
        sync_folder(self.root)
