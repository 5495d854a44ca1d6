"""Which paths are the product's own, by the role of the instance; everything else is native."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..settings import Role

PORTAL = "/portal"
STAFF = "/patient-share"
API = "/patient-share/api/v1"

_ALWAYS = ("/", "/robots.txt")
_AREAS = {Role.ALL: (PORTAL, STAFF), Role.STAFF: (STAFF,), Role.PORTAL: (PORTAL,)}


@dataclass(frozen=True)
class OwnPaths:
    """The paths that Orthanc hands over to an instance with this role."""

    role: Role

    @cached_property
    def _exact(self) -> frozenset[str]:
        return frozenset((*_ALWAYS, *_AREAS[self.role]))

    @cached_property
    def _below(self) -> tuple[str, ...]:
        return tuple(area + "/" for area in _AREAS[self.role])

    @property
    def patterns(self) -> tuple[str, ...]:
        """Regular expressions for Orthanc, which drops a trailing slash first; a line break in a path matches none."""
        areas = [pattern for area in _AREAS[self.role] for pattern in (area, area + r"/[^\n]*")]
        return (*(path.replace(".", r"\.") for path in _ALWAYS), *areas)

    def include(self, path: str) -> bool:
        """Whether Orthanc will hand this path over, as the patterns say."""
        bare = path.rstrip("/") or "/"
        return bare in self._exact or (bare.startswith(self._below) and "\n" not in bare)
