#!/usr/bin/env python3
"""Installs OHIF Viewer into a folder, ready to be served by the plugin below /portal/ohif.

    python3 docker/ohif.py [FOLDER]

The package comes from the npm registry that this machine is set up for (`npm pack`), or over HTTPS where there is no
npm, and is checked against the digest below. Needs nothing but Python's standard library.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from pathlib import Path

PACKAGE, VERSION = "@ohif/app", "3.13.2"
INTEGRITY = "sha512-WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA=="
REGISTRY = "https://registry.npmjs.org"
TARBALL = f"app-{VERSION}.tgz"

MANIFEST, FORMAT = "patient-share.json", 1
ROOT = "/portal/ohif"
# Raise it when this file changes what it writes, so that browsers fetch the files anew.
RECIPE = 2

# What one series of images needs: no source maps, no segmentation models (ort/), no microscopy, no service worker, no
# sign-in of OHIF's own, no icons for home screens.
_WANTED = re.compile(r"[^/]+\.(?:js|css|wasm|woff2)|assets/images/[A-Za-z0-9_-]+\.png")
_UNWANTED = re.compile(
    r"app-config\.js|google\.js|init-service-worker\.js|sw\.js|oidc-client\.min\.js|polyfill\.min\.js|es6-shim\.min\.js"
)

INDEX = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, maximum-scale=1, user-scalable=no">
<title>OHIF Viewer</title>
<link rel="icon" href="data:,">
<script src="{prefix}app-config.js"></script>
<script defer src="{prefix}{program}"></script>
<link rel="stylesheet" href="{prefix}app.bundle.css">
<link rel="stylesheet" href="{prefix}patient-share.css">
</head>
<body><div id="react-portal"></div><div id="root"></div></body>
</html>
"""

CONFIGURATION = """// One series, read from one document of the portal: nothing of outside, nothing to search.
window.PUBLIC_URL = '{prefix}';
window.browserImportFunction = address => import(address);

const isSmall = window.matchMedia('(max-width: 599px), (max-height: 599px)').matches;
const tools = isSmall
  ? ['StackScroll', 'WindowLevel', 'Pan', 'Zoom', 'MoreTools']
  : ['WindowLevel', 'Pan', 'Zoom', 'MeasurementTools', 'Layout', 'Crosshairs', 'MoreTools'];

window.config = {{
  name: 'patient-share',
  routerBasename: '{prefix}',
  extensions: [],
  modes: [],
  showStudyList: false,
  showPatientInfo: 'disabled',
  showErrorDetails: 'dev',
  showWarningMessageForCrossOrigin: false,
  showCPUFallbackMessage: false,
  showLoadingIndicator: true,
  investigationalUseDialog: {{ option: 'never' }},
  whiteLabeling: {{ createLogoComponentFn: React => React.createElement('span') }},
  maxNumberOfWebWorkers: 3,
  maxNumRequests: {{ interaction: 10, thumbnail: 2, prefetch: 6 }},
  defaultDataSourceName: 'portal',
  dataSources: [{{
    namespace: '@ohif/extension-default.dataSourcesModule.dicomjson',
    sourceName: 'portal',
    configuration: {{ friendlyName: 'portal', name: 'portal' }},
  }}],
  customizationService: [{{
    'ohif.tours': {{ $set: [] }},
    'ohif.hotkeyBindings': {{ $set: [] }},
  }}],
  modesConfiguration: {{
    '@ohif/mode-basic': {{
      routes: {{
        0: {{ layoutInstance: {{ props: {{ leftPanels: {{ $set: [] }}, rightPanels: {{ $set: [] }} }} }} }},
      }},
      toolbarSections: {{
        $set: [{{ $reference: 'cornerstone.toolbarSections' }}, {{ primary: tools }}],
      }},
    }},
  }},
}};
"""

# A series opens on its first image, which often shows next to nothing; there is no setting for it.
FIRST_IMAGE = b"custom: 'sopInstanceLocation'"
MIDDLE_IMAGE = b"preset: 'middle'"

# Hidden: the menu that leads to other organisations' pages, and on a small screen undo as well.
STYLE = """
div.absolute.right-0:has([data-cy="undo-btn"]) > :is(.flex-shrink-0, .border-r) { display: none; }
@media (max-width: 599px), (max-height: 599px) {
  div.absolute.right-0:has([data-cy="undo-btn"]) { display: none; }
}
"""


class InstallError(Exception):
    """OHIF cannot be installed; the text is for the person at the terminal."""


