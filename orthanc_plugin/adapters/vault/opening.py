"""Opens the encrypted storage that a configuration describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...settings import SettingsError
from ..keyring import Keyring
from ..store.database import storage_directory
from .mark import Mark
from .storage import EncryptedStorage

# Sections of plugins that keep attachments elsewhere, with the member that switches it on (None: the section itself).
_OTHER_STORAGES = {
    "PostgreSQL": "EnableStorage",
    "MySQL": "EnableStorage",
    "Odbc": "EnableStorage",
    "AwsS3Storage": None,
    "AzureBlobStorage": None,
    "GoogleCloudStorage": None,
}


def open_storage(configuration: Mapping[str, Any], keyring: Keyring) -> EncryptedStorage:
    """The encrypted storage, once its mark agrees with the keys; raises StorageRefused."""
    root = storage_directory(configuration)
    keys = _NotedKeys(Mark(root), keyring)
    return EncryptedStorage(root, keys, durable=configuration.get("SyncStorageArea") is not False)


def check_storage(configuration: Mapping[str, Any]) -> None:
    """Raise SettingsError where another plugin is to keep the images."""
    for name, member in _OTHER_STORAGES.items():
        section = configuration.get(name)
        if isinstance(section, dict) and (member is None or section.get(member) is True):
            raise SettingsError(
                f'PatientShare.Encryption encrypts Orthanc\'s StorageDirectory, but "{name}" keeps the images '
                "elsewhere: use one of the two."
            )


class _NotedKeys:
    """The keys of the storage; no file is encrypted under a version that the mark does not name."""

    def __init__(self, mark: Mark, keyring: Keyring) -> None:
        self._mark, self._keyring = mark, keyring
        mark.check(keyring)
        mark.note(keyring, keyring.newest)

    def wrap(self, data_key: bytes, context: bytes) -> tuple[int, bytes]:
        """adapters/vault/envelope.py."""
        version, wrapped = self._keyring.wrap(data_key, context)
        self._mark.note(self._keyring, version)
        return version, wrapped

    def unwrap(self, version: int, wrapped: bytes, context: bytes) -> bytes:
        """adapters/vault/envelope.py."""
        return self._keyring.unwrap(version, wrapped, context)
