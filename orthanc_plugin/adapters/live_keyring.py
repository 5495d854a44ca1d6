"""The key file of a server that runs: a key that is added to it is taken up without a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from .keyring import DerivedKeys, KeyFileError, Keyring, read_key_file

_LOOK_SECONDS = 1.0
# So long every instance has to notice a new key before one of them uses it: what one has made under it, all can read.
SETTLE_SECONDS = 10.0


class LiveKeyring(Keyring):
    """Looks at the file once a second, and at once where a version is needed that it does not know.

    A file that cannot be used any more is reported, and the keys that were read from it stay in use: a mistake in an
    editor must lock nobody out. Raises KeyFileError where it cannot be used to begin with.
    """

    def __init__(
        self,
        path: Path,
        wall_clock: Callable[[], float],
        monotonic: Callable[[], float],
        report: Callable[[str], None],
    ) -> None:
        keys = read_key_file(path)
        super().__init__(keys)
        self._path = path
        self._monotonic = monotonic
        self._report = report
        self._lock = threading.Lock()
        self._keys = keys
        self._seen = self._state()
        self._looked_at = monotonic()
        # At the start a key counts as known to all if the file has been like this for a while.
        self._settling_since = None if self._age(wall_clock()) >= SETTLE_SECONDS else monotonic()
        if self._settling_since is not None and len(keys) > 1:
            self._derived = DerivedKeys(keys, sorted(keys)[-2])
        self._told = self._derived.newest

    def taken_up(self) -> int | None:
        """The version that is used for everything new, once after each change; None otherwise."""
        newest = self._now().newest
        if newest == self._told:
            return None
        self._told = newest
        return newest

    def _now(self, version: int | None = None) -> DerivedKeys:
        unknown = version is not None and version not in self._derived.audit
        if unknown or self._monotonic() - self._looked_at >= _LOOK_SECONDS:
            self._look()
        return self._derived

    def _look(self) -> None:
        with self._lock:
            now = self._monotonic()
            self._looked_at = now
            state = self._state()
            if state != self._seen:
                self._seen = state
                self._read(now)
            settled = self._settling_since is not None and now - self._settling_since >= SETTLE_SECONDS
            if settled and max(self._keys) != self._derived.newest:
                self._derived = DerivedKeys(self._keys, max(self._keys))
            if settled:
                self._settling_since = None

    def _read(self, now: float) -> None:
        try:
            keys = read_key_file(self._path)
        except KeyFileError as fault:
            self._report(f"the keys that were read before stay in use. {fault}")
            return
        if keys == self._keys:
            return
        newest = self._derived.newest
        if keys.get(newest) != self._keys[newest]:
            self._report(f"the keys that were read before stay in use. Version {newest} has left the key file.")
            return
        self._keys = keys
        self._derived = DerivedKeys(keys, newest)
        self._settling_since = now

    def _state(self) -> tuple[int, ...]:
        try:
            facts = self._path.stat()
        except OSError:
            return ()
        return facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_mode, facts.st_uid

    def _age(self, now: float) -> float:
        try:
            return now - self._path.stat().st_mtime
        except OSError:
            return 0.0
