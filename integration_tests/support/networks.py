"""Networks of this machine, which change while containers come and go; Chromium then drops what is under way."""

from __future__ import annotations

import threading
import time
from functools import cache
from pathlib import Path

_SOURCES = ("/proc/net/if_inet6", "/proc/net/route", "/proc/net/fib_trie")
_SETTLED_SECONDS = 2.0
_PATIENCE_SECONDS = 30.0


class _Watch:
    """Notes when addresses or routes have changed last."""

    def __init__(self) -> None:
        self.changed_at = time.monotonic()
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        seen = ""
        while True:
            now = "".join(Path(source).read_text() for source in _SOURCES if Path(source).exists())
            if now != seen:
                seen, self.changed_at = now, time.monotonic()
            time.sleep(0.2)


@cache
def _watch() -> _Watch:
    return _Watch()


def wait_until_settled() -> None:
    """Wait until nothing has changed for two seconds; after half a minute of changes wait no longer."""
    watch, until = _watch(), time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() - watch.changed_at < _SETTLED_SECONDS and time.monotonic() < until:
        time.sleep(0.1)
