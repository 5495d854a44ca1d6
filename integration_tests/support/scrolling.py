"""Recipients who scroll without a pause, and what they were answered."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import requests

from .practice import Recipient


@dataclass
class Scrolling:
    """Asks for image after image on a thread for each recipient, within `with`."""

    recipients: list[Recipient]
    path: str = "/portal/series/1/images/1"
    # When each request was sent (monotonic seconds), and its status; 0 where there was no answer.
    seen: list[list[tuple[float, int]]] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        for recipient in self.recipients:
            answers: list[tuple[float, int]] = []
            self.seen.append(answers)
            thread = threading.Thread(target=self._scroll, args=(recipient, answers), daemon=True)
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _scroll(self, recipient: Recipient, answers: list[tuple[float, int]]) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            try:
                status = recipient.get(self.path).status_code
            except requests.RequestException:
                status = 0
            answers.append((began, status))
            # Faster than anybody scrolls, and slow enough for a busy machine to keep up.
            self._over.wait(0.02)

    def everybody_sees_images(self) -> bool:
        """Whether the last answers of each were images."""
        return all(len(answers) > 5 and answers[-1][1] == 200 for answers in self.seen)

    def everybody_asked_after(self, moment: float) -> bool:
        """Whether each has sent five requests after the moment and got the answers."""
        return all(sum(began > moment for began, _ in answers) >= 5 for answers in self.seen)

    def images_after(self, moment: float) -> list[tuple[int, float]]:
        """Who was still given an image for a request sent after the moment, and how long after."""
        return [
            (place, round(began - moment, 3))
            for place, answers in enumerate(self.seen)
            for began, status in answers
            if began > moment and status == 200
        ]
