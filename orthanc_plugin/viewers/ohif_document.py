"""The document from which OHIF learns what to show (https://docs.ohif.org/configuration/dataSources/dicom-json)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..domain.study import ImageRef, SeriesSummary, StudySummary, Window

# More would keep a thread and a browser busy for too long; such a series is left to the other viewers.
MOST_IMAGES = 5000


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WHOLE = _words(
    """
    AcquisitionNumber BitsAllocated BitsStored Columns HighBit InstanceNumber NumberOfFrames PixelRepresentation
    PlanarConfiguration Rows SamplesPerPixel SeriesNumber SmallestPixelValueInSeries TemporalPositionIdentifier
    PhysicalUnitsXDirection PhysicalUnitsYDirection RegionDataType RegionFlags RegionLocationMaxX1
    RegionLocationMaxY1 RegionLocationMinX0 RegionLocationMinY0 RegionSpatialFormat ReferencePixelX0
    ReferencePixelY0
    """
)
_DECIMAL = _words(
    """
    ActualFrameDuration DoseCalibrationFactor EchoTime EstimatedRadiographicMagnificationFactor FrameTime
    PatientSize PatientWeight PhysicalDeltaX PhysicalDeltaY RadionuclideHalfLife RadionuclideTotalDose
    RecommendedDisplayFrameRate RepetitionTime RescaleIntercept RescaleSlope SliceLocation SliceThickness
    SpacingBetweenSlices WindowCenter WindowWidth
    """
)
_DECIMALS = _words(
    """
    ImageOrientationPatient ImagePositionPatient ImagerPixelSpacing NominalScannedPixelSpacing PixelAspectRatio
    PixelSpacing
    """
)
_TEXT = _words(
    """
    AccessionNumber AcquisitionDate AcquisitionTime BodyPartExamined ContentDate ContentTime DecayCorrection
    FrameOfReferenceUID FrameType ImageLaterality Laterality LossyImageCompression Manufacturer Modality
    PatientBirthDate PatientID PatientName PatientSex PhotometricInterpretation PresentationLUTShape ProtocolName
    RadiopharmaceuticalStartDateTime RadiopharmaceuticalStartTime RescaleType SOPClassUID SOPInstanceUID
    SeriesDate SeriesDescription SeriesInstanceUID SeriesTime StudyDate StudyDescription StudyInstanceUID
    StudyTime Units VOILUTFunction ViewPosition
    """
)
_TEXTS = frozenset({"CorrectedImage", "ImageType", "WindowCenterWidthExplanation"})
_SEQUENCES = _words(
    """
    FrameAnatomySequence FrameContentSequence FrameVOILUTSequence PerFrameFunctionalGroupsSequence
    PixelMeasuresSequence PixelValueTransformationSequence PlaneOrientationSequence PlanePositionSequence
    RadiopharmaceuticalInformationSequence SequenceOfUltrasoundRegions SharedFunctionalGroupsSequence
    """
)
# Functional groups lie two levels deep (DICOM PS3.3 C.7.6.16).
_DEEPEST = 3


def document(
    study: StudySummary,
    series: SeriesSummary,
    images: Sequence[ImageRef],
    tags: Mapping[str, Mapping[str, Any]],
    window: Window | None = None,
) -> dict[str, Any]:
    """One series of one study; `tags` holds Orthanc's simplified tags of each instance by its identifier.

    Images are addressed by path, so that whatever the document says, they come from this server and pass its filter.
    `window` is for images that bring none: the viewer would take the extremes of the first one, often an empty one.
    """
    facts = {instance_id: metadata(found) for instance_id, found in tags.items()}
    if window is not None:
        for found in facts.values():
            if not {"WindowCenter", "WindowWidth"} <= set(found):
                found |= {"WindowCenter": window.center, "WindowWidth": window.width}
    shown = [image for image in images if image.instance_id in facts]
    instances = [{"metadata": facts[image.instance_id], "url": _url(image, facts)} for image in shown]
    return {
        "studies": [
            {
                "StudyInstanceUID": study.study_instance_uid,
                "StudyDate": study.study_date,
                "StudyDescription": study.description,
                "AccessionNumber": study.accession_number,
                "PatientName": study.patient_name,
                "Modalities": series.modality,
                "NumInstances": len(instances),
                "series": [
                    {
                        "SeriesInstanceUID": series.uid,
                        "SeriesNumber": series.number or 0,
                        "SeriesDescription": series.description,
                        "Modality": series.modality,
                        "instances": instances,
                    }
                ],
            }
        ]
    }


def metadata(tags: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """The tags that the viewer needs, with numbers as numbers; what cannot be read as its kind is left out."""
    found: dict[str, Any] = {}
    for name, value in tags.items():
        read = _read(name, value, depth)
        if read is not None:
            found[name] = read
    return found


def _read(name: str, value: Any, depth: int) -> Any:
    if isinstance(value, list):
        if name not in _SEQUENCES or depth >= _DEEPEST:
            return None
        return [metadata(item, depth + 1) for item in value if isinstance(item, Mapping)] or None
    if not isinstance(value, str) or not value.strip():
        return None
    if name in _TEXT:
        return value.strip()
    parts = [part.strip() for part in value.split("\\")]
    if name in _TEXTS:
        return parts
    if name in _WHOLE | _DECIMAL | _DECIMALS:
        return _numbers(name, parts)
    return None


def _numbers(name: str, parts: Sequence[str]) -> Any:
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        return None
    if not all(abs(number) < 1e15 for number in numbers):
        return None
    if name in _WHOLE:
        return int(numbers[0])
    return numbers if name in _DECIMALS or len(numbers) > 1 else numbers[0]


def _url(image: ImageRef, facts: Mapping[str, Mapping[str, Any]]) -> str:
    path = f"dicomweb:/instances/{image.instance_id}/file"
    # The viewer takes the frame off again before it asks for the file.
    return f"{path}?frame={image.frame + 1}" if facts[image.instance_id].get("NumberOfFrames", 1) > 1 else path
