"""Makes DICOM images from numpy arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

Volume = NDArray[np.floating[Any]]
HU_OFFSET = 1024


@dataclass(frozen=True)
class Patient:
    """Who is in the picture."""

    id: str = "DEMO-0001"
    name: str = "Muster^Demo"
    birth_date: str = "19710423"
    sex: str = "F"


@dataclass(frozen=True)
class Study:
    """What the images of one study have in common. The same arguments give the same UIDs."""

    patient: Patient = field(default_factory=Patient)
    accession_number: str = "DEMO-2001"
    description: str = "CT Kopf nativ"
    referrer: str = "Beispiel^Praxis"
    day: date = field(default_factory=date.today)

    @property
    def uid(self) -> str:
        """The Study Instance UID."""
        return stable_uid(self.patient.id, self.accession_number)


def stable_uid(*parts: object) -> str:
    """A UID that depends on nothing but the parts."""
    return str(generate_uid(entropy_srcs=["orthanc-patient-share", *map(str, parts)]))


@dataclass(frozen=True)
class Geometry:
    """How a stack of slices lies in the patient."""

    spacing: float = 0.9
    thickness: float = 2.5
    row: tuple[float, float, float] = (1, 0, 0)
    column: tuple[float, float, float] = (0, 1, 0)
    origin: tuple[float, float, float] = (0, 0, 0)

    def position(self, index: int) -> list[float]:
        """ImagePositionPatient of a slice."""
        normal = np.cross(self.row, self.column)
        return [round(float(value), 3) for value in np.asarray(self.origin) + index * self.thickness * normal]


def ct_series(
    study: Study,
    number: int,
    description: str,
    hounsfield: Volume,
    geometry: Geometry,
    windows: Sequence[tuple[float, float]] = ((40, 80),),
    kind: Sequence[str] = ("ORIGINAL", "PRIMARY", "AXIAL"),
    first: int = 0,
) -> list[Dataset]:
    """Images of one CT series, from place `first` on; `hounsfield` is indexed slice, row, column."""
    pixels = np.clip(np.rint(hounsfield + HU_OFFSET), 0, 4095).astype("<u2")
    return [
        _slice(study, number, description, first + index, image, geometry.position(index), geometry, windows, kind)
        for index, image in enumerate(pixels)
    ]


def _slice(
    study: Study,
    number: int,
    description: str,
    index: int,
    image: NDArray[np.uint16],
    position: list[float],
    geometry: Geometry,
    windows: Sequence[tuple[float, float]],
    kind: Sequence[str],
) -> Dataset:
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = stable_uid(study.uid, number, index)
    dataset.StudyInstanceUID = study.uid
    dataset.SeriesInstanceUID = stable_uid(study.uid, number)
    dataset.FrameOfReferenceUID = stable_uid(study.uid, "frame")
    dataset.PatientID, dataset.PatientName = study.patient.id, study.patient.name
    dataset.PatientBirthDate, dataset.PatientSex = study.patient.birth_date, study.patient.sex
    dataset.StudyID, dataset.AccessionNumber = "1", study.accession_number
    dataset.StudyDescription, dataset.ReferringPhysicianName = study.description, study.referrer
    day = study.day.strftime("%Y%m%d")
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = dataset.AcquisitionDate = day
    dataset.StudyTime = dataset.SeriesTime = dataset.ContentTime = "093000"
    dataset.Modality, dataset.Manufacturer, dataset.ManufacturerModelName = "CT", "Synthetic", "Phantom"
    dataset.BodyPartExamined, dataset.PatientPosition = "HEAD", "HFS"
    dataset.SeriesNumber, dataset.SeriesDescription = number, description
    dataset.InstanceNumber, dataset.AcquisitionNumber = index + 1, 1
    dataset.ImageType = list(kind)
    dataset.KVP, dataset.SliceThickness = "120", str(geometry.thickness)
    dataset.ImagePositionPatient = position
    dataset.ImageOrientationPatient = [*geometry.row, *geometry.column]
    dataset.PixelSpacing = [geometry.spacing, geometry.spacing]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = image.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = str(-HU_OFFSET), "1", "HU"
    dataset.WindowCenter = [str(center) for center, _ in windows]
    dataset.WindowWidth = [str(width) for _, width in windows]
    dataset.PixelData = image.tobytes()
    dataset["PixelData"].VR = "OW"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset
