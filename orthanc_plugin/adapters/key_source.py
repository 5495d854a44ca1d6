"""Where the keys come from: a file, or a program that asks a secret store or decrypts a credential."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from .keyring import LONGEST_FILE, KeyFileError, parse_keys, read_key_file

_SECONDS = 30


def read_keys(file: str, command: Sequence[str]) -> dict[int, bytes]:
    """Keys by version, from the program where one is named, else from the file; raises KeyFileError."""
    return read_key_command(command) if command else read_key_file(Path(file))


def read_key_command(command: Sequence[str]) -> dict[int, bytes]:
    """Run the program, without a shell, and read `version:base64` lines from what it prints; raises KeyFileError.

    What it says on its error output is shown to nobody: it may hold a secret.
    """
    what = f"program {command[0]} of KeyCommand"
    try:
        done = subprocess.run(  # noqa: S603 - a program of the administrator's, from Orthanc's configuration
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise KeyFileError(f"The {what} gave no answer within {_SECONDS} seconds.") from None
    except OSError as fault:
        raise KeyFileError(f"The {what} cannot be run: {fault.strerror}.") from None
    if done.returncode:
        raise KeyFileError(f"The {what} failed with exit status {done.returncode}.")
    return parse_keys(done.stdout[:LONGEST_FILE], what)