def cache_folder() -> Path:
    """Where the package is kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "orthanc-patient-share" / "ohif"


def package(cache: Path | None = None) -> bytes:
    """The package as npm's registry has it, from the cache if it is there; raises InstallError."""
    kept = (cache or cache_folder()) / TARBALL
    if kept.is_file() and integrity(kept.read_bytes()) == INTEGRITY:
        return kept.read_bytes()
    content = _packed() if shutil.which("npm") else _downloaded()
    if integrity(content) != INTEGRITY:
        raise InstallError(f"{PACKAGE} {VERSION} is not the package that was tested: its digest differs.")
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(content)
    return content


def integrity(content: bytes) -> str:
    """The digest as npm writes it (W3C Subresource Integrity)."""
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def _packed() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--pack-destination", folder]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        found = list(Path(folder).glob("*.tgz"))
        if ended.returncode or len(found) != 1:
            raise InstallError(f"npm could not fetch {PACKAGE} {VERSION}: {ended.stderr.strip()[-300:]}")
        return found[0].read_bytes()


def _downloaded() -> bytes:
    registry = os.environ.get("NPM_CONFIG_REGISTRY", REGISTRY).rstrip("/")
    if not registry.startswith("https://"):
        raise InstallError(f"{registry} is not an https address.")
    try:
        with urllib.request.urlopen(f"{registry}/{PACKAGE}/-/{TARBALL}", timeout=120) as answer:
            return bytes(answer.read())
    except OSError as fault:
        raise InstallError(f"{registry} could not be read: {fault}") from None


def installed_files(content: bytes) -> dict[str, bytes]:
    """The files to be served, by name, made from the package."""
    original = _unpacked(content)
    programs = [name for name in original if re.fullmatch(r"app\.bundle\.[0-9a-f]+\.js", name)]
    if len(programs) != 1 or "app.bundle.css" not in original:
        raise InstallError("The package is not built as expected.")
    if sum(content.count(FIRST_IMAGE) for content in original.values()) != 1:
        raise InstallError("The package is not built as expected: the layout to begin with was not found.")
    prefix = f"{ROOT}/{version()}/"
    files = {name: _moved(name, text, prefix) for name, text in original.items()}
    files["index.html"] = INDEX.format(prefix=prefix, program=programs[0]).encode()
    files["app-config.js"] = CONFIGURATION.format(prefix=prefix).encode()
    files["patient-share.css"] = STYLE.encode()
    return files


def version() -> str:
    """A name for exactly what is installed; it stands in every address."""
    ours = "\0".join((INTEGRITY, INDEX, CONFIGURATION, STYLE, str(RECIPE)))
    return f"{VERSION}-{hashlib.sha256(ours.encode()).hexdigest()[:10]}"


def _unpacked(content: bytes) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        for entry in archive:
            name = entry.name.removeprefix("package/dist/")
            wanted = _WANTED.fullmatch(name) and not _UNWANTED.fullmatch(name)
            stream = (
                archive.extractfile(entry) if entry.isfile() and (wanted or entry.name == "package/LICENSE") else None
            )
            if stream is not None:
                files["LICENSE.txt" if entry.name == "package/LICENSE" else name] = stream.read()
    return files


def _moved(name: str, content: bytes, prefix: str) -> bytes:
    """The file with its addresses below `prefix` in place of the root."""
    place = prefix.encode()
    if name.endswith(".js"):
        content = content.replace(b'__webpack_require__.p = "/"', b'__webpack_require__.p = "%s"' % place)
        content = content.replace(FIRST_IMAGE, MIDDLE_IMAGE)
        return re.sub(rb"\n?//# sourceMappingURL=[^\n]*", b"", content)
    if name.endswith(".css"):
        content = re.sub(rb"url\(/(?!/)", b"url(" + place, content)
        return re.sub(rb"/\*# sourceMappingURL=[^*]*\*/", b"", content)
    return content


def install(folder: Path, cache: Path | None = None) -> str:
    """Write the files, compressed, in place of what an earlier installation left; answers the version."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise InstallError(f"{folder} is not empty and holds no OHIF of an earlier installation.")
    files = installed_files(package(cache))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=folder.name) as temporary:
        fresh = Path(temporary) / "new"
        for name, content in files.items():
            path = fresh / f"{name}.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(gzip.compress(content, 9, mtime=0))
        manifest = {"format": FORMAT, "version": version(), "files": sorted(files)}
        (fresh / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        if folder.is_dir():
            folder.rename(Path(temporary) / "old")
        fresh.rename(folder)
    return version()


def main() -> int:
    """Install; answers the exit status."""
    parser = argparse.ArgumentParser(description="Install OHIF Viewer for Patient Share.")
    parser.add_argument("folder", nargs="?", default="build/ohif", type=Path)
    folder = parser.parse_args().folder.absolute()
    try:
        installed = install(folder)
    except InstallError as fault:
        print(f"ohif: {fault}", file=sys.stderr)
        return 1
    print(f"OHIF {installed} is in {folder}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
