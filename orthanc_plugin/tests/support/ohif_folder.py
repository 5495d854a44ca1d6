"""A folder as the installer of OHIF leaves it, with little in it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

VERSION = "3.0.0-abc"
FILES = {
    "index.html": b"<!doctype html><div id=root></div>",
    "app.bundle.0a.js": b"console.log(1)" * 100,
    "assets/images/CT-Bone.png": b"\x89PNG",
    "0d.wasm": b"\0asm",
}


def install(folder: Path, version: str = VERSION, **changes: object) -> Path:
    for name, content in FILES.items():
        path = folder / f"{name}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content))
    manifest = {"format": 1, "version": version, "files": sorted(FILES), **changes}
    (folder / "patient-share.json").write_text(json.dumps(manifest))
    return folder
