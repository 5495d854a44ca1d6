"""Reports that staff have added, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from orthanc_plugin.domain.report import AddedReport

from .clock import NOON
from .studies import MemoryArchive, orthanc_id, series


@dataclass
class MemoryReports:
    """ReportKeeper; each report is a series of its own."""

    archive: MemoryArchive
    kept: dict[str, AddedReport] = field(default_factory=dict)
    pdfs: dict[str, bytes] = field(default_factory=dict)
    broken: bool = False

    def add(self, study_id: str, pdf: bytes) -> str | None:
        if self.broken:
            raise OSError("full")
        study = self.archive.studies[study_id]
        report_id = orthanc_id(f"report {len(self.pdfs)}")
        one = replace(series(report_id, modality="DOC", instances=1), report_at=int(NOON))
        self.archive.studies[study_id] = replace(study, series=(*study.series, one))
        self.kept[report_id] = AddedReport(report_id, study_id, int(NOON))
        self.pdfs[report_id] = pdf
        return report_id

    def of(self, study_id: str) -> list[AddedReport]:
        if self.broken:
            raise OSError("locked")
        return [one for one in self.kept.values() if one.study_id == study_id]

    def study_of(self, report_id: str) -> str | None:
        return self.kept[report_id].study_id if report_id in self.kept else None

    def remove(self, report_id: str) -> None:
        self.kept.pop(report_id, None)
