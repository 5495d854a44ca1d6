"""An encrypted storage in a folder of a test."""

from __future__ import annotations

from pathlib import Path

from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.vault.storage import EncryptedStorage

UUID = "0a1b2c3d-4e5f-4789-8abc-0123456789ab"
OTHER = "1a1b2c3d-4e5f-4789-8abc-0123456789ab"
DICOM = 1
KEYS = {1: b"a" * 32}
BOTH_KEYS = {1: b"a" * 32, 2: b"b" * 32}


def storage(root: Path, keys: dict[int, bytes] | None = None) -> EncryptedStorage:
    return EncryptedStorage(root, Keyring(keys or KEYS), durable=False)


def lay_plain(vault: EncryptedStorage, uuid: str, content: bytes) -> Path:
    """A file from before."""
    path = vault.plain_path(uuid)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def files(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())
