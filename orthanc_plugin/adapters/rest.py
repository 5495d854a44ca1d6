"""What adapters need of Orthanc's REST API."""

from __future__ import annotations

from typing import Protocol


class Rest(Protocol):
    """Orthanc's REST API."""

    def get(self, path: str) -> bytes | None:
        """The answer, or None where Orthanc knows no such resource; OSError for every other failure."""
        ...

    def post(self, path: str, body: str) -> bytes | None:
        """The same for POST."""
        ...
