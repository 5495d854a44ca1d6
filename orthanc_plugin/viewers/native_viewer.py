"""What the product must know of a native viewer before it lets a recipient use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class FileRoute:
    """A static file of the viewer."""


@dataclass(frozen=True)
class ResourceRoute:
    """Data of one resource; `level` is "series" or "instances", `resource_id` Orthanc's identifier of it."""

    level: str
    resource_id: str


ViewerRoute = FileRoute | ResourceRoute


class NativeViewer(Protocol):
    """One viewer: where it is entered and exactly what it reads. Only GET requests are ever asked about."""

    name: str
    # The name under which Orthanc lists the plugin in /plugins.
    plugin: str

    def entry(self, series_id: str) -> str:
        """The path and query at which the viewer opens a series."""
        ...

    def route(self, path: str, query: Mapping[str, str]) -> ViewerRoute | None:
        """What the path addresses if the viewer needs it; None for everything else."""
        ...
