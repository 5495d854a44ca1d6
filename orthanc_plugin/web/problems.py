"""Refusals of the staff API as problem details (RFC 9457)."""

from __future__ import annotations

import json

import flask
from pydantic import BaseModel, ValidationError
from werkzeug.http import HTTP_STATUS_CODES

from ..domain import errors
from ..domain.report import UnusableReport
from .api_models import Candidate, Fault, Problem

CONTENT_TYPE = "application/problem+json"


def json_answer(model: BaseModel, status: int = 200, content_type: str = "application/json") -> flask.Response:
    """JSON in ASCII: Orthanc labels all but status 200 as text/plain, which clients may read in any character set."""
    body = json.dumps(model.model_dump(mode="json"), ensure_ascii=True)
    return flask.Response(body, status, content_type=content_type)


def problem(
    status: int,
    code: str,
    detail: str,
    faults: list[Fault] | None = None,
    candidates: list[Candidate] | None = None,
) -> flask.Response:
    """An answer that says in one sentence what is wrong, for people, and in `code`, for programs."""
    body = Problem(
        title=HTTP_STATUS_CODES.get(status, "Error"),
        status=status,
        code=code,
        detail=detail,
        errors=faults or [],
        candidates=candidates or [],
    )
    return json_answer(body, status, CONTENT_TYPE)


def from_refusal(refusal: errors.PatientShareError) -> flask.Response:  # noqa: PLR0912 - a branch for each refusal
    """The problem for a refusal of a use case."""
    match refusal:
        case errors.InvalidInput():
            fault = Fault(field=refusal.field, detail=refusal.detail)
            return problem(422, "invalid-input", f"{refusal.field} {refusal.detail}.", [fault])
        case errors.StudyNotFound():
            return problem(404, "study-not-found", "Orthanc has no study with this identifier.")
        case errors.AmbiguousStudy():
            return problem(
                409,
                "ambiguous-study",
                "Several studies bear this accession number: name one by orthanc_id or study_instance_uid.",
                candidates=[Candidate(**vars(candidate)) for candidate in refusal.candidates],
            )
        case errors.MistypedCode() | errors.MistypedPassword():
            return problem(422, "invalid-input", "The access code or the password is mistyped.")
        case errors.ShareNotFound():
            return problem(404, "share-not-found", "There is no share with this id.")
        case errors.ReportNotFound():
            return problem(404, "report-not-found", "There is no report with this id that was added here.")
        case UnusableReport():
            return problem(422, "unusable-report", f"The PDF cannot be used: {refusal}.")
        case errors.ShareRevoked():
            return problem(409, "share-revoked", "A revoked share cannot be changed: create a new one.")
        case errors.ShareStillOpen():
            return problem(409, "share-open", "A share that can be opened must be revoked before it is deleted.")
        case errors.PatientObjects():
            return problem(409, "patient-objects", "The patient objects to sharing, or has withdrawn consent.")
        case errors.KeyReused():
            detail = "This Idempotency-Key was used for another request: choose a new one for each share."
            if refusal.deleted:
                detail = "The share that was made with this Idempotency-Key has been deleted: choose a new key."
            return problem(409, "idempotency-key-reused", detail)
        case errors.MailNotFound():
            return problem(404, "email-not-found", "There is no e-mail with this id.")
        case errors.MailUnchangeable():
            return problem(
                409,
                "email-unchangeable",
                f"The e-mail is {refusal.state}, its message is gone, or its link opens nothing any more.",
            )
        case errors.Busy() | errors.Unavailable():
            answer = problem(503, "busy", "The server is busy: try again in a few seconds.")
            answer.headers["Retry-After"] = "5"
            return answer
        case _:
            return problem(500, "internal", "The request could not be carried out.")


def _shown(name: str) -> str:
    """A field's name as a client gave it, short and printable."""
    return "".join(c if c.isprintable() else "?" for c in name[:50])


def from_validation(fault: ValidationError) -> flask.Response:
    """The problem for a body that is no JSON or does not fit the model."""
    details = fault.errors(include_input=False, include_url=False, include_context=False)
    if details[0]["type"] == "json_invalid":
        return problem(400, "invalid-json", f"The body is not valid JSON in UTF-8. {details[0]['msg']}.")
    faults = [
        Fault(
            field=_shown(".".join(str(part) for part in detail["loc"])) or "body",
            detail="unknown field"
            if detail["type"] == "extra_forbidden"
            else detail["msg"].removeprefix("Value error, "),
        )
        for detail in details
    ]
    return problem(422, "invalid-input", "; ".join(f"{f.field}: {f.detail}" for f in faults) + ".", faults)
