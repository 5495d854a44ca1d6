"""DICOM files as Orthanc keeps them, and the tags that the directory of a file set needs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from ..domain.download import FiledInstance, FiledSeries, FiledStudy, StoredInstance
from ..domain.report import is_report
from ..domain.study import is_orthanc_id, is_uid
from .dicomdir import Record, encode, leaf, record
from .quiet_pydicom import hush
from .reception import received_at
from .rest import Rest

hush()
_DICOM_FILE = 1  # OrthancPluginContentType_Dicom
_ENCAPSULATED, _STRUCTURED_REPORT = "1.2.840.10008.5.1.4.1.1.104.", "1.2.840.10008.5.1.4.1.1.88."
_KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"
_PRESENTATION, _WAVEFORM = "1.2.840.10008.5.1.4.1.1.11.", "1.2.840.10008.5.1.4.1.1.9."
# PS3.3 section F.5: what the records of documents hold beside an Instance Number.
_DOCUMENT_KEYS: Mapping[str, tuple[str, ...]] = {
    "ENCAP DOC": ("ContentDate", "ContentTime", "DocumentTitle", "MIMETypeOfEncapsulatedDocument"),
    "SR DOCUMENT": ("CompletionFlag", "VerificationFlag", "ContentDate", "ContentTime", "ConceptNameCodeSequence"),
    "KEY OBJECT DOC": ("ContentDate", "ContentTime", "ConceptNameCodeSequence"),
    "PRESENTATION": ("PresentationCreationDate", "PresentationCreationTime", "ContentLabel", "ContentDescription"),
    "WAVEFORM": ("ContentDate", "ContentTime"),
}
# PS3.5 section 6.2: IS holds at most 12 characters.
_INTEGER = re.compile(r"[+-]?[0-9]{1,11}")
# A longer file is not read for the sake of its record.
_LONGEST_DOCUMENT = 64 * 2**20


class OrthancFiles:
    """InstanceSource on Orthanc's REST API."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def of(self, series_id: str) -> Sequence[StoredInstance]:
        """The instances of a series by their numbers; raises OSError where Orthanc fails."""
        if not is_orthanc_id(series_id):
            return ()
        wanted = {
            "Level": "Instance",
            "Query": {},
            "ParentSeries": series_id,
            "ResponseContent": ["MainDicomTags", "Metadata", "Attachments", "Parent"],
        }
        entries = json.loads(self._rest.post("/tools/find", json.dumps(wanted)) or b"[]")
        # Which series is asked for is not left to Orthanc's database alone: another's files would be another patient's.
        found = [_instance(entry) for entry in entries if entry.get("ParentSeries") == series_id]
        return sorted(
            (one for one in found if one is not None),
            key=lambda one: (one.number is None, one.number or 0, one.sop_instance_uid),
        )

    def size(self, series_id: str) -> int:
        """Bytes of all DICOM files of a series."""
        found = self._found(f"/series/{series_id}/statistics") if is_orthanc_id(series_id) else {}
        return int(found.get("DicomUncompressedSize", 0))

    def read(self, instance_id: str) -> bytes:
        """The DICOM file; raises OSError where it cannot be had."""
        data = self._rest.get(f"/instances/{instance_id}/file")
        if data is None:
            raise OSError("the instance is gone")
        return data

    def directory(self, studies: Sequence[FiledStudy]) -> bytes:
        """The DICOMDIR of a file set."""
        return encode([self._patient(study) for study in studies])

    def _patient(self, study: FiledStudy) -> Record:
        found = self._found(f"/studies/{study.id}")
        patient, own = found.get("PatientMainDicomTags", {}), found.get("MainDicomTags", {})
        top = record(
            "PATIENT", PatientName=_text(patient, "PatientName"), PatientID=_text(patient, "PatientID") or "UNKNOWN"
        )
        one = record(
            "STUDY",
            StudyDate=_digits(own, "StudyDate") or "19000101",
            StudyTime=_digits(own, "StudyTime") or "000000",
            StudyDescription=_text(own, "StudyDescription"),
            StudyInstanceUID=_uid(own, "StudyInstanceUID"),
            StudyID=_text(own, "StudyID")[:16],
            AccessionNumber=_text(own, "AccessionNumber")[:16],
        )
        one.children = [self._series(series) for series in study.series if series.instances]
        top.children = [one]
        return top

    def _series(self, series: FiledSeries) -> Record:
        own = self._found(f"/series/{series.id}").get("MainDicomTags", {})
        number = _text(own, "SeriesNumber").strip()
        one = record(
            "SERIES",
            Modality=_text(own, "Modality") or "OT",
            SeriesInstanceUID=_uid(own, "SeriesInstanceUID"),
            SeriesNumber=number if _INTEGER.fullmatch(number) else str(series.ordinal),
        )
        one.children = [self._leaf(filed) for filed in series.instances]
        return one

    def _leaf(self, filed: FiledInstance) -> Record:
        kind = _kind(filed.instance.sop_class_uid)
        wanted = _DOCUMENT_KEYS.get(kind, ())
        keys = self._keys(filed.instance, wanted) if wanted else None
        if wanted and keys is None:
            kind = "IMAGE"
        return leaf(filed.instance, filed.file_id, kind, keys)

    def _keys(self, instance: StoredInstance, wanted: Iterable[str]) -> Dataset | None:
        if instance.size > _LONGEST_DOCUMENT:
            return None
        try:
            full = pydicom.dcmread(BytesIO(self.read(instance.id)), specific_tags=[*wanted, "SpecificCharacterSet"])
            full.decode()
        except (OSError, InvalidDicomError, ValueError, KeyError, AttributeError, LookupError):
            return None
        keys = Dataset()
        for name in wanted:
            if name in full:
                keys[name] = full[name]
        return keys

    def _found(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._rest.get(path) or b"{}")
        return found


