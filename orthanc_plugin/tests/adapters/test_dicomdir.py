from __future__ import annotations

import dataclasses
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.fileset import FileSet

from orthanc_plugin.adapters.dicomdir import Record, encode, leaf, record
from orthanc_plugin.domain.download import StoredInstance, file_id

CT = "1.2.840.10008.5.1.4.1.1.2"


def one_patient(studies: int, series: int, images: int) -> Record:
    patient = record("PATIENT", PatientName="Müller^Käthe", PatientID="1")
    count = 0
    for study in range(1, studies + 1):
        patient.children.append(
            record(
                "STUDY",
                StudyDate="20260304",
                StudyTime="101112",
                StudyDescription="Schädel",
                StudyInstanceUID=f"1.2.{study}",
                StudyID="",
                AccessionNumber="",
            )
        )
        for number in range(1, series + 1):
            here = record("SERIES", Modality="CT", SeriesInstanceUID=f"1.2.{study}.{number}", SeriesNumber=str(number))
            patient.children[-1].children.append(here)
            for image in range(1, images + 1):
                count += 1
                instance = StoredInstance(
                    "id", f"1.2.{study}.{number}.{image}", CT, "1.2.840.10008.1.2.1", image, 9, "k"
                )
                here.children.append(leaf(instance, file_id(number, count), "IMAGE"))
    return patient


def test_an_independent_reader_finds_every_file(tmp_path: Path) -> None:
    (tmp_path / "DICOMDIR").write_bytes(encode([one_patient(2, 2, 3), one_patient(1, 1, 1)]))
    for one in dcmread(tmp_path / "DICOMDIR").DirectoryRecordSequence:
        if "ReferencedFileID" in one:
            path = tmp_path.joinpath(*one.ReferencedFileID)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    found = FileSet(dcmread(tmp_path / "DICOMDIR"))
    assert len(found) == 2 * 2 * 3 + 1
    assert {str(name) for name in found.find_values("PatientName")} == {"Müller^Käthe"}
    assert len(found.find(SeriesInstanceUID="1.2.2.1")) == 3
    # It would complain that nobody has removed its folder for changes.
    found._stage["t"].cleanup()


def test_the_same_content_gives_the_same_bytes_and_other_content_another_identifier() -> None:
    assert encode([one_patient(1, 1, 2)]) == encode([one_patient(1, 1, 2)])
    identifiers = {encode([one_patient(1, 1, images)])[132:].partition(b"2.25.")[2][:38] for images in (1, 2)}
    assert len(identifiers) == 2


def test_a_file_set_without_images_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "DICOMDIR").write_bytes(encode([]))
    found = FileSet(dcmread(tmp_path / "DICOMDIR"))
    assert len(found) == 0
    found._stage["t"].cleanup()


def test_the_short_way_for_images_writes_what_the_library_writes() -> None:
    instance = StoredInstance("x", "1.2.3.45", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1", 7, 10, "k")
    for number in (7, -12, None):
        one = dataclasses.replace(instance, number=number)
        assert leaf(one, file_id(3, 12), "IMAGE").data == leaf(one, file_id(3, 12), "IMAGE", Dataset()).data
