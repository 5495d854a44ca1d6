"""A share: one study, handed to one recipient for a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from .study import Place


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
    # Orthanc's identifiers of series that the practice left out.
    excluded_series: frozenset[str] = frozenset()
    note: str = field(default="", repr=False)

    def includes(self, place: Place) -> bool:
        """Whether data at this place belong to the share.

        While series are left out, nothing of the study as a whole does: it would hold them too.
        """
        if place.study_id != self.study_id:
            return False
        if not self.excluded_series:
            return True
        return place.series_id is not None and place.series_id not in self.excluded_series

    def state(self, now: float) -> ShareState:
        """The state at `now` (seconds since 1970); revoked wins over expired."""
        if self.revoked_at is not None:
            return ShareState.REVOKED
        if now >= self.expires_at:
            return ShareState.EXPIRED
        return ShareState.ACTIVE
