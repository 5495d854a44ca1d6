"""Studies, series and images as Orthanc knows them, through its own REST API."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from ..domain.errors import ImageUnavailable
from ..domain.study import (
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
    is_orthanc_id,
    is_uid,
)
from .picture import jpeg, natural_window
from .recent import Recent

_FRESH_SECONDS = 3.0
_TYPES = {Level.STUDY: "Study", Level.SERIES: "Series", Level.INSTANCE: "Instance"}
_TAGS = {
    StudyKeyKind.STUDY_INSTANCE_UID: "StudyInstanceUID",
    StudyKeyKind.ACCESSION_NUMBER: "AccessionNumber",
}
# More candidates than this would help nobody to choose.
_MOST = 100
_IMAGE_TAGS_TO_KEEP = 2000
# DICOM PS3.5 section 6.2: IS holds at most 12 characters.
_INTEGER = re.compile(r"[+-]?[0-9]{1,12}")

_Value = TypeVar("_Value")


class Rest(Protocol):
    """Orthanc's REST API."""

    def get(self, path: str) -> bytes | None:
        """The answer, or None where Orthanc knows no such resource; OSError for every other failure."""
        ...

    def post(self, path: str, body: str) -> bytes | None:
        """The same for POST."""
        ...


class OrthancArchive:
    """Archive on Orthanc's REST API. Studies and lists of images are remembered for a few seconds."""

    def __init__(self, rest: Rest, monotonic: Callable[[], float]) -> None:
        self._rest = rest
        self._studies: Recent[StudySummary] = Recent(200, _FRESH_SECONDS, monotonic)
        self._images: Recent[tuple[ImageRef, ...]] = Recent(1000, _FRESH_SECONDS, monotonic)
        self._facts: Recent[_ImageFacts] = Recent(_IMAGE_TAGS_TO_KEEP, 3600.0, monotonic)

    def find_studies(self, key: StudyKey) -> Sequence[StudySummary]:
        """The studies that answer to exactly this identifier; series are left out."""
        ids: list[str] = [key.value]
        if key.kind is not StudyKeyKind.ORTHANC_ID:
            # Orthanc compares normalised values, so what it finds is compared once more below.
            wanted = {"Level": "Study", "Query": {_TAGS[key.kind]: key.value}, "CaseSensitive": True, "Limit": _MOST}
            ids = self._json(self._rest.post("/tools/find", json.dumps(wanted))) or []
        studies = [self._summary(study_id, with_series=False) for study_id in dict.fromkeys(ids)]
        return [study for study in studies if study is not None and _answers_to(study, key)]

    def study(self, study_id: str) -> StudySummary | None:
        """The study with its series, or None when Orthanc has it no more."""
        return self._studies.get(study_id, lambda: self._summary(study_id, with_series=True))

    def images(self, series_id: str) -> Sequence[ImageRef]:
        """The frames of a series in the order in which they are looked at."""
        return self._images.get(series_id, lambda: self._ordered(series_id)) or ()

    def appearance(self, image: ImageRef) -> Appearance:
        """How the image is to be shown to begin with; raises ImageUnavailable."""
        facts = self._image_facts(image)
        if facts.colour:
            return Appearance(None, longest_edge=facts.longest_edge)
        window = facts.window or natural_window(self._pixels(image))
        return Appearance(window, facts.inverted, facts.longest_edge)

    def render(self, image: ImageRef, size: int, window: Window | None) -> bytes:
        """A JPEG of at most `size` pixels on its longer edge; raises ImageUnavailable."""
        facts = self._image_facts(image)
        return jpeg(self._pixels(image), size, window or facts.window, facts.inverted)

    def place(self, name: ResourceName) -> Place | None:
        """Where a resource belongs, as Orthanc itself says; None where it knows none, or more than one."""
        return self._place_by_uid(name) if name.by_uid else self._place_by_id(name.level, name.value)

    def _place_by_uid(self, name: ResourceName) -> Place | None:
        if not is_uid(name.value):
            return None
        found = self._json(self._rest.post("/tools/lookup", name.value)) or []
        ids = [entry["ID"] for entry in found if entry["Type"] == _TYPES[name.level]]
        return self._place_by_id(name.level, ids[0]) if len(ids) == 1 else None

    def _place_by_id(self, level: Level, resource_id: str) -> Place | None:
        if not is_orthanc_id(resource_id):
            return None
        found = self._json(self._rest.get(f"/{level}/{resource_id}"))
        if found is None:
            return None
        match level:
            case Level.STUDY:
                return Place(resource_id)
            case Level.SERIES:
                return Place(str(found["ParentStudy"]), resource_id)
            case Level.INSTANCE:
                return self._place_by_id(Level.SERIES, str(found["ParentSeries"]))

    def _summary(self, study_id: str, with_series: bool) -> StudySummary | None:
        if not is_orthanc_id(study_id):
            return None
        found = self._json(self._rest.get(f"/studies/{study_id}"))
        if found is None:
            return None
        series = self._json(self._rest.get(f"/studies/{study_id}/series")) or [] if with_series else []
        tags, patient = found["MainDicomTags"], found.get("PatientMainDicomTags", {})
        return StudySummary(
            id=study_id,
            study_instance_uid=tags.get("StudyInstanceUID", ""),
            accession_number=tags.get("AccessionNumber", ""),
            patient_name=patient.get("PatientName", ""),
            patient_birth_date=patient.get("PatientBirthDate", ""),
            study_date=tags.get("StudyDate", ""),
            description=tags.get("StudyDescription", ""),
            series=tuple(_series(entry) for entry in series),
            patient_id=str(patient.get("PatientID", "")).strip(),
            is_stable=found.get("IsStable") is not False,
        )

    def _ordered(self, series_id: str) -> tuple[ImageRef, ...] | None:
        found = self._json(self._rest.get(f"/series/{series_id}/ordered-slices"))
        if found is None:
            return None
        return tuple(
            ImageRef(instance_id, frame)
            for instance_id, first, count in found["SlicesShort"]
            for frame in range(first, first + count)
        )

    def _image_facts(self, image: ImageRef) -> _ImageFacts:
        return self._facts.get(image.instance_id, lambda: self._read_facts(image.instance_id)) or _ImageFacts({})

    def _read_facts(self, instance_id: str) -> _ImageFacts | None:
        try:
            found = self._json(self._rest.get(f"/instances/{instance_id}/simplified-tags"))
        except OSError:
            raise ImageUnavailable from None
        if found is None:
            raise ImageUnavailable
        return _ImageFacts(found)

    def _pixels(self, image: ImageRef) -> bytes:
        # "rescale" applies slope and intercept; the route decodes, it never transcodes.
        path = f"/instances/{image.instance_id}/frames/{image.frame}/numpy?compress=0&rescale=1"
        try:
            found = self._rest.get(path)
        except OSError:
            raise ImageUnavailable from None
        if found is None:
            raise ImageUnavailable
        return found

    def _json(self, answer: bytes | None) -> Any:
        return None if answer is None else json.loads(answer)


