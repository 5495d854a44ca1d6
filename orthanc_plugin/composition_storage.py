"""The keys, and with encryption at rest the storage area that uses them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .adapters import orthanc_sdk as sdk
from .adapters.key_source import read_key_command
from .adapters.keyring import Keyring
from .adapters.live_keyring import LiveKeyring
from .adapters.store.database import storage_directory
from .adapters.vault.mark import Mark
from .adapters.vault.opening import check_storage, open_storage
from .settings import Settings


def open_keys(settings: Settings, configuration: Mapping[str, Any]) -> Keyring:
    """The keys; with encryption on, Orthanc's storage is taken over.

    Raises KeyFileError, SettingsError, and StorageRefused where the storage and these keys do not belong together;
    nothing was changed then.
    """
    if settings.key_command:
        keyring = Keyring(read_key_command(settings.key_command))
    else:
        keyring = LiveKeyring(Path(settings.key_file), time.time, time.monotonic, sdk.log_error)
    mark = Mark(storage_directory(configuration))
    if not settings.encryption.enabled:
        mark.refuse_plain()
        return keyring
    check_storage(configuration)
    storage = open_storage(configuration, keyring)
    sdk.register_storage(storage.create, storage.read, storage.remove)
    sdk.log_warning("images are stored encrypted; files from before are read as they are (patient-share storage)")
    if "CachePath" not in _section(configuration, "WebViewer"):
        sdk.log_warning(
            "if the plugin Orthanc Web Viewer is loaded, its cache holds images unencrypted: set WebViewer.CachePath "
            "to a folder in memory"
        )
    return keyring


def _section(configuration: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = configuration.get(name)
    return section if isinstance(section, dict) else {}
