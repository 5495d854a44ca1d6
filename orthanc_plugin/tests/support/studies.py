"""Builders of studies and shares, and identifiers of the right shape."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from orthanc_plugin.domain.errors import ImageUnavailable
from orthanc_plugin.domain.share import Audience, Share, SharedStudy
from orthanc_plugin.domain.study import (
    Appearance,
    ImageRef,
    Level,
    Place,
    ResourceName,
    SeriesSummary,
    StudyKey,
    StudyKeyKind,
    StudySummary,
    Window,
)
from orthanc_plugin.domain.study_search import FoundStudies, FoundStudy, StudySearch

from .clock import NOON


def orthanc_id(name: str) -> str:
    """An identifier as Orthanc makes them, always the same for a name."""
    digest = hashlib.sha1(name.encode()).hexdigest()
    return "-".join(digest[start : start + 8] for start in range(0, 40, 8))


def uid(name: str) -> str:
    """A DICOM UID, always the same for a name."""
    return f"2.25.{int(hashlib.sha1(name.encode()).hexdigest()[:30], 16)}"


def series(
    name: str,
    *,
    modality: str = "CT",
    number: int | None = 1,
    description: str | None = None,
    body_part: str = "",
    instances: int = 3,
) -> SeriesSummary:
    return SeriesSummary(
        id=orthanc_id(name),
        uid=uid(name),
        modality=modality,
        number=number,
        description=name if description is None else description,
        body_part=body_part,
        instance_count=instances,
    )


def study(
    name: str,
    *entries: SeriesSummary,
    patient: str = "Muster^Erika",
    birth_date: str = "19640812",
    date: str = "20260601",
    description: str = "Examination",
    accession: str = "",
    patient_id: str | None = None,
    is_stable: bool = True,
) -> StudySummary:
    return StudySummary(
        id=orthanc_id(name),
        study_instance_uid=uid(name),
        accession_number=accession,
        patient_name=patient,
        patient_birth_date=birth_date,
        study_date=date,
        description=description,
        series=entries,
        patient_id=f"ID {patient}" if patient_id is None else patient_id,
        is_stable=is_stable,
    )


def share(name: str = "share", **changes: object) -> Share:
    values: dict[str, object] = {
        "id": hashlib.sha256(name.encode()).hexdigest()[:32],
        "studies": (SharedStudy(orthanc_id("study"), uid("study")),),
        "audience": Audience.PATIENT,
        "language": "de",
        "created_at": int(NOON),
        "created_by": "reception",
        "expires_at": int(NOON) + 86400,
    }
    return Share(**{**values, **changes})  # type: ignore[arg-type]


CT_WINDOW = Window(40.0, 400.0)


@dataclass
class MemoryArchive:
    """Archive with studies from a test; pictures say which image, size and window was asked for."""

    studies: dict[str, StudySummary] = field(default_factory=dict)
    window: Window | None = CT_WINDOW
    broken: bool = False
    # Instances that cannot be shown.
    unavailable: set[str] = field(default_factory=set)

    def add(self, *found: StudySummary) -> None:
        self.studies.update({entry.id: entry for entry in found})

    def find_studies(self, key: StudyKey) -> Sequence[StudySummary]:
        return [entry for entry in self.studies.values() if _identifier(entry, key.kind) == key.value]

    def find(self, search: StudySearch, limit: int, since: int) -> FoundStudies:
        found = [
            FoundStudy(entry, sum(s.instance_count for s in entry.series), tuple({s.modality for s in entry.series}))
            for entry in self.studies.values()
            if search.fits(entry)
            and search.birth_date in ("", entry.patient_birth_date)
            and search.study_date in ("", entry.study_date)
            and search.accession_number in ("", entry.accession_number)
            and search.patient_id in ("", entry.patient_id)
        ]
        more = len(found) > since + limit
        return FoundStudies(tuple(found[since : since + limit]), since + limit if more else None)

    def study(self, study_id: str) -> StudySummary | None:
        return self.studies.get(study_id)

    def images(self, series_id: str) -> Sequence[ImageRef]:
        for entry in self.studies.values():
            for one in entry.series:
                if one.id == series_id:
                    return [ImageRef(orthanc_id(f"{one.id}/{n}"), 0) for n in range(one.instance_count)]
        return ()

    def appearance(self, image: ImageRef) -> Appearance:
        if self.broken:
            raise ImageUnavailable
        return Appearance(self.window, longest_edge=512)

    def render(self, image: ImageRef, size: int, window: Window | None, brisk: bool = False) -> bytes:
        if self.broken or image.instance_id in self.unavailable:
            raise ImageUnavailable
        kind = "light JPEG" if brisk else "JPEG"
        return f"{kind} {image.instance_id}/{image.frame} size={size} window={window}".encode()

    def place(self, name: ResourceName) -> Place | None:
        for entry in self.studies.values():
            if name == ResourceName(Level.STUDY, entry.id):
                return Place(entry.id)
            for one in entry.series:
                instances = [orthanc_id(f"{one.id}/{n}") for n in range(one.instance_count)]
                known = {ResourceName(Level.SERIES, one.id), *(ResourceName(Level.INSTANCE, i) for i in instances)}
                if name in known:
                    return Place(entry.id, one.id)
        return None


def _identifier(entry: StudySummary, kind: StudyKeyKind) -> str:
    match kind:
        case StudyKeyKind.ORTHANC_ID:
            return entry.id
        case StudyKeyKind.STUDY_INSTANCE_UID:
            return entry.study_instance_uid
        case StudyKeyKind.ACCESSION_NUMBER:
            return entry.accession_number
