"""Orthanc's configuration for a container: the project's orthanc.json with changes laid over it."""

import base64
import json
import secrets
from collections.abc import Mapping
from typing import Any

from harness.engine import ROOT

KEY_FILE = "/run/secrets/patient-share.key"
WITHOUT_PLUGIN: dict[str, Any] = {"PythonScript": None, "Python": None, "PatientShare": None}


def shipped() -> dict[str, Any]:
    """The configuration that lies in the image."""
    loaded: dict[str, Any] = json.loads((ROOT / "orthanc.json").read_text())
    return loaded


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Lay changes over a configuration: sections are merged, None removes, everything else replaces."""
    result = dict(base)
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def bare(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """The same Orthanc without this plugin, for comparison."""
    result = merged(configuration, WITHOUT_PLUGIN)
    result["Plugins"] = [plugin for plugin in result["Plugins"] if "Python" not in plugin]
    return result


def new_key() -> bytes:
    """Content of a fresh key file."""
    return b"1:" + base64.b64encode(secrets.token_bytes(32)) + b"\n"


def new_password() -> str:
    """A password for staff of a test or demo server."""
    return secrets.token_urlsafe(15)
