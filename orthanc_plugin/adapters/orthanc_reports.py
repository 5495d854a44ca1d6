"""Reports that staff add to a study, kept by Orthanc as Encapsulated PDF (DICOM PS3.3 section A.45.1)."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from ..domain.report import AddedReport
from ..domain.study import is_orthanc_id
from .reception import received_at
from .rest import Rest

# Stands in (0008,0070) of what was added here, and in nothing else: only that can be removed here.
_MANUFACTURER = "Orthanc Patient Share"


class OrthancReports:
    """ReportKeeper on Orthanc's REST API."""

    def __init__(self, rest: Rest, title: str) -> None:
        self._rest, self._title = rest, title

    def add(self, study_id: str, pdf: bytes) -> str | None:
        """Orthanc's identifier of the new instance; None where it has no such study. Raises OSError."""
        if not is_orthanc_id(study_id):
            return None
        order = {
            "Parent": study_id,
            "Tags": {
                "Modality": "DOC",
                "SeriesDescription": self._title,
                "DocumentTitle": self._title,
                "Manufacturer": _MANUFACTURER,
                "BurnedInAnnotation": "YES",
                "SpecificCharacterSet": "ISO_IR 192",
            },
            "Content": "data:application/pdf;base64," + base64.b64encode(pdf).decode("ascii"),
        }
        made = self._rest.post("/tools/create-dicom", json.dumps(order))
        return None if made is None else str(json.loads(made)["ID"])

    def of(self, study_id: str) -> Sequence[AddedReport]:
        """What was added to the study, oldest first; raises OSError."""
        if not is_orthanc_id(study_id):
            return ()
        wanted = {
            "Level": "Instance",
            "Query": {"Modality": "DOC", "Manufacturer": _MANUFACTURER},
            "ParentStudy": study_id,
            "ResponseContent": ["Metadata"],
        }
        found = json.loads(self._rest.post("/tools/find", json.dumps(wanted)) or b"[]")
        added = [AddedReport(str(one["ID"]), study_id, received_at(one.get("Metadata", {}))) for one in found]
        return sorted(added, key=lambda report: (report.added_at, report.id))

    def study_of(self, report_id: str) -> str | None:
        """The study that the report was added to; None unless it was added here."""
        if not is_orthanc_id(report_id):
            return None
        maker = self._rest.get(f"/instances/{report_id}/content/0008-0070")
        if maker is None or maker.decode("utf-8", "replace").strip(" \0") != _MANUFACTURER:
            return None
        study = self._rest.get(f"/instances/{report_id}/study")
        return None if study is None else str(json.loads(study)["ID"])

    def remove(self, report_id: str) -> None:
        """Take it out of Orthanc; harmless to repeat. Raises OSError."""
        self._rest.post("/tools/bulk-delete", json.dumps({"Resources": [report_id]}))
