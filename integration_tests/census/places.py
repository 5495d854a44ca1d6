"""A template of a route with identifiers put into its places."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .corpus import Subject

_PLACE = re.compile(r"\{(\w+)\}")
_BY_UID = "/dicom-web/"


@dataclass(frozen=True)
class Surroundings:
    """Identifiers that belong to no study: a share of another study, and a job of staff that packed B and C."""

    share: str
    job: str


def fill(template: str, subject: Subject, around: Surroundings) -> list[str]:
    """The paths that the template stands for; more than one where a route has several forms."""
    if template.startswith("/web-viewer/instances/"):
        image = subject.instances[0]
        return [f"/web-viewer/instances/{kind}-{image}_0" for kind in ("jpeg95", "deflate")]
    if template == "/wado":
        uid = subject.instance_uids[0]
        whole = f"studyUID={subject.study_uid}&seriesUID={subject.series_uid}&objectUID={uid}"
        return ["/wado", f"/wado?requestType=WADO&objectUID={uid}", f"/wado?requestType=WADO&{whole}",
                f"/wado?requestType=WADO&{whole}&contentType=application%2Fdicom"]  # fmt: skip
    path = template
    while match := _PLACE.search(path):
        before = path[: match.start()]
        path = before + _value(before, match[1], subject, around) + path[match.end() :]
    return [path, *_searches(path, subject)]


def _value(before: str, name: str, subject: Subject, around: Surroundings) -> str:
    kind = before.rstrip("/").rsplit("/", 1)[-1]
    by_uid = before.startswith(_BY_UID)
    values = {
        "patients": subject.patient,
        "studies": subject.study_uid if by_uid else subject.study,
        "series": subject.series_uid if by_uid else subject.series,
        "is-stable-series": subject.series,
        "instances": subject.instance_uids[0] if by_uid else subject.instances[0],
        "attachments": "dicom" if before.startswith("/instances") else "1025",
        "metadata": "IndexInSeries" if before.startswith("/instances") else "1024",
        "labels": subject.label,
        "frames": "1" if by_uid else "0",
        "content": "PatientName",
        "bulk": "7fe00010",
        "jobs": around.job,
        "plugins": "web-viewer",
        "libs": "jquery.js",
        "app": "viewer.html",
        "client": "index.html",
        "help": "report",
        "legal": "cookies",
        "shares": around.share,
        "modalities": "self",
        "peers": "self",
        "servers": "self",
    }
    if name == "key":
        return "archive" if before.startswith("/jobs") else "orthanc-web-viewer"
    if name in ("ordinal", "number", "first", "index"):
        return "1"
    if before.startswith("/portal"):
        return "x" if name == "version" else "portal.css"
    return values.get(kind, "1")


def _searches(path: str, subject: Subject) -> list[str]:
    if path in ("/tools/create-archive", "/tools/create-media", "/tools/create-media-extended"):
        return [f"{path}?resources={subject.study}", f"{path}?resources={subject.patient}"]
    if path not in ("/dicom-web/studies", "/dicom-web/series", "/dicom-web/instances"):
        return []
    keys = {"StudyInstanceUID": subject.study_uid, "0020000D": subject.study_uid, "PatientID": subject.patient_id,
            "00100020": subject.patient_id, "AccessionNumber": subject.accession, "0020000E": subject.series_uid,
            "SeriesInstanceUID": subject.series_uid, "00080018": subject.instance_uids[0]}  # fmt: skip
    return [f"{path}?{key}={value}" for key, value in keys.items()]
