"""Where the browsers of the tests are; CHROMIUM and FIREFOX in the environment name others."""

from __future__ import annotations

import os
from pathlib import Path

# Starts the one that CHROMIUM names.
CHROMIUM = str(Path(__file__).with_name("chromium"))
FIREFOX = os.environ.get("FIREFOX", "/usr/bin/firefox-esr")
