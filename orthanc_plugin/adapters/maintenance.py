"""The thread that does what has to be done from time to time.

A daemon: a loop that is waited for would keep Orthanc from stopping. Nothing here may end it but `stop`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Protocol

_MINUTE = 60.0
# Orthanc reports studies one by one, often many at once.
_GATHER_SECONDS = 1.0


class Round(Protocol):
    """use_cases/maintain.py."""

    @property
    def steps(self) -> Mapping[str, Callable[[], object]]:
        """What is done in a round, by name."""
        ...

    @property
    def after_changes(self) -> Mapping[str, Callable[[], object]]:
        """Those of them that are taken when a study has changed."""
        ...

    def report_failures(self) -> None:
        """What is done once a minute."""
        ...


class Maintenance:
    """Rounds every `seconds`, the first at once; `publish` is called several times a minute.

    `report` says one line to the administrator. `monotonic` is a clock in seconds that is never set.
    """

    def __init__(
        self,
        work: Round,
        seconds: float,
        publish: Callable[[float | None], None],
        report: Callable[[str], None],
        monotonic: Callable[[], float],
        pause: float = 15.0,
    ) -> None:
        self._work = work
        self._seconds = seconds
        self._publish = publish
        self._report = report
        self._monotonic = monotonic
        self._pause = pause
        self._awake = threading.Event()
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="patient-share-maintenance", daemon=True)
        self._succeeded_at: float | None = None

    def start(self) -> None:
        """Begin; once."""
        self._thread.start()

    def stop(self, seconds: float = 2.0) -> None:
        """Take no further step; let the one that runs come to its end, for at most this long."""
        self._stopping.set()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def study_changed(self) -> None:
        """A study has become complete, or was deleted: look after the shares soon."""
        self._changed.set()
        self._awake.set()

    def _run(self) -> None:
        round_at = minute_at = self._monotonic()
        while not self._stopping.is_set():
            now = self._monotonic()
            if now >= round_at:
                round_at = now + self._seconds
                self._changed.clear()
                # Every step is taken, whatever became of the one before.
                taken = [self._take(name, step) for name, step in self._work.steps.items()]
                if all(taken):
                    self._succeeded_at = self._monotonic()
            elif self._changed.is_set():
                self._stopping.wait(_GATHER_SECONDS)
                self._changed.clear()
                for name, step in self._work.after_changes.items():
                    self._take(name, step)
            if now >= minute_at:
                minute_at = now + _MINUTE
                self._take("failures", self._work.report_failures)
            self._take("metrics", self._tell)
            self._awake.wait(min(self._pause, max(0.0, round_at - self._monotonic())))
            self._awake.clear()

    def _tell(self) -> None:
        self._publish(None if self._succeeded_at is None else self._monotonic() - self._succeeded_at)

    def _take(self, name: str, step: Callable[[], object]) -> bool:
        if self._stopping.is_set():
            return False
        try:
            step()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the next round has to come
            # The type alone: the text of an exception may quote what belongs in no log.
            self._report(f"maintenance, {name}: {type(fault).__name__}; it is tried again")
            return False
        return True
