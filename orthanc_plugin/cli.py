"""The command `patient-share` for administrators."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .adapters.keyring import write_new_key_file


def main(arguments: list[str] | None = None) -> int:
    """Run one command; answers the exit status."""
    parser = argparse.ArgumentParser(prog="patient-share", description="Orthanc Patient Share.")
    commands = parser.add_subparsers(dest="command", required=True)
    new_key = commands.add_parser("new-key", help="create the key file that the setting KeyFile names")
    new_key.add_argument("file", type=Path)
    chosen = parser.parse_args(arguments)
    try:
        write_new_key_file(chosen.file)
    except FileExistsError:
        print(f"{chosen.file} exists and is left as it is.", file=sys.stderr)  # noqa: T201 - a command's answer
        return 1
    except OSError as fault:
        print(f"{chosen.file}: {fault.strerror}.", file=sys.stderr)  # noqa: T201
        return 1
    print(f"{chosen.file} holds a new key. Keep a copy apart from the database's backup.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
