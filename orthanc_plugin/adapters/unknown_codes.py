"""Failures with codes that no share has: counted as for shares, but in memory and within a limit."""

from __future__ import annotations

import threading
from collections import OrderedDict

from ..domain.throttle import Attempt, Bucket, Client, buckets_of, count, taken_back

MOST_BUCKETS = 20_000


class UnknownCodes:
    """Throttle whose keys are keyed hashes of codes.

    What was used longest ago is forgotten beyond the limit, and everything with a restart; each instance counts for
    itself. Nobody can log in here, so no device is known.
    """

    def __init__(self, limit: int = MOST_BUCKETS) -> None:
        self._limit = limit
        self._buckets: OrderedDict[tuple[str, str], Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def reserve(self, key: str, client: Client, now: float) -> Attempt:
        """Count an attempt, or say how long to wait."""
        names = buckets_of(client, device_known=False)
        with self._lock:
            wait, after = count({name: self._buckets.get((key, name), Bucket()) for name in names}, now)
            for name, bucket in after.items():
                self._keep(key, name, bucket)
        return Attempt(wait, names)

    def cancel(self, key: str, attempt: Attempt) -> None:
        """Take a counted attempt back."""
        with self._lock:
            for name in attempt.buckets:
                if (key, name) in self._buckets:
                    self._keep(key, name, taken_back(self._buckets[key, name]))

    def __len__(self) -> int:
        return len(self._buckets)

    def _keep(self, key: str, name: str, bucket: Bucket) -> None:
        self._buckets.pop((key, name), None)
        if bucket == Bucket():
            return
        self._buckets[key, name] = bucket
        while len(self._buckets) > self._limit:
            self._buckets.popitem(last=False)
