"""A share: one or more studies of a patient, handed to one recipient for a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from .report import SHOWN_AT_ONCE, ReportRule
from .study import Place, StudyKey, StudyKeyKind


class Audience(StrEnum):
    """Whom a share is made for."""

    PATIENT = "patient"
    REFERRER = "referrer"


class ShareState(StrEnum):
    """What a share is worth at a given moment."""

    ACTIVE = "active"
    PAUSED = "paused"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Presence(StrEnum):
    """Whether Orthanc holds a study of a share."""

    PRESENT = "present"
    AWAITED = "awaited"
    GONE = "gone"


@dataclass(frozen=True)
class SharedStudy:
    """One study of a share.

    `id` is Orthanc's own identifier, None until the study has arrived; `study_instance_uid` is DICOM (0020,000D), None
    while only the accession number is known. `gone_at` is the moment (seconds since 1970) at which Orthanc was found to
    hold it no more.
    """

    id: str | None
    study_instance_uid: str | None
    # Stored encrypted, and only while the study is awaited.
    accession_number: str = field(default="", repr=False)
    # Keyed hash of the patient's identifier, DICOM (0010,0020); empty where there is none, or none was told.
    patient: str = ""
    gone_at: int | None = None

    @property
    def presence(self) -> Presence:
        """As it was seen last."""
        if self.id is None:
            return Presence.AWAITED
        return Presence.PRESENT if self.gone_at is None else Presence.GONE

    @property
    def awaited_by(self) -> StudyKey:
        """The identifier that an awaited study will answer to."""
        if self.study_instance_uid is not None:
            return StudyKey(StudyKeyKind.STUDY_INSTANCE_UID, self.study_instance_uid)
        return StudyKey(StudyKeyKind.ACCESSION_NUMBER, self.accession_number)


@dataclass(frozen=True)
class Consent:
    """That the patient's consent is on file: who of the staff recorded it, and when (seconds since 1970)."""

    recorded_by: str
    recorded_at: int


@dataclass(frozen=True)
class Openings:
    """How often the share was opened with its password; times are seconds since 1970, None for never."""

    count: int = 0
    first_at: int | None = None
    last_at: int | None = None


@dataclass(frozen=True)
class Share:
    """A share as the store keeps it: identifiers, times and hashes, never a patient's name.

    Times are whole seconds since 1970-01-01 UTC. `note` is for staff and is stored encrypted, since people write names
    into notes. `issue` counts the passwords that were minted; a session of an older one is over.
    """

    id: str
    studies: tuple[SharedStudy, ...]
    audience: Audience
    language: str
    created_at: int
    created_by: str
    expires_at: int
    revoked_at: int | None = None
    paused_at: int | None = None
    # Orthanc's identifiers of series that the practice left out.
    excluded_series: frozenset[str] = frozenset()
    note: str = field(default="", repr=False)
    issue: int = 1
    issued_at: int = 0
    consent: Consent | None = None
    openings: Openings = Openings()
    report: ReportRule = SHOWN_AT_ONCE

    @cached_property
    def study_ids(self) -> frozenset[str]:
        """Orthanc's identifiers of the studies that have arrived."""
        return frozenset(study.id for study in self.studies if study.id)

    def shows_report(self, arrived_at: int | None, now: float) -> bool:
        """Whether something may be shown that holds a report of this age; None: it holds none."""
        return arrived_at is None or self.report.shows(self.created_at, arrived_at, now)

    def includes(self, place: Place, now: float) -> bool:
        """Whether data at this place belong to the share.

        While series are left out, nothing of a study as a whole does: it would hold them too.
        """
        if place.study_id not in self.study_ids or not self.shows_report(place.report_at, now):
            return False
        if not self.excluded_series:
            return True
        return place.series_id is not None and place.series_id not in self.excluded_series

    def state(self, now: float) -> ShareState:
        """The state at `now` (seconds since 1970); revoked wins over expired, and expired over paused."""
        if self.revoked_at is not None:
            return ShareState.REVOKED
        if now >= self.expires_at:
            return ShareState.EXPIRED
        return ShareState.ACTIVE if self.paused_at is None else ShareState.PAUSED

    @property
    def presence(self) -> Presence:
        """Present when one study is; otherwise awaited while one still may come."""
        seen = {study.presence for study in self.studies}
        return next((kind for kind in (Presence.PRESENT, Presence.AWAITED) if kind in seen), Presence.GONE)
