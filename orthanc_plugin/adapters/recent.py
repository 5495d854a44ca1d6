"""Remember answers for a short while, within a limit."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class Recent(Generic[_Value]):
    """A bounded memory of values that are at most `seconds` old. None is never remembered."""

    def __init__(self, limit: int, seconds: float, monotonic: Callable[[], float]) -> None:
        self._limit = limit
        self._seconds = seconds
        self._monotonic = monotonic
        self._entries: OrderedDict[str, tuple[float, _Value]] = OrderedDict()
        self._lock = threading.Lock()

    def forget(self, key: str) -> None:
        """Load it anew when it is asked for next."""
        with self._lock:
            self._entries.pop(key, None)

    def get(self, key: str, load: Callable[[], _Value | None]) -> _Value | None:
        """The remembered value, or what `load` answers; two threads may load the same at once."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and self._monotonic() - entry[0] < self._seconds:
                self._entries.move_to_end(key)
                return entry[1]
        value = load()
        with self._lock:
            if value is None:
                self._entries.pop(key, None)
                return None
            self._entries[key] = (self._monotonic(), value)
            self._entries.move_to_end(key)
            while len(self._entries) > self._limit:
                self._entries.popitem(last=False)
        return value
