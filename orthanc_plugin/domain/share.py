"""A share: one study, handed to one recipient for a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Audience(StrEnum):
    """Whom a share is made for."""

    PATIENT = "patient"
    REFERRER = "referrer"


class ShareState(StrEnum):
    """What a share is worth at a given moment."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Share:
    """A share as the store keeps it: identifiers, times and hashes, never a patient's name.

    Times are whole seconds since 1970-01-01 UTC. `study_id` is Orthanc's own identifier, `study_instance_uid` is
    DICOM (0020,000D). `note` is for staff and is stored encrypted, since people write names into notes.
    """

    id: str
    study_id: str
    study_instance_uid: str
    audience: Audience
    language: str
    created_at: int
    created_by: str
    expires_at: int
    revoked_at: int | None = None
    note: str = field(default="", repr=False)

    def state(self, now: float) -> ShareState:
        """The state at `now` (seconds since 1970); revoked wins over expired."""
        if self.revoked_at is not None:
            return ShareState.REVOKED
        if now >= self.expires_at:
            return ShareState.EXPIRED
        return ShareState.ACTIVE
