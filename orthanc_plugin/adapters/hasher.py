"""Password hashing with Argon2id (RFC 9106) in a bounded queue: each verification holds 64 MiB and a core."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from ..domain.credential import Password
from ..domain.errors import Busy

AT_ONCE = 2
WAITING = 6
_PATIENCE_SECONDS = 10


class Argon2Hasher:
    """PasswordHasher on argon2-cffi, which releases the GIL."""

    def __init__(self, memory_kib: int = 64 * 1024) -> None:
        self._argon2 = argon2.PasswordHasher(
            time_cost=2, memory_cost=memory_kib, parallelism=1, hash_len=32, type=argon2.Type.ID
        )
        self._running = threading.BoundedSemaphore(AT_ONCE)
        self._admitted = threading.BoundedSemaphore(AT_ONCE + WAITING)
        # Verified against where no share matches, so that an unknown code takes as long as a known one.
        self._decoy = self._argon2.hash("decoy")

    def hash(self, password: Password) -> str:
        """The encoded hash; raises Busy."""
        with self._turn():
            return self._argon2.hash(password.text)

    def verify(self, encoded: str | None, password: Password | None) -> bool:
        """Whether the password is right; with None for either it takes the same time and answers False."""
        with self._turn():
            try:
                self._argon2.verify(encoded or self._decoy, password.text if password else "")
            except (VerificationError, InvalidHashError):
                return False
            return encoded is not None and password is not None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._admitted.acquire(blocking=False):
            raise Busy
        try:
            if not self._running.acquire(timeout=_PATIENCE_SECONDS):
                raise Busy
            try:
                yield
            finally:
                self._running.release()
        finally:
            self._admitted.release()
