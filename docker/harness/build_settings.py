"""The building machine's certificates, package index and proxies, for the image build alone (docker/build-settings)."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

CERTIFICATES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
# Settings that mean something on another machine, too.
INDEX_SETTINGS = ("index-url", "extra-index-url", "trusted-host", "timeout", "retries", "proxy")


def build_arguments(environment: Mapping[str, str]) -> dict[str, str]:
    """Proxies: predefined build arguments, which leave no trace in the image."""
    return {name: environment[name] for name in PROXIES if environment.get(name)}


def build_files() -> dict[str, bytes]:
    """What this machine's own settings add to docker/build-settings; a file that lies there wins."""
    given = Path(__file__).resolve().parents[1] / "build-settings"
    files = {}
    settings = _pip_settings()
    bundle = next((os.environ[name] for name in CERTIFICATES if os.environ.get(name)), settings.pop("cert", None))
    if bundle and Path(bundle).is_file():
        files["ca.crt"] = Path(bundle).read_bytes()
    lines = [f"{key} = {value}" for key, value in settings.items() if key != "cert"]
    if lines:
        files["pip.conf"] = "\n".join(["[global]", *lines, ""]).encode()
    files.update({name: (given / name).read_bytes() for name in ("ca.crt", "pip.conf") if (given / name).is_file()})
    return files


def _pip_settings() -> dict[str, str]:
    """Pip's own view of its configuration: files and environment, the environment last."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    settings: dict[str, str] = {}
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.partition(".")
        text = value.strip().strip("'\"")
        if section not in {"global", "install", ":env:"}:
            continue
        if key == "cert":
            settings[key] = text
        elif key in INDEX_SETTINGS:
            # Folders of this machine do not exist in the build.
            usable = [word for word in text.replace("\\n", " ").split() if not word.startswith(("file:", "/"))]
            if usable:
                settings[key] = " ".join(usable)
    return settings
