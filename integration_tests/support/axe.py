"""Barriers on a page, as axe-core finds them."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

_ROOT = Path(__file__).parent.parent.parent
_FILE = _ROOT / "build" / "axe" / "axe.min.js"


@cache
def _source() -> str:
    subprocess.run([sys.executable, str(_ROOT / "docker" / "axe.py")], check=True)
    return _FILE.read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """What axe-core objects to, one line each; empty where all is well."""
    page.evaluate(_source())
    found = page.evaluate("async () => (await axe.run(document)).violations")
    return [f"{rule['id']}: {rule['help']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]
