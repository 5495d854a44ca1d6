"""Lines of JSON in a file, for programs that gather logs."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from logging.handlers import WatchedFileHandler
from pathlib import Path


class UnusableLog(Exception):
    """The file cannot be written; the text is for the administrator."""


class RequestLogFile:
    """Writes each entry as one line; a file that was moved away (logrotate) is begun anew."""

    def __init__(self, path: str) -> None:
        """`path` may be /dev/stdout; raises UnusableLog."""
        try:
            # Before logging creates it with the rights of everything else.
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640))
            self._handler = _Quiet(Path(path), encoding="ascii")
        except OSError as fault:
            raise UnusableLog(f"The log {path} cannot be written: {fault.strerror}.") from None

    def __call__(self, entry: Mapping[str, object]) -> None:
        """Append one line."""
        line = json.dumps(entry, separators=(",", ":"))
        # The record is ours alone: no logger of the process sees it.
        self._handler.handle(logging.LogRecord("requests", logging.INFO, "", 0, line, None, None))

    def close(self) -> None:
        """Close the file."""
        self._handler.close()


class _Quiet(WatchedFileHandler):
    """A full disk, or a folder that has gone, must not cost anybody an answer."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Nothing: Orthanc's own log says what the disk lacks."""
