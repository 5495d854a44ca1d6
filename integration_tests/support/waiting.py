"""Waiting for what must come true, however slow the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_SECONDS = 60


def eventually(holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS, pause: float = 0.1) -> None:
    """Ask until it holds, every `pause` seconds; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"still not so after {seconds:.0f} s"
        time.sleep(pause)
