"""The REST API for staff: consent and objections. Patients' identifiers travel in bodies, never in addresses."""

from __future__ import annotations

import flask

from .api_models import PatientRequest
from .context import services, staff_user
from .json_body import read_body
from .problems import json_answer, problem
from .share_views import ObjectionView, Withdrawal, moment
from .staff_api import view


def record(share_id: str) -> flask.Response:
    """Note that the patient's consent is on file."""
    share = services().consent.record(share_id, staff_user())
    return json_answer(view(share))


def withdraw(share_id: str) -> flask.Response:
    """The patient withdraws consent: all shares of the patient are revoked, and no more can be made."""
    return json_answer(Withdrawal(revoked_shares=services().consent.withdraw(share_id, staff_user())))


def object_() -> flask.Response:
    """Register a patient who objects; all shares of the patient are revoked."""
    revoked = services().consent.object(read_body(PatientRequest).patient_id, staff_user())
    return json_answer(Withdrawal(revoked_shares=revoked))


def objection() -> flask.Response:
    """Whether a patient is in the register."""
    since = services().consent.objects_since(read_body(PatientRequest).patient_id)
    return json_answer(ObjectionView(objects=since is not None, since=moment(since)))


def consent_again() -> flask.Response:
    """Take a patient out of the register."""
    if not services().consent.consent_again(read_body(PatientRequest).patient_id, staff_user()):
        return problem(404, "no-objection", "This patient is not in the register.")
    return flask.Response(status=204)