class _ImageFacts:
    """The tags of an image that its rendering needs (DICOM PS3.3 C.7.6.3 and C.11.2)."""

    def __init__(self, tags: dict[str, Any]) -> None:
        photometric = str(tags.get("PhotometricInterpretation", "")).strip().upper()
        self.longest_edge = max(int(_first_number(tags.get(name)) or 0) for name in ("Rows", "Columns"))
        self.inverted = photometric == "MONOCHROME1"
        self.colour = bool(photometric) and not photometric.startswith("MONOCHROME")
        center, width = _first_number(tags.get("WindowCenter")), _first_number(tags.get("WindowWidth"))
        usable = center is not None and width is not None and width >= 1
        self.window = Window(center, width) if usable and center is not None and width is not None else None


def _first_number(value: Any) -> float | None:
    try:
        number = float(str(value).split("\\")[0])
    except ValueError:
        return None
    return number if abs(number) < 1e6 else None


def _answers_to(study: StudySummary, key: StudyKey) -> bool:
    match key.kind:
        case StudyKeyKind.ORTHANC_ID:
            return True
        case StudyKeyKind.STUDY_INSTANCE_UID:
            return study.study_instance_uid == key.value
        case StudyKeyKind.ACCESSION_NUMBER:
            return study.accession_number.strip() == key.value.strip()


def _series(found: dict[str, Any]) -> SeriesSummary:
    tags = found["MainDicomTags"]
    number = str(tags.get("SeriesNumber", "")).strip()
    return SeriesSummary(
        id=found["ID"],
        uid=tags.get("SeriesInstanceUID", ""),
        modality=str(tags.get("Modality", "")).strip(),
        number=int(number) if _INTEGER.fullmatch(number) else None,
        description=str(tags.get("SeriesDescription", "")).strip(),
        body_part=str(tags.get("BodyPartExamined", "")).strip(),
        instance_count=len(found["Instances"]),
    )
