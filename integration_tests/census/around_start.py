"""While Orthanc starts and while it stops, nobody is let in, although HTTP serves already or still."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .people import Person
from .run import Census
from .wire import Wire, as_bytes

_PAUSE = 0.002


@dataclass
class Poll:
    """Asks for native routes without a pause; `findings` are answers that were not refusals."""

    census: Census
    statuses: Counter[int] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Ask until the block ends, as a stranger and as the holder of a revoked share."""
        over = threading.Event()
        people = [self.census.people["anonymous"], self.census.people["revoked"]]
        threads = [threading.Thread(target=self._poll, args=(person, over)) for person in people]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def _poll(self, person: Person, over: threading.Event) -> None:
        b = self.census.corpus.subjects["B/1"]
        paths = ("/system", "/studies", f"/instances/{b.instances[0]}/file", f"/studies/{b.study}/archive", "/patients",
                 f"/dicom-web/studies/{b.study_uid}/metadata", "/app/explorer.html", "/changes")  # fmt: skip
        with Wire(self.census.server.http_port) as wire:
            while not over.is_set():
                for path in paths:
                    answer = wire.send("GET", as_bytes("GET", path, "127.0.0.1", person.headers), 3)
                    self.statuses[answer.status] += 1
                    if answer.status not in (0, 403) or answer.body:
                        self.findings.append(f"while starting or stopping: {person.name}: {path} -> {answer.status}")
                time.sleep(_PAUSE)


def stop_and_start(census: Census) -> Poll:
    """Stop the census' server and start it again, asking all the time; its data and shares stay."""
    poll = Poll(census)
    with poll.running():
        time.sleep(0.3)
        census.server.stop()
        census.server.container.start()
        census.server.wait_ready()
        time.sleep(0.5)
    return poll
