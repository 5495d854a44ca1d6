"""The staff API for reports that are added to a study as PDF."""

from __future__ import annotations

from datetime import UTC, datetime

import flask
from pydantic import Field

from ..domain.report import LARGEST_PDF, AddedReport
from .api_models import ApiModel
from .context import services, staff_user
from .json_body import UnusableBody
from .problems import json_answer, problem


class ReportView(ApiModel):
    """A report that was added here."""

    id: str = Field(description="Orthanc's identifier of its instance (Encapsulated PDF).")
    study_id: str = Field(description="Orthanc's identifier of the study.")
    added_at: datetime


class ReportList(ApiModel):
    """The reports that were added to a study, oldest first; others may have arrived over DICOM."""

    reports: list[ReportView]


def add(study_id: str) -> flask.Response:
    """Keep a PDF with the study; when recipients see it is a matter of each share."""
    if flask.request.mimetype != "application/pdf":
        raise UnusableBody(problem(415, "unsupported-media-type", "The body must be application/pdf."))
    flask.request.max_content_length = LARGEST_PDF
    made = services().look_after_reports.add(study_id, flask.request.get_data(), staff_user())
    return json_answer(_view(made), 201)


def listing(study_id: str) -> flask.Response:
    """What was added to the study."""
    return json_answer(ReportList(reports=[_view(one) for one in services().look_after_reports.of(study_id)]))


def remove(report_id: str) -> flask.Response:
    """Take out what was added here."""
    services().look_after_reports.remove(report_id, staff_user())
    return flask.Response(status=204)


def _view(report: AddedReport) -> ReportView:
    return ReportView(id=report.id, study_id=report.study_id, added_at=datetime.fromtimestamp(report.added_at, UTC))
