"""Password hashing with Argon2id (RFC 9106) in a bounded queue: each verification holds 64 MiB and a core."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from ..domain.credential import Password
from ..domain.errors import Busy
from .token_bucket import TokenBucket

AT_ONCE = 2
WAITING = 6
_PATIENCE_SECONDS = 10
# Decoys: two computations per second, ten after a quiet while. More would let anybody occupy the processor.
DECOYS_PER_SECOND = 2
DECOYS_AT_ONCE = 10
_REMEMBERED_DURATIONS = 32


class Argon2Hasher:
    """PasswordHasher on argon2-cffi, which releases the GIL."""

    def __init__(self, memory_kib: int = 64 * 1024, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._argon2 = argon2.PasswordHasher(
            time_cost=2, memory_cost=memory_kib, parallelism=1, hash_len=32, type=argon2.Type.ID
        )
        self._monotonic = monotonic
        self._running = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._admitted = 0
        self._decoys = TokenBucket(DECOYS_PER_SECOND, DECOYS_AT_ONCE, monotonic)
        # How long verifications took of late, waiting included: what an unknown code has to seem to take.
        self._durations: deque[float] = deque(maxlen=_REMEMBERED_DURATIONS)
        self._decoy = self._argon2.hash("decoy")
        self.pretend()

    def hash(self, password: Password) -> str:
        """The encoded hash; raises Busy."""
        with self._turn():
            return self._argon2.hash(password.text)

    def verify(self, encoded: str, password: Password) -> bool:
        """Whether the password is right; raises Busy."""
        with self._timed(), self._turn():
            return self._matches(encoded, password.text)

    def pretend(self) -> float:
        """Stand in for a verification where there is no hash: Busy when one would be, and rarely a real computation.

        Answers the seconds that a verification would have taken beyond this call. A real one is made only while nobody
        else is hashing and within a budget, so that it delays no right password; otherwise the answer is the duration
        of a recent verification, drawn at random, so that slow times show alike in both kinds.
        """
        if self._full():
            raise Busy
        if self._decoys.take() and self._enter(limit=1):
            try:
                with self._timed(), self._running:
                    self._matches(self._decoy, "")
            finally:
                self._leave()
            return 0.0
        return secrets.choice(self._durations)

    def _matches(self, encoded: str, text: str) -> bool:
        try:
            return self._argon2.verify(encoded, text)
        except (VerificationError, InvalidHashError):
            return False

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._enter(AT_ONCE + WAITING):
            raise Busy
        try:
            if not self._running.acquire(timeout=_PATIENCE_SECONDS):
                raise Busy
            try:
                yield
            finally:
                self._running.release()
        finally:
            self._leave()

    @contextmanager
    def _timed(self) -> Iterator[None]:
        began = self._monotonic()
        yield
        self._durations.append(self._monotonic() - began)

    def _full(self) -> bool:
        return self._admitted >= AT_ONCE + WAITING

    def _enter(self, limit: int) -> bool:
        with self._lock:
            if self._admitted >= limit:
                return False
            self._admitted += 1
            return True

    def _leave(self) -> None:
        with self._lock:
            self._admitted -= 1
