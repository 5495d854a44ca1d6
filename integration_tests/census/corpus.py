"""Three studies full of marks: A is shared, B belongs to the same patient, C to another."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

import numpy as np
from pydicom import Dataset, Sequence
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, BasicTextSRStorage, EncapsulatedPDFStorage, ExplicitVRLittleEndian

from harness.demo_study import marked_study
from harness.dicom import HU_OFFSET, Patient, stable_uid
from harness.modality import send
from harness.server import OrthancServer

from .marks import Marks, series_owner

SLICES = 2
EDGE = 64
# Reports of both kinds: a structured one, and a PDF, which is also what an upload becomes.
SR_SERIES, PDF_SERIES = 8, 9
REPORT_SERIES = (SR_SERIES, PDF_SERIES)
NUMBERS = {"A": 0xA11A, "B": 0xB22B, "C": 0xC33C}
_DAYS = {"A": "19810413", "B": "19820614", "C": "19830715"}


@dataclass(frozen=True)
class Subject:
    """One series of one study as Orthanc stored it: identifiers for every place of a route."""

    name: str
    patient: str
    patient_id: str
    study: str
    study_uid: str
    series: str
    series_uid: str
    instances: tuple[str, ...]
    instance_uids: tuple[str, ...]
    label: str
    accession: str


@dataclass
class Corpus:
    """What was stored, and all the marks in it."""

    subjects: dict[str, Subject]
    marks: Marks = field(default_factory=Marks)


def text_mark(*parts: object) -> str:
    """A short word that occurs nowhere else; the same parts give the same word. Fits every text of DICOM."""
    return f"QX{hashlib.sha256(repr(parts).encode()).hexdigest()[:8]}Z"


def store(server: OrthancServer) -> Corpus:
    """Make the studies, send them as a modality would, label them, and note every mark with its owner."""
    marks = Marks()
    for name in NUMBERS:
        datasets = _study(name, marks)
        assert send(datasets, server.dicom_port).stored == len(datasets)
    corpus = Corpus({}, marks)
    for name in NUMBERS:
        _look_up(server, name, corpus)
    return corpus


def _study(name: str, marks: Marks) -> list[Dataset]:
    person = "C" if name == "C" else "AB"
    family, given = text_mark(person, "family"), text_mark(person, "given")
    patient = Patient(text_mark(person, "id"), f"{family}^{given}", {"AB": "19310401", "C": "19320502"}[person])
    words = {key: text_mark(name, key) for key in ("accession", "study", "referrer")}
    datasets = marked_study(NUMBERS[name], patient, series=3, slices=SLICES, size=EDGE, accession=words["accession"])
    marks.add(f"patient:{person}", patient.id, *patient.name.split("^"), patient.birth_date)
    marks.add(f"study:{name}", *words.values(), str(datasets[0].StudyInstanceUID), _DAYS[name])
    for dataset in datasets:
        _sign(dataset, name, marks)
    datasets += [_structured(datasets[0], name), _pdf(datasets[0], name)]
    for dataset in datasets:
        dataset.StudyDescription, dataset.ReferringPhysicianName = words["study"], words["referrer"]
        dataset.SeriesDescription = text_mark(name, int(dataset.SeriesNumber))
        dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = dataset.AcquisitionDate = _DAYS[name]
        _fill(dataset, name, marks)
    return datasets


def _sign(dataset: Dataset, name: str, marks: Marks) -> None:
    """A last row that is found byte by byte wherever pixels are sent uncompressed."""
    place = (NUMBERS[name], int(dataset.SeriesNumber), int(dataset.InstanceNumber))
    pixels = np.frombuffer(dataset.PixelData, "<u2").reshape(EDGE, EDGE).copy()
    bits = int.from_bytes(hashlib.sha256(repr(place).encode()).digest()[:8], "big")
    pixels[-1] = [pixels.max() if bits >> column & 1 else pixels.min() for column in range(EDGE)]
    dataset.PixelData = pixels.tobytes()
    marks.add_picture(series_owner(name, place[1]), place, pixels.astype(float) - HU_OFFSET, HU_OFFSET)


def _pdf(image: Dataset, name: str) -> Dataset:
    dataset = _document(image, EncapsulatedPDFStorage, "DOC", PDF_SERIES)
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.EncapsulatedDocument = b"%PDF-1.4\n% " + text_mark(name, "document").encode() + b"\n%%EOF\n "
    return dataset


def _structured(image: Dataset, name: str) -> Dataset:
    dataset = _document(image, BasicTextSRStorage, "SR", SR_SERIES)
    line, title = Dataset(), Dataset()
    title.CodeValue, title.CodingSchemeDesignator, title.CodeMeaning = "121071", "DCM", "Finding"
    line.RelationshipType, line.ValueType, line.TextValue = "CONTAINS", "TEXT", text_mark(name, "finding")
    line.ConceptNameCodeSequence = Sequence([title])
    dataset.ValueType, dataset.ContinuityOfContent = "CONTAINER", "SEPARATE"
    dataset.CompletionFlag, dataset.VerificationFlag = "COMPLETE", "VERIFIED"
    dataset.ContentSequence = Sequence([line])
    return dataset


def _document(image: Dataset, kind: UID, modality: str, number: int) -> Dataset:
    dataset = Dataset()
    for word in (
        "SpecificCharacterSet", "StudyInstanceUID", "PatientID", "PatientName", "PatientBirthDate", "PatientSex",
        "StudyID", "AccessionNumber", "StudyTime", "Manufacturer",
    ):  # fmt: skip
        dataset[word] = image[word]
    dataset.SOPClassUID = kind
    dataset.SeriesInstanceUID = stable_uid(image.StudyInstanceUID, modality)
    dataset.SOPInstanceUID = stable_uid(image.StudyInstanceUID, modality, 1)
    dataset.Modality, dataset.SeriesNumber, dataset.InstanceNumber = modality, number, 1
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def _fill(dataset: Dataset, name: str, marks: Marks) -> None:
    """Marks in everything that holds text: standard, private and nested attributes."""
    number = int(dataset.SeriesNumber)
    owner = series_owner(name, number)
    words = {key: text_mark(name, number, int(dataset.InstanceNumber), key) for key in range(8)}
    dataset.InstitutionName, dataset.ImageComments, dataset.ProtocolName = words[0], words[1], words[2]
    dataset.OperatorsName, dataset.StudyComments = words[3], words[4]
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = "1", "99TEST", words[5]
    dataset.ProcedureCodeSequence = Sequence([item])
    block = dataset.private_block(0x0009, "MARKS", create=True)
    block.add_new(0x01, "LO", words[6])
    block.add_new(0x02, "OB", (words[7] + " ").encode())
    marks.add(
        owner, *words.values(), str(dataset.SeriesInstanceUID), str(dataset.SOPInstanceUID), dataset.SeriesDescription
    )
    if number in REPORT_SERIES:
        marks.add(owner, text_mark(name, "finding" if number == SR_SERIES else "document"))


def _look_up(server: OrthancServer, name: str, corpus: Corpus) -> None:
    uid = next(
        uid for uid, owner in corpus.marks.texts.items() if owner == f"study:{name}" and uid[0].isdigit() and "." in uid
    )
    study = server.staff_request("POST", "/tools/find", data=json.dumps(
        {"Level": "Study", "Expand": True, "Query": {"StudyInstanceUID": uid}})).json()[0]  # fmt: skip
    label = f"label-{text_mark(name, 'label')}"
    assert server.staff_request("PUT", f"/studies/{study['ID']}/labels/{label}").status_code == 200
    for kind in ("metadata", "attachments"):
        word = text_mark(name, kind)
        path = f"/studies/{study['ID']}/{kind}/{1024 if kind == 'metadata' else 1025}"
        assert server.staff_request("PUT", path, data=word * 3).status_code == 200
        corpus.marks.add(f"study:{name}", word)
    corpus.marks.add(f"study:{name}", study["ID"], text_mark(name, "label"))
    corpus.marks.add("patient:C" if name == "C" else "patient:AB", study["ParentPatient"])
    for series in server.staff_request("GET", f"/studies/{study['ID']}/series").json():
        number = int(series["MainDicomTags"]["SeriesNumber"])
        instances = server.staff_request("GET", f"/series/{series['ID']}/instances").json()
        instances.sort(key=lambda entry: int(entry["IndexInSeries"] or 0))
        corpus.marks.add(series_owner(name, number), series["ID"], *(entry["ID"] for entry in instances))
        corpus.subjects[f"{name}/{number}"] = Subject(
            f"{name}/{number}", study["ParentPatient"], study["PatientMainDicomTags"]["PatientID"], study["ID"], uid,
            series["ID"], series["MainDicomTags"]["SeriesInstanceUID"],
            tuple(entry["ID"] for entry in instances),
            tuple(entry["MainDicomTags"]["SOPInstanceUID"] for entry in instances),
            label, study["MainDicomTags"]["AccessionNumber"],
        )  # fmt: skip
