"""When login answers go out: failing ones on a grid, and only so many at once.

Whether a code is known must not show in the time of an answer. A failing login is therefore answered at a whole number
of steps after its arrival. It waits on Orthanc's HTTP thread, which is taken anyway, and not on a thread of the worker
pool, where it would be in the way of others.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .request import Request
from .wsgi_bridge import Response

LOGIN = "/portal/login"
# Orthanc has 50 HTTP threads; the others are left to those who are looking at images.
AT_ONCE = 32


@dataclass
class LoginGrid:
    """Answers logins; all times in seconds."""

    step: float
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    at_once: int = AT_ONCE
    _places: threading.BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        self._places = threading.BoundedSemaphore(self.at_once)

    def answer(self, request: Request, work: Callable[[Request], Response]) -> Response:
        """The answer of `work`; that to a failing login is held back until the grid's next point.

        Beyond `at_once` logins the request is marked as crowded before anybody has looked at its code.
        """
        if request.method != "POST" or request.path.rstrip("/") != LOGIN:
            return work(request)
        arrived = self.monotonic()
        if not self._places.acquire(blocking=False):
            return work(replace(request, crowded=True))
        try:
            response = work(request)
            if response.owed is not None:
                now = self.monotonic()
                self.sleep(max(self.release(arrived, now + response.owed) - now, 0.0))
            return response
        finally:
            self._places.release()

    def release(self, arrived: float, ready: float) -> float:
        """The first point of the grid at which an answer that is ready at `ready` may go out."""
        return arrived + max(math.ceil((ready - arrived) / self.step), 1) * self.step
