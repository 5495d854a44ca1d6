"""Who is asking. There is always somebody: a request without credentials comes from Anonymous, never from None."""

from __future__ import annotations

from dataclasses import dataclass

from .share import Share


@dataclass(frozen=True)
class Anonymous:
    """Somebody without valid credentials."""


@dataclass(frozen=True)
class Recipient:
    """The holder of a live session for one share; `share` is the state read at most half a second ago."""

    share: Share
    session_hash: str


@dataclass(frozen=True)
class Staff:
    """A user of the practice, known to Orthanc's RegisteredUsers."""

    user: str


Principal = Anonymous | Recipient | Staff
