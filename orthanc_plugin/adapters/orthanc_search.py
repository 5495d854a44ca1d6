"""Search studies in Orthanc, by its route /tools/find."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ..domain.study import StudySummary
from ..domain.study_search import FoundStudies, FoundStudy, StudySearch
from .rest import Rest

_CHUNK = 100
# Names are compared here once more, so that some answers of Orthanc are dropped; a search reads no more than this.
_MOST_READ = 2000
# Where they are sorted here: more than a practice examines within a year.
_MOST_UNSORTED = 50_000
_COUNTED = ["NumberOfStudyRelatedInstances", "ModalitiesInStudy"]
# DICOM PS3.5 section 6.2: IS holds at most 12 characters.
_INTEGER = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True)
class OrthancSearch:
    """StudyFinder on Orthanc's REST API."""

    rest: Rest

    def find(self, search: StudySearch, limit: int, since: int) -> FoundStudies:
        """Up to `limit` studies, newest first, from the place `since` in Orthanc's answer on."""
        if self._sorts():
            return self._walk(search, limit, since, lambda place: self._chunk(search, place))
        every = self._all(search)
        found = self._walk(search, limit, since, lambda place: every[place : place + _CHUNK])
        return replace(found, studies=tuple(map(self._counted, found.studies)))

    def _sorts(self) -> bool:
        """Whether Orthanc sorts what it finds; over some versions of PostgreSQL's index it refuses to."""
        capabilities = json.loads(self.rest.get("/system") or b"{}").get("Capabilities", {})
        return capabilities.get("HasExtendedFind") is not False

    def _walk(
        self, search: StudySearch, limit: int, since: int, chunk_at: Callable[[int], list[dict[str, Any]]]
    ) -> FoundStudies:
        found: list[FoundStudy] = []
        place = since
        while place < since + _MOST_READ:
            chunk = chunk_at(place)
            for entry in chunk:
                study = _found(entry)
                if search.fits(study.study):
                    if len(found) == limit:
                        return FoundStudies(tuple(found), place)
                    found.append(study)
                place += 1
            if len(chunk) < _CHUNK:
                return FoundStudies(tuple(found), None)
        return FoundStudies(tuple(found), place)

    def _all(self, search: StudySearch) -> list[dict[str, Any]]:
        wanted = {
            "Level": "Study",
            "Query": query(search),
            "CaseSensitive": False,
            "Expand": True,
            "Limit": _MOST_UNSORTED,
        }
        every: list[dict[str, Any]] = json.loads(self.rest.post("/tools/find", json.dumps(wanted)) or b"[]")
        return sorted(every, key=_moment, reverse=True)

    def _counted(self, study: FoundStudy) -> FoundStudy:
        """With what Orthanc counts for one study after the other."""
        answer = self.rest.get(f"/studies/{study.study.id}?requestedTags={';'.join(_COUNTED)}")
        return study if answer is None else _found(json.loads(answer))

    def _chunk(self, search: StudySearch, since: int) -> list[dict[str, Any]]:
        wanted = {
            "Level": "Study",
            "Query": query(search),
            "CaseSensitive": False,
            "Expand": True,
            "RequestedTags": _COUNTED,
            "OrderBy": [
                {"Type": "DicomTag", "Key": "StudyDate", "Direction": "DESC"},
                {"Type": "DicomTag", "Key": "StudyTime", "Direction": "DESC"},
            ],
            "Since": since,
            "Limit": _CHUNK,
        }
        answer = self.rest.post("/tools/find", json.dumps(wanted))
        chunk: list[dict[str, Any]] = json.loads(answer) if answer else []
        return chunk


def query(search: StudySearch) -> dict[str, str]:
    """The matching keys (DICOM PS3.4 C.2.2.2). Only the name has wildcards, and only those that are put in here."""
    keys = {
        "PatientBirthDate": search.birth_date,
        "StudyDate": search.study_date,
        "AccessionNumber": search.accession_number,
        "PatientID": search.patient_id,
    }
    if search.name_words:
        # Umlauts are written in two ways, and Orthanc's index leaves out what is not ASCII.
        keys["PatientName"] = "*" + re.sub(r"ae|oe|ue|ss|[^a-z0-9'-]", "*", search.name_words[0]) + "*"
    return {name: value for name, value in keys.items() if value}


def _moment(entry: dict[str, Any]) -> tuple[str, str]:
    tags = entry["MainDicomTags"]
    return str(tags.get("StudyDate", "")), str(tags.get("StudyTime", ""))


def _found(entry: dict[str, Any]) -> FoundStudy:
    tags, patient, requested = entry["MainDicomTags"], entry["PatientMainDicomTags"], entry.get("RequestedTags", {})
    count = str(requested.get("NumberOfStudyRelatedInstances", "")).strip()
    return FoundStudy(
        study=StudySummary(
            id=entry["ID"],
            study_instance_uid=tags.get("StudyInstanceUID", ""),
            accession_number=tags.get("AccessionNumber", ""),
            patient_name=patient.get("PatientName", ""),
            patient_birth_date=patient.get("PatientBirthDate", ""),
            study_date=tags.get("StudyDate", ""),
            description=tags.get("StudyDescription", ""),
            patient_id=str(patient.get("PatientID", "")).strip(),
            is_stable=entry.get("IsStable") is not False,
        ),
        images=int(count) if _INTEGER.fullmatch(count) else 0,
        modalities=tuple(filter(None, str(requested.get("ModalitiesInStudy", "")).split("\\"))),
    )
