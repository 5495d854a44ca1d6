"""The folder from which letters are printed."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LetterFolder:
    """A letter is whole before it has a name that a printer would take; a name is a share's identifier."""

    folder: Path

    def write(self, name: str, content: bytes) -> None:
        """Put it on the disk, hidden; raises OSError."""
        hidden = self._hidden(name)
        hidden.unlink(missing_ok=True)
        # It holds a password: for Orthanc's user, and the group that the folder gives it to.
        descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o640)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self._sync()

    def give_out(self, name: str) -> None:
        """Let the printer have it; one that was given out before is left as it is. Raises OSError."""
        with suppress(FileNotFoundError):
            self._hidden(name).rename(self.folder / f"{name}.pdf")
            self._sync()

    def drop(self, name: str) -> None:
        """Remove it before anybody has seen it."""
        self._hidden(name).unlink(missing_ok=True)

    def _hidden(self, name: str) -> Path:
        return self.folder / f".{name}.part"

    def _sync(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
