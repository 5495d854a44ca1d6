"""What the commands beside Orthanc have in common: they read its configuration, and the keys that it names."""

from __future__ import annotations

import argparse
from pathlib import Path

from .adapters.configuration_file import read_configuration
from .adapters.key_source import read_keys
from .adapters.keyring import Keyring
from .adapters.practice_theme import read_settings
from .adapters.store.database import default_url
from .settings import Settings


def add_configuration(parser: argparse.ArgumentParser) -> None:
    """The option that names Orthanc's files."""
    parser.add_argument(
        "--configuration", type=Path, nargs="+", required=True, metavar="FILE", help="Orthanc's files or folder"
    )


def store_and_keys(chosen: argparse.Namespace) -> tuple[str, Keyring]:
    """The URL of the share store, and the keys; raises ConfigurationError, SettingsError or KeyFileError."""
    configuration = read_configuration(chosen.configuration)
    settings = read_settings(configuration)
    return settings.database or default_url(configuration), keyring_of(settings)


def keyring_of(settings: Settings) -> Keyring:
    """The keys as they are now; raises KeyFileError."""
    return Keyring(read_keys(settings.key_file, settings.key_command))
