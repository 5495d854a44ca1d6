"""A thread that does small pieces of work now and then."""

from __future__ import annotations

import threading
from collections.abc import Callable

_AFTER_FAULT = 30.0


class Background:
    """Calls `work` again and again; it answers the seconds to the next call. A daemon: it never holds up the end."""

    def __init__(self, name: str, work: Callable[[], float], report: Callable[[str], None]) -> None:
        self._work, self._report, self._name = work, report, name
        self._wake, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"patient-share-{name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Do not wait for the time that `work` has named."""
        self._wake.set()

    def stop(self, seconds: float = 2.0) -> None:
        """Let the piece in hand end, and begin no further one; waits at most so long."""
        self._ended.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._ended.is_set():
            self._wake.clear()
            try:
                pause = self._work()
            except Exception as fault:  # noqa: BLE001 - whatever it is, the next piece may succeed
                # The type alone: the text of an exception may quote an address or a code.
                self._report(f"{self._name}: {type(fault).__name__}")
                pause = _AFTER_FAULT
            if not self._ended.is_set():
                self._wake.wait(pause)