def _instance(entry: Mapping[str, Any]) -> StoredInstance | None:
    """None for an instance without a DICOM file, of which Orthanc keeps only that it exists."""
    tags, metadata = entry.get("MainDicomTags", {}), entry.get("Metadata", {})
    file = next((one for one in entry.get("Attachments", ()) if one.get("ContentType") == _DICOM_FILE), None)
    if file is None:
        return None
    number = str(tags.get("InstanceNumber", "")).strip()
    return StoredInstance(
        id=str(entry["ID"]),
        sop_instance_uid=_uid(tags, "SOPInstanceUID"),
        sop_class_uid=_uid(metadata, "SopClassUid"),
        transfer_syntax_uid=_uid(metadata, "TransferSyntax"),
        number=int(number) if _INTEGER.fullmatch(number) else None,
        size=int(file["UncompressedSize"]),
        key=str(file["Uuid"]),
        # As the archive judges it, also where the identifier is none that a directory could hold.
        report_at=received_at(metadata) if is_report(str(metadata.get("SopClassUid", "")).strip("\0 ")) else None,
    )


def _kind(sop_class: str) -> str:
    """The Directory Record Type for a SOP class (PS3.3 table F.4-1); whatever holds pixels is an image."""
    if sop_class == _KEY_OBJECTS:
        return "KEY OBJECT DOC"
    starts = {
        _ENCAPSULATED: "ENCAP DOC",
        _STRUCTURED_REPORT: "SR DOCUMENT",
        _PRESENTATION: "PRESENTATION",
        _WAVEFORM: "WAVEFORM",
    }
    return next((kind for start, kind in starts.items() if sop_class.startswith(start)), "IMAGE")


def _text(tags: Mapping[str, Any], name: str) -> str:
    """A text of one line and one value."""
    return "".join(c for c in str(tags.get(name, "")) if c.isprintable() and c != "\\")[:64]


def _digits(tags: Mapping[str, Any], name: str) -> str:
    value = str(tags.get(name, "")).strip()
    return value if value.replace(".", "", 1).isdecimal() and value.isascii() and len(value) <= 16 else ""


def _uid(tags: Mapping[str, Any], name: str) -> str:
    value = str(tags.get(name, "")).strip("\0 ")
    return value if is_uid(value) else ""
