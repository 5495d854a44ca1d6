"""Orthanc's REST API from a table, with one study in it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from orthanc_plugin.domain.study import ImageRef

from .studies import orthanc_id, uid

STUDY, SERIES, INSTANCE = orthanc_id("study"), orthanc_id("series"), orthanc_id("instance")
TAGS = {
    "PhotometricInterpretation": "MONOCHROME2",
    "WindowCenter": "50",
    "WindowWidth": "100",
    "Rows": "8",
    "Columns": "9",
}
PIXELS = f"/instances/{INSTANCE}/frames/0/numpy?compress=0&rescale=0"
TAGS_PATH = f"/instances/{INSTANCE}/simplified-tags?ignore-length=0018-1065"
IMAGE = ImageRef(INSTANCE, 0)


class FakeRest:
    """Orthanc's REST API from a table; `asked` notes every call. An exception in the table is raised."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.found_by_uid: list[dict[str, str]] = []
        self.found: list[Any] | Callable[[str], list[Any]] = []

    def get(self, path: str) -> bytes | None:
        self.asked.append(path)
        answer = self.answers.get(path)
        if isinstance(answer, Exception):
            raise answer
        return answer if answer is None or isinstance(answer, bytes) else json.dumps(answer).encode()

    def post(self, path: str, body: str) -> bytes | None:
        self.asked.append(f"{path} {body}")
        if path == "/tools/lookup":
            return json.dumps(self.found_by_uid).encode()
        found = self.found(body) if callable(self.found) else self.found
        return json.dumps(found).encode()


def study_answer(name: str, accession: str = "") -> dict[str, Any]:
    return {
        "ID": orthanc_id(name),
        "MainDicomTags": {
            "StudyInstanceUID": uid(name),
            "AccessionNumber": accession,
            "StudyDate": "20260601",
            "StudyDescription": "Schädel",
        },
        "PatientMainDicomTags": {"PatientName": "Muster^Erika", "PatientBirthDate": "19640812"},
    }


def series_answer(number: str = "3", **tags: str) -> dict[str, Any]:
    return {
        "ID": SERIES,
        "Instances": ["a", "b"],
        "MainDicomTags": {"SeriesInstanceUID": uid("series"), "Modality": "CT", "SeriesNumber": number, **tags},
    }


def npy(values: Any, dtype: str = "float32") -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(values, dtype=dtype))
    return file.getvalue()


def one_study() -> FakeRest:
    """A server with one study of one series."""
    return FakeRest(
        {
            f"/studies/{STUDY}": study_answer("study", "A-1"),
            f"/studies/{STUDY}/series": [series_answer(SeriesDescription=" Axial ", BodyPartExamined="HEAD")],
            f"/series/{SERIES}/ordered-slices": {"SlicesShort": [["x", 0, 1], ["y", 0, 3], ["z", 2, 2]]},
            f"/series/{SERIES}": {"ID": SERIES, "ParentStudy": STUDY},
            f"/instances/{INSTANCE}": {"ID": INSTANCE, "ParentSeries": SERIES},
            TAGS_PATH: TAGS,
            f"/instances/{INSTANCE}/metadata/TransferSyntax": b"1.2.840.10008.1.2.1",
            PIXELS: npy([[0, 100]] * 2),
        }
    )
