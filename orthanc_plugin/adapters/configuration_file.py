"""Orthanc's configuration as Orthanc itself reads it from disk, for commands that run beside it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Strings come first, so that slashes and commas inside them stay.
_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_LAST_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)
# ${NAME} and ${NAME:-default}, which Orthanc takes from the environment.
_VARIABLE = re.compile(r"\$\{([^:}]*)(?::-([^}]*))?\}")


class ConfigurationError(Exception):
    """The configuration cannot be read; the text is for the administrator and quotes nothing of it."""


def read_configuration(paths: Sequence[Path]) -> dict[str, Any]:
    """Files, and of folders every file that ends in .json, laid together as Orthanc does; raises ConfigurationError.

    Comments are allowed, and a comma after the last element. A section that stands in two files is an error there too.
    """
    result: dict[str, Any] = {}
    for path in _files(paths):
        for name, value in _read(path).items():
            if name in result:
                raise ConfigurationError(f'"{name}" stands in two of the files.')
            result[name] = value
    return result


def parse(text: str) -> Any:
    """JSON with comments and last commas; raises ValueError."""
    return json.loads(_LAST_COMMA.sub(r"\1", _COMMENT.sub(lambda found: found[1] or " ", text)))


def read_object(path: Path, text: str) -> dict[str, Any]:
    """The object that the text of a file holds; raises ConfigurationError."""
    try:
        values = parse(text)
    except (ValueError, RecursionError):
        raise ConfigurationError(f"{path} is not JSON.") from None
    if not isinstance(values, dict):
        raise ConfigurationError(f"{path} holds no object.")
    return values


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found += sorted(entry for entry in path.iterdir() if entry.suffix == ".json") if path.is_dir() else [path]
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        return read_object(path, _VARIABLE.sub(_substituted, path.read_text(encoding="utf-8")))
    except OSError as fault:
        raise ConfigurationError(f"{path}: {fault.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not JSON.") from None


def _substituted(found: re.Match[str]) -> str:
    return os.environ.get(found[1], found[2] or "")
