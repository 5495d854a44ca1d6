"""The folder from which letters are printed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .durable_file import sync_folder, write_durably


@dataclass(frozen=True)
class LetterFolder:
    """A letter is whole before it has a name that a printer would take; a name is a share's identifier."""

    folder: Path

    def write(self, name: str, content: bytes) -> None:
        """Put it on the disk, hidden; raises OSError."""
        # It holds a password: for Orthanc's user, and the group that the folder gives it to.
        write_durably(self._hidden(name), content, 0o640)
        sync_folder(self.folder)

    def give_out(self, name: str) -> None:
        """Let the printer have it; one that was given out before is left as it is. Raises OSError."""
        with suppress(FileNotFoundError):
            self._hidden(name).rename(self.folder / f"{name}.pdf")
            sync_folder(self.folder)

    def drop(self, name: str) -> None:
        """Remove it before anybody has seen it."""
        self._hidden(name).unlink(missing_ok=True)

    def _hidden(self, name: str) -> Path:
        return self.folder / f".{name}.part"
