"""The command `patient-share` for administrators."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import cli_audit, cli_backup, cli_check, cli_storage
from .adapters.keyring import KeyFileError, add_key, write_new_key_file


def main(arguments: list[str] | None = None) -> int:
    """Run one command; answers the exit status."""
    parser = argparse.ArgumentParser(prog="patient-share", description="Orthanc Patient Share.")
    commands = parser.add_subparsers(dest="command", required=True)
    new_key = commands.add_parser("new-key", help="create the key file that the setting KeyFile names")
    new_key.add_argument("file", type=Path)
    rotate = commands.add_parser("rotate", help="add a new key to the key file, which running Orthancs take up")
    rotate.add_argument("file", type=Path)
    cli_audit.add_parser(commands)
    cli_storage.add_parser(commands)
    cli_check.add_parser(commands)
    cli_backup.add_parsers(commands)
    chosen = parser.parse_args(arguments)
    if chosen.command == "audit":
        return cli_audit.run(chosen)
    if chosen.command in ("backup", "restore"):
        return cli_backup.run(chosen)
    if chosen.command == "check":
        return cli_check.run(chosen)
    if chosen.command == "storage":
        return cli_storage.run(chosen)
    return _new_key(chosen.file) if chosen.command == "new-key" else _rotate(chosen.file)


def _new_key(path: Path) -> int:
    try:
        write_new_key_file(path)
    except FileExistsError:
        print(f"{path} exists and is left as it is.", file=sys.stderr)  # noqa: T201 - a command's answer
        return 1
    except OSError as fault:
        print(f"{path}: {fault.strerror}.", file=sys.stderr)  # noqa: T201
        return 1
    print(f"{path} holds a new key. Keep a copy apart from the database's backup.")  # noqa: T201
    return 0


def _rotate(path: Path) -> int:
    try:
        version = add_key(path)
    except KeyFileError as fault:
        print(fault, file=sys.stderr)  # noqa: T201
        return 1
    print(  # noqa: T201
        f"{path} holds a new key, version {version}. Running Orthancs use it for everything new within half a minute; "
        "the old keys must stay in the file. Renew your copy of it."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
