"""What the product must know of a native viewer before it lets a recipient use it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from ..domain.study import ResourceName


@dataclass(frozen=True)
class FileRoute:
    """A static file of the viewer."""


@dataclass(frozen=True)
class ResourceRoute:
    """Data of the resources that the request names; each of them must belong to the share."""

    names: tuple[ResourceName, ...]
    # Whether Orthanc decodes pixels to answer it, on one of its HTTP threads.
    decodes: bool = False


ViewerRoute = FileRoute | ResourceRoute


@dataclass(frozen=True)
class Opening:
    """The series that a viewer is to open; `ordinal` counts from 1 inside the share."""

    ordinal: int
    series_id: str
    series_uid: str
    study_uid: str


class NativeViewer(Protocol):
    """One viewer: where it is entered and exactly what it reads. Only GET requests are ever asked about."""

    name: str
    # How addresses of the portal name the viewer.
    key: str
    # Whether it asks for the study as a whole, which stays closed while series are left out.
    needs_whole_study: bool

    def missing(self, loaded_plugins: Collection[str]) -> str | None:
        """What the viewer still needs, in words for the administrator; None when it can be offered."""
        ...

    def entry(self, opening: Opening) -> str:
        """The path and query at which the viewer opens a series."""
        ...

    def route(self, path: str, query: Mapping[str, str]) -> ViewerRoute | None:
        """What the path addresses if the viewer needs it; None for everything else."""
        ...
