"""Files that hold secrets: they must belong to Orthanc's user and be closed to everybody else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_LONGEST_PASSWORD = 1000


class SecretFileError(Exception):
    """The file cannot be used; the text is for the administrator and holds no secret."""


def read_private(path: Path, what: str, longest: int) -> bytes:
    """At most `longest` bytes of the file; raises SecretFileError, also where other users could read it."""
    try:
        with path.open("rb") as file:
            facts = os.fstat(file.fileno())
            data = file.read(longest)
    except OSError as fault:
        raise SecretFileError(f"The {what} {path} cannot be read: {fault.strerror}.") from None
    if not stat.S_ISREG(facts.st_mode):
        raise SecretFileError(f"The {what} {path} is not a regular file.")
    if facts.st_uid not in (0, os.geteuid()):
        raise SecretFileError(f"The {what} {path} belongs to another user: chown it to the one that runs Orthanc.")
    if facts.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretFileError(f"The {what} {path} is open to other users: chmod 600 it.")
    return data


def read_secret(path: Path, what: str) -> str:
    """The first and only line of the file; raises SecretFileError."""
    lines = read_private(path, what, _LONGEST_PASSWORD).decode("utf-8", "replace").splitlines()
    if len(lines) != 1 or not lines[0].strip():
        raise SecretFileError(f"The {what} {path} must hold exactly one line: the secret.")
    return lines[0]
