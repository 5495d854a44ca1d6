"""The product's own threads.

Orthanc's HTTP threads have a stack of 100 KB, on which a web framework overflows; Python's own have 8 MB. A
callback therefore hands its work to this pool and waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import TypeVar

from ..domain.errors import Busy

_Answer = TypeVar("_Answer")


class WorkerPool:
    """A fixed number of threads and a bounded queue."""

    def __init__(self, threads: int, waiting: int) -> None:
        self._threads = threads
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="patient-share")
        self._places = threading.BoundedSemaphore(threads + waiting)
        self._inside = 0
        self._lock = threading.Lock()
        # Told when the queue is full.
        self.refused: Callable[[], None] = lambda: None

    def run(self, work: Callable[[], _Answer]) -> _Answer:
        """Run `work` on a thread of the pool and wait for its answer; raises Busy when the queue is full."""
        if not self._places.acquire(blocking=False):
            self.refused()
            raise Busy
        with self._lock:
            self._inside += 1
        try:
            return self._executor.submit(work).result()
        except CancelledError:
            raise Busy from None
        finally:
            with self._lock:
                self._inside -= 1
            self._places.release()

    @property
    def inside(self) -> int:
        """How much work is being done or waits."""
        return self._inside

    @property
    def crowded(self) -> bool:
        """Whether work waits for a thread."""
        return self._inside > self._threads

    def stop(self) -> None:
        """Take no more work; what is running ends by itself."""
        self._executor.shutdown(wait=False, cancel_futures=True)
