"""`patient-share check`: what is dangerous in a configuration, before or while Orthanc runs with it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from .adapters.configuration_file import ConfigurationError, read_configuration
from .adapters.practice_theme import read_settings
from .inspection import Weight, inspect
from .settings import SettingsError

_FOLDER = Path("/etc/orthanc")


def add_parser(commands: Any) -> None:
    """Add the command to the others."""
    check = commands.add_parser("check", help="say what is dangerous in Orthanc's configuration")
    check.add_argument(
        "configuration",
        type=Path,
        nargs="*",
        help=f"files, or folders with *.json, as Orthanc gets them ({_FOLDER})",
    )


def run(chosen: argparse.Namespace) -> int:
    """Answer 0 where nothing is dangerous, 1 where something is, 2 where the configuration cannot be read."""
    try:
        configuration = read_configuration(chosen.configuration or [_FOLDER])
        settings = read_settings(configuration)
    except (ConfigurationError, SettingsError) as fault:
        print(fault, file=sys.stderr)  # noqa: T201 - a command's answer
        return 2
    found = inspect(configuration, settings)
    for finding in found:
        print(f"{finding.weight.value:7} {finding.text}")  # noqa: T201
    if not found:
        print("Nothing to say.")  # noqa: T201
    return int(any(finding.weight is Weight.DANGER for finding in found))
