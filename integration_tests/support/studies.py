"""Three small studies that nobody can mistake for one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom import Dataset

from harness.dicom import Geometry, Patient, Study, ct_series
from harness.modality import send
from harness.server import OrthancServer

SLICES = 7
EDGE = 96


@dataclass(frozen=True)
class Stored:
    """A study as Orthanc stored it, with Orthanc's identifiers."""

    id: str
    uid: str
    accession_number: str
    series: tuple[str, ...]
    series_uids: tuple[str, ...]
    instances: tuple[str, ...]
    instance_uids: tuple[str, ...]


@dataclass(frozen=True)
class Studies:
    """A is shared, B belongs to the same patient, C to another."""

    a: Stored
    b: Stored
    c: Stored


def make_studies(server: OrthancServer) -> Studies:
    """Send the three over C-STORE and look them up."""
    made = datasets()
    for images in made.values():
        assert send(images, server.dicom_port).stored == SLICES + 3
    return Studies(**{name: stored(server, str(images[0].StudyInstanceUID)) for name, images in made.items()})


def datasets() -> dict[str, list[Dataset]]:
    """The images of the three; every time the same."""
    anna = Patient(id="TEST-1", name="Beispiel^Anna^^Dr.", birth_date="19521103", sex="F")
    bert = Patient(id="TEST-2", name="Anders^Bert", birth_date="19600229", sex="M")
    wanted = {
        "a": Study(anna, "ACC-A", "CT Kopf: Übersicht"),
        "b": Study(anna, "ACC-B", "CT Kopf: frühere Aufnahme"),
        "c": Study(bert, "ACC-C", "CT Kopf: fremd"),
    }
    patterns = {"a": _disc, "b": _stripes, "c": _checks}
    made = {}
    for name, study in wanted.items():
        volume = np.stack([patterns[name](place) for place in range(SLICES)])
        made[name] = ct_series(study, 1, "Axial", volume, Geometry(), windows=((40, 400),))
        made[name] += ct_series(study, 2, "Koronar", volume[:3, ::-1], Geometry(), windows=((40, 400),))
    return made


def stored(server: OrthancServer, study_uid: str) -> Stored:
    """What Orthanc says of a study."""
    found = server.staff_request("POST", "/tools/lookup", data=study_uid).json()
    study_id = next(entry["ID"] for entry in found if entry["Type"] == "Study")
    study = server.staff_request("GET", f"/studies/{study_id}").json()
    series = server.staff_request("GET", f"/studies/{study_id}/series").json()
    series.sort(key=lambda entry: int(entry["MainDicomTags"]["SeriesNumber"]))
    instances = server.staff_request("GET", f"/studies/{study_id}/instances").json()
    return Stored(
        id=study_id,
        uid=study_uid,
        accession_number=study["MainDicomTags"]["AccessionNumber"],
        series=tuple(entry["ID"] for entry in series),
        series_uids=tuple(entry["MainDicomTags"]["SeriesInstanceUID"] for entry in series),
        instances=tuple(entry["ID"] for entry in instances),
        instance_uids=tuple(entry["MainDicomTags"]["SOPInstanceUID"] for entry in instances),
    )


def _disc(place: int) -> np.ndarray[Any, Any]:
    y, x = np.mgrid[:EDGE, :EDGE]
    inside = (x - 40) ** 2 + (y - 50) ** 2 < (12 + 4 * place) ** 2
    return np.where(inside, 120.0, -200.0) + x * 0.5


def _stripes(place: int) -> np.ndarray[Any, Any]:
    y, x = np.mgrid[:EDGE, :EDGE]
    return np.where((x // 8 + place) % 2 == 0, 200.0, -150.0) + y * 0


def _checks(place: int) -> np.ndarray[Any, Any]:
    y, x = np.mgrid[:EDGE, :EDGE]
    return np.where((x // 12 + y // 12 + place) % 2 == 0, 220.0, -100.0)
