"""Studies, series and images as Orthanc knows them, through its own REST API."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..domain.errors import ImageUnavailable
from ..domain.modality import has_images, is_picture
from ..domain.report import is_report
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
from .arrays import Array
from .curve import Curve, Table, natural_window
from .frame_pixels import FramePixels
from .image_facts import ImageFacts, LutDescriptor, descriptor_text, first_item, read_facts
from .native_frame import lut_values
from .picture import jpeg, screen
from .recent import Recent
from .reception import received_at
from .rest import Rest
from .slice_order import ordered_images

_FRESH_SECONDS = 3.0
_TYPES = {Level.STUDY: "Study", Level.SERIES: "Series", Level.INSTANCE: "Instance"}
_TAGS = {
    StudyKeyKind.STUDY_INSTANCE_UID: "StudyInstanceUID",
    StudyKeyKind.ACCESSION_NUMBER: "AccessionNumber",
}
# More candidates than this would help nobody to choose.
_MOST = 100
_OF_REPORTS = "SOPClassesInStudy;NumberOfStudyRelatedInstances"
_IMAGE_TAGS_TO_KEEP = 2000
# DICOM PS3.5 section 6.2: IS holds at most 12 characters.
_INTEGER = re.compile(r"[+-]?[0-9]{1,12}")


class OrthancArchive:
    """Archive on Orthanc's REST API. Studies and lists of images are remembered for a few seconds."""

    def __init__(self, rest: Rest, monotonic: Callable[[], float]) -> None:
        self._rest = rest
        self._pixels = FramePixels(rest)
        self._studies: Recent[StudySummary] = Recent(200, _FRESH_SECONDS, monotonic)
        self._images: Recent[tuple[ImageRef, ...]] = Recent(1000, _FRESH_SECONDS, monotonic)
        self._arrivals: Recent[Mapping[str, int]] = Recent(200, 3600.0, monotonic)
        self._facts: Recent[_Known] = Recent(_IMAGE_TAGS_TO_KEEP, 3600.0, monotonic)

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

    def forget_study(self, study_id: str) -> None:
        """The study has changed: read it anew when it is asked for next."""
        self._studies.forget(study_id)

    def images(self, series_id: str) -> Sequence[ImageRef]:
        """The frames of a series in the order in which they are looked at."""
        return self._images.get(series_id, lambda: ordered_images(self._rest, series_id)) or ()

    def appearance(self, image: ImageRef) -> Appearance:
        """How the image is to be shown to begin with; raises ImageUnavailable."""
        known = self._known(image)
        facts, curve = known.facts, known.curve(image.frame)
        window = None
        if not facts.colour:
            window = curve.own_window or natural_window(self._pixels(image, facts), curve)
        return Appearance(window, facts.inverted, facts.longest_edge, facts.frame_ms)

    def render(self, image: ImageRef, size: int, window: Window | None, brisk: bool = False) -> bytes:
        """A JPEG of at most `size` pixels on its longer edge, `brisk` a lighter one; raises ImageUnavailable."""
        known = self._known(image)
        pixels, facts = self._pixels(image, known.facts), known.facts
        return jpeg(pixels, size, known.curve(image.frame), window, brisk, facts.pixel_aspect)

    def screen(self, image: ImageRef, window: Window | None) -> Array:
        """The same in full size and without the losses of JPEG: 8 bit, rows, columns, and samples of colour."""
        known = self._known(image)
        return screen(self._pixels(image, known.facts), known.curve(image.frame), window, known.facts.pixel_aspect)

    def place(self, name: ResourceName) -> Place | None:
        """Where a resource belongs, as Orthanc itself says; None where it knows none, or more than one."""
        found = self.resource_id(name)
        return self._place_by_id(name.level, found) if found is not None else None

    def resource_id(self, name: ResourceName) -> str | None:
        """Orthanc's identifier of a resource; None for a UID that Orthanc does not know, or knows more than once."""
        if not name.by_uid:
            return name.value if is_orthanc_id(name.value) else None
        if not is_uid(name.value):
            return None
        found = self._json(self._rest.post("/tools/lookup", name.value)) or []
        ids = [str(entry["ID"]) for entry in found if entry["Type"] == _TYPES[name.level]]
        return ids[0] if len(ids) == 1 else None

    def _place_by_id(self, level: Level, resource_id: str) -> Place | None:
        if not is_orthanc_id(resource_id):
            return None
        found = self._json(self._rest.get(f"/{level}/{resource_id}"))
        if found is None:
            return None
        match level:
            case Level.STUDY:
                return Place(resource_id, None, max(self._reports(resource_id).values(), default=None))
            case Level.SERIES:
                study_id = str(found["ParentStudy"])
                return Place(study_id, resource_id, self._reports(study_id).get(resource_id))
            case Level.INSTANCE:
                place = self._place_by_id(Level.SERIES, str(found["ParentSeries"]))
                # What arrived this moment may not be counted yet where the whole study is looked at.
                own = _arrival(self._json(self._rest.get(f"/instances/{resource_id}/metadata?expand")) or {})
                return replace(place, report_at=own) if place and place.report_at is None else place

    def _summary(self, study_id: str, with_series: bool) -> StudySummary | None:
        if not is_orthanc_id(study_id):
            return None
        found = self._json(self._rest.get(f"/studies/{study_id}"))
        if found is None:
            return None
        series = self._json(self._rest.get(f"/studies/{study_id}/series")) or [] if with_series else []
        reports = self._reports(study_id) if with_series else {}
        tags, patient = found["MainDicomTags"], found.get("PatientMainDicomTags", {})
        return StudySummary(
            id=study_id,
            study_instance_uid=tags.get("StudyInstanceUID", ""),
            accession_number=tags.get("AccessionNumber", ""),
            patient_name=patient.get("PatientName", ""),
            patient_birth_date=patient.get("PatientBirthDate", ""),
            study_date=tags.get("StudyDate", ""),
            description=tags.get("StudyDescription", ""),
            series=tuple(self._with_kind(_series(entry, reports), entry) for entry in series),
            patient_id=str(patient.get("PatientID", "")).strip(),
            is_stable=found.get("IsStable") is not False,
        )

    def _with_kind(self, series: SeriesSummary, found: Mapping[str, Any]) -> SeriesSummary:
        """What is under a modality without pictures is looked at: its first object says what it is."""
        if has_images(series.modality) or series.report_at is not None or not found["Instances"]:
            return series
        sop_class = self._rest.get(f"/instances/{found['Instances'][0]}/metadata/SopClassUid") or b""
        return replace(series, of_pictures=is_picture(sop_class.decode("ascii", "replace").strip("\0 ")))

    def _reports(self, study_id: str) -> Mapping[str, int]:
        """The series of the study that hold reports, each with the arrival of its newest.

        Whether there are any is asked each time; which they are, only after the study has changed.
        """
        found = self._json(self._rest.get(f"/studies/{study_id}?requestedTags={_OF_REPORTS}")) or {}
        tags = found.get("RequestedTags", {})
        if not any(map(is_report, str(tags.get("SOPClassesInStudy", "")).split("\\"))):
            return {}
        # LastUpdate counts whole seconds: what comes or goes within one shows in the number of instances or the series.
        state = json.dumps([found.get("LastUpdate"), tags, sorted(found.get("Series", ()))])
        return self._arrivals.get(study_id + state, lambda: self._report_arrivals(study_id)) or {}

    def _report_arrivals(self, study_id: str) -> Mapping[str, int]:
        wanted = {"Level": "Instance", "Query": {}, "ParentStudy": study_id, "ResponseContent": ["Metadata", "Parent"]}
        arrivals: dict[str, int] = {}
        for entry in self._json(self._rest.post("/tools/find", json.dumps(wanted))) or []:
            arrival = _arrival(entry.get("Metadata", {}))
            if arrival is not None:
                series_id = str(entry["ParentSeries"])
                arrivals[series_id] = max(arrival, arrivals.get(series_id, 0))
        return arrivals

    def _known(self, image: ImageRef) -> _Known:
        known = self._facts.get(image.instance_id, lambda: self._read(image.instance_id))
        if known is None:
            raise ImageUnavailable
        return known

    def _read(self, instance_id: str) -> _Known | None:
        path = f"/instances/{instance_id}"
        try:
            # Long values are left out unless they are named: the times of the frames of a film are long.
            tags = self._json(self._rest.get(f"{path}/simplified-tags?ignore-length=0018-1065"))
            syntax = self._rest.get(f"{path}/metadata/TransferSyntax")
            if not isinstance(tags, dict) or syntax is None:
                return None
            self._complete(tags, path)
            facts = read_facts(tags, syntax.decode("ascii", "replace").strip())
            modality = self._table(f"{path}/content/0028-3000/0/0028-3006", facts.modality_lut)
            return _Known(facts, modality, self._table(f"{path}/content/0028-3010/0/0028-3006", facts.voi_lut))
        except (OSError, ValueError):
            return None

    def _complete(self, tags: dict[str, Any], path: str) -> None:
        """Descriptors of tables, which Orthanc cannot spell out for Implicit VR: signed or not is ambiguous there."""
        for number, colour in enumerate(("Red", "Green", "Blue"), start=1):
            name = f"{colour}PaletteColorLookupTableDescriptor"
            if name in tags and tags[name] is None:
                tags[name] = descriptor_text(self._rest.get(f"{path}/content/0028-110{number}"))
        for name, tag in (("ModalityLUTSequence", "0028-3000"), ("VOILUTSequence", "0028-3010")):
            item = first_item(tags.get(name))
            if item is not None and item.get("LUTDescriptor") is None:
                item["LUTDescriptor"] = descriptor_text(self._rest.get(f"{path}/content/{tag}/0/0028-3002"))

    def _table(self, path: str, descriptor: LutDescriptor | None) -> Table | None:
        if descriptor is None:
            return None
        values = lut_values(self._rest.get(path) or b"", descriptor)
        return Table(values, descriptor.first, 2**descriptor.bits - 1)

    def _json(self, answer: bytes | None) -> Any:
        return None if answer is None else json.loads(answer)


@dataclass(frozen=True)
class _Known:
    """An image's facts with the contents of its look-up tables."""

    facts: ImageFacts
    modality: Table | None
    voi: Table | None

    def curve(self, frame: int) -> Curve:
        return Curve(self.facts.tone(frame), self.facts.inverted, self.modality, self.voi, self.facts.padding)


def _answers_to(study: StudySummary, key: StudyKey) -> bool:
    match key.kind:
        case StudyKeyKind.ORTHANC_ID:
            return True
        case StudyKeyKind.STUDY_INSTANCE_UID:
            return study.study_instance_uid == key.value
        case StudyKeyKind.ACCESSION_NUMBER:
            return study.accession_number.strip() == key.value.strip()


def _arrival(metadata: Mapping[str, Any]) -> int | None:
    """When this instance arrived if it is a report, seconds since 1970; None for everything else."""
    if not is_report(str(metadata.get("SopClassUid", "")).strip("\0 ")):
        return None
    return received_at(metadata)


def _series(found: dict[str, Any], reports: Mapping[str, int]) -> SeriesSummary:
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
        report_at=reports.get(found["ID"]),
    )
