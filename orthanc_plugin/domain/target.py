"""What a request addresses, once its path has been understood."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .study import Place


class RouteAudience(StrEnum):
    """For whom a route of the product's own exists."""

    EVERYBODY = "everybody"
    RECIPIENT = "recipient"
    STAFF = "staff"


@dataclass(frozen=True)
class OwnRoute:
    """A route of the portal or of the staff API, named in the route table."""

    audience: RouteAudience


@dataclass(frozen=True)
class ViewerFile:
    """A static file of a native viewer: program code and pictures of buttons, no patient data."""


@dataclass(frozen=True)
class StudyData:
    """Data read through a native viewer's route.

    `places` says for each identifier in the request where it belongs; None when Orthanc knows no such resource, or
    more than one.
    """

    places: tuple[Place | None, ...]
    # Orthanc would have to decode pixels that its HTTP threads cannot decode without harm.
    unsafe_to_decode: bool = False


@dataclass(frozen=True)
class NativeRoute:
    """Everything else that Orthanc and its plugins answer."""


Target = OwnRoute | ViewerFile | StudyData | NativeRoute
