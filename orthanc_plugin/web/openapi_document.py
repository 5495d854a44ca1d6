"""The OpenAPI document (OpenAPI Specification 3.1), made from the models; docs/openapi.json is its checked-in copy."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ..use_cases.create_once import LONGEST_KEY
from .api_models import (
    ExtendRequest,
    LettersRequest,
    PatientRequest,
    Problem,
    ReissueRequest,
    ReportRequest,
    ShareRequest,
)
from .audit_api import DEFAULT_PAGE, FILTERS, LARGEST_EXPORT, LARGEST_PAGE
from .audit_models import AuditList, AuditVerification
from .mail_views import EmailList
from .own_paths import API
from .report_api import ReportList, ReportView
from .share_views import AlreadyCreated, CreatedShare, ObjectionView, ReissuedPassword, ShareList, ShareView, Withdrawal

_PROBLEMS = {
    400: "The body is not valid JSON in UTF-8, or Orthanc cannot read the request as HTTP.",
    401: "No valid staff credentials.",
    403: "Sent by a page of another site, or to an address with characters that no address of this API holds.",
    404: "No such study, share, report, e-mail or objection.",
    409: "The accession number is ambiguous, the patient objects, the Idempotency-Key was used for another request, or "
    "the state of the share or e-mail does not allow it.",
    413: "The body is too large.",
    415: "The body is not application/json, or not application/pdf where that is asked for.",
    422: "A field is unknown, missing or out of range, or the PDF cannot be used.",
    503: "Busy: try again after Retry-After seconds.",
}
# What each request may meet, whatever it asks for.
_ALWAYS = (400, 401, 403, 503)
_SHARE_ID = {"name": "share_id", "in": "path", "required": True, "schema": {"type": "string"}}


def document() -> dict[str, Any]:
    """The whole document."""
    taken: list[type[BaseModel]] = [
        ShareRequest,
        ExtendRequest,
        ReissueRequest,
        ReportRequest,
        LettersRequest,
        PatientRequest,
    ]
    given: list[type[BaseModel]] = [
        ShareView,
        CreatedShare,
        AlreadyCreated,
        ReissuedPassword,
        ShareList,
        ObjectionView,
        Withdrawal,
        AuditList,
        AuditVerification,
        EmailList,
        ReportView,
        ReportList,
        Problem,
    ]
    _, definitions = models_json_schema(
        [*((model, "validation") for model in taken), *((model, "serialization") for model in given)],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Orthanc Patient Share: staff API",
            "version": "1",
            "description": (
                "Shares of studies with patients and referrers. Orthanc labels the body of every answer other "
                "than 200 as text/plain; the header X-Answer-Type then names the true type, and the bodies are JSON."
            ),
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": API}],
        "security": [{"staff": []}],
        "paths": {
            "/shares": {
                "get": _operation("listShares", "List shares, newest first", 200, "ShareList", (401, 422), _filters()),
                "post": _creation(),
            },
            "/shares/{share_id}": {
                "get": _operation("getShare", "One share", 200, "ShareView", (401, 404), [_SHARE_ID]),
                "delete": _operation(
                    "deleteShare",
                    "Remove a share that opens no more; the study stays",
                    204,
                    "",
                    (401, 403, 404, 409),
                    [_SHARE_ID],
                ),
            },
            "/shares/{share_id}/extend": {
                "post": _operation(
                    "extendShare",
                    "Move the end of a share; an expired one opens again",
                    200,
                    "ShareView",
                    (400, 401, 403, 404, 409, 413, 415, 422),
                    [_SHARE_ID],
                    body="ExtendRequest",
                ),
            },
            "/shares/{share_id}/revoke": {
                "post": _operation(
                    "revokeShare",
                    "Revoke a share for good; its sessions end at once",
                    200,
                    "ShareView",
                    (401, 403, 404),
                    [_SHARE_ID],
                ),
            },
            **_changes(),
            "/letters": {"post": _letters()},
            **_reports(),
            **_emails(),
            **_objections(),
            "/audit": {
                "get": _operation(
                    "listAudit",
                    "Entries of the audit log, newest first; reading is recorded",
                    200,
                    "AuditList",
                    (401, 422, 503),
                    _audit_filters(DEFAULT_PAGE, LARGEST_PAGE),
                ),
            },
            "/audit/export": {"get": _export()},
            "/audit/verify": {
                "get": _operation(
                    "verifyAudit",
                    "Look at every entry: none changed, removed, inserted or moved",
                    200,
                    "AuditVerification",
                    (401, 422, 503),
                    [_parameter("expect", {"type": "string"}, "SEQ:MAC that was noted elsewhere and must still hold.")],
                ),
            },
        },
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {
                "staff": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "A user of Orthanc's RegisteredUsers.",
                }
            },
        },
    }


def _creation() -> dict[str, Any]:
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
        "description": "A text of your own, for example a UUID, that is new for each share. A request that is sent "
        "again with it within two days makes no second share.",
    }
    operation = _operation(
        "createShare",
        "Create a share; code and password are answered here and never again",
        201,
        "CreatedShare",
        (400, 401, 403, 404, 409, 413, 415, 422, 503),
        [key],
        body="ShareRequest",
    )
    repeated = _content("The first request with this Idempotency-Key made it.", "AlreadyCreated", "application/json")
    operation["responses"] = {"200": repeated, **operation["responses"]}
    return operation


def _changes() -> dict[str, Any]:
    plain = (401, 403, 404, 409)
    with_body = (400, 401, 403, 404, 409, 413, 415, 422, 503)
    table = (
        ("pause", "pauseShare", "Close a share for the time being", "ShareView", plain, None),
        ("resume", "resumeShare", "Open a paused share again", "ShareView", plain, None),
        (
            "report",
            "timeReport",
            "Change when the recipient may read the report",
            "ShareView",
            with_body,
            "ReportRequest",
        ),
        ("reissue", "reissuePassword", "Mint a new password", "ReissuedPassword", with_body, "ReissueRequest"),
        ("consent", "recordConsent", "Note that consent is on file", "ShareView", (401, 403, 404), None),
        (
            "withdraw-consent",
            "withdrawConsent",
            "Revoke all shares of the patient, and refuse further ones",
            "Withdrawal",
            (401, 403, 404),
            None,
        ),
    )
    return {
        f"/shares/{{share_id}}/{verb}": {"post": _operation(name, text, 200, answer, problems, [_SHARE_ID], body=body)}
        for verb, name, text, answer, problems, body in table
    }


def _letters() -> dict[str, Any]:
    operation = _operation(
        "printLetters",
        "Letters of several shares as one PDF (A4, a page each); printing is recorded",
        200,
        "Problem",
        (400, 401, 403, 404, 413, 415, 422, 503),
        body="LettersRequest",
    )
    operation["responses"]["200"] = {
        "description": "The document.",
        "content": {"application/pdf": {"schema": {"type": "string", "contentMediaType": "application/pdf"}}},
    }
    return operation


def _reports() -> dict[str, Any]:
    study_id = {"name": "study_id", "in": "path", "required": True, "schema": {"type": "string"}}
    report_id = {"name": "report_id", "in": "path", "required": True, "schema": {"type": "string"}}
    add = _operation(
        "addReport",
        "Keep a report (PDF) with a study; who may read it, and when, is a matter of each share",
        201,
        "ReportView",
        (404, 413, 415, 422),
        [study_id],
    )
    pdf = {"schema": {"type": "string", "contentMediaType": "application/pdf"}}
    add["requestBody"] = {"required": True, "content": {"application/pdf": pdf}}
    removal = "Take out a report that was added here, for good"
    return {
        "/studies/{study_id}/reports": {
            "get": _operation(
                "listReports", "Reports that were added to a study, oldest first", 200, "ReportList", (), [study_id]
            ),
            "post": add,
        },
        "/reports/{report_id}": {"delete": _operation("removeReport", removal, 204, "", (404,), [report_id])},
    }


def _emails() -> dict[str, Any]:
    email_id = {"name": "email_id", "in": "path", "required": True, "schema": {"type": "string"}}
    retry = "Send once more what was refused, has failed or is unclear"
    cancel = "Give up an e-mail that has not left"
    problems = (401, 403, 404, 409)
    return {
        "/shares/{share_id}/emails": {
            "get": _operation(
                "listEmails", "The e-mails of a share, newest first", 200, "EmailList", (401, 404), [_SHARE_ID]
            )
        },
        "/emails/{email_id}/retry": {
            "post": _operation("retryEmail", retry, 200, "EmailView", problems, [email_id]),
        },
        "/emails/{email_id}/cancel": {
            "post": _operation("cancelEmail", cancel, 200, "EmailView", problems, [email_id]),
        },
    }


def _objections() -> dict[str, Any]:
    problems = (400, 401, 403, 413, 415, 422)
    table = (
        ("", "objectToSharing", "Register a patient who objects; their shares are revoked", 200, "Withdrawal"),
        ("/check", "checkObjection", "Whether a patient is in the register", 200, "ObjectionView"),
        ("/remove", "removeObjection", "Take a patient out of the register", 204, ""),
    )
    return {
        f"/objections{path}": {
            "post": _operation(
                name, text, status, answer, problems if answer else (*problems, 404), body="PatientRequest"
            )
        }
        for path, name, text, status, answer in table
    }


def as_json() -> str:
    """The document as it is served and checked in."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _operation(
    name: str,
    summary: str,
    status: int,
    answer: str,
    problems: tuple[int, ...],
    parameters: list[dict[str, Any]] | None = None,
    body: str | None = None,
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "responses": {
            str(status): _content("Done.", answer, "application/json") if answer else {"description": "Done."},
            **{
                str(code): _content(_PROBLEMS[code], "Problem", "application/problem+json")
                for code in sorted({*_ALWAYS, *problems})
            },
        },
    }
    if parameters:
        operation["parameters"] = parameters
    if body:
        schema = {"$ref": f"#/components/schemas/{body}"}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _export() -> dict[str, Any]:
    operation = _operation(
        "exportAudit",
        "Entries of the audit log, oldest first, as JSON lines; exporting is recorded",
        200,
        "AuditList",
        (401, 422, 503),
        _audit_filters(LARGEST_EXPORT, LARGEST_EXPORT),
    )
    operation["responses"]["200"] = {
        "description": "One object a line: `entry`, exactly as it was sealed, `key_version`, `mac`, `previous`, `seq`.",
        "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
        "headers": {
            "X-Next-Cursor": {
                "description": "Pass it as `cursor` for what follows; missing at the end.",
                "schema": {"type": "string"},
            }
        },
    }
    return operation


def _parameter(name: str, schema: dict[str, Any], text: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": text}


def _audit_filters(default: int, largest: int) -> list[dict[str, Any]]:
    texts: dict[str, tuple[dict[str, Any], str]] = {
        "share_id": ({"type": "string"}, "Only this share."),
        "study_instance_uid": ({"type": "string"}, "Only this study."),
        "action": ({"$ref": "#/components/schemas/Action"}, "Only this action."),
        "event": ({"type": "string"}, "Only this EventID, for example 110114."),
        "who": ({"type": "string"}, "`staff:` and the user, `recipient:` and the id of the share, or `system`."),
        "outcome": ({"type": "integer", "enum": [0, 4, 8, 12]}, "Only this EventOutcomeIndicator."),
        "since": ({"type": "string"}, "From this date or date and time on, for example 2026-06-10T12:00:00Z."),
        "until": ({"type": "string"}, "Before this date, or date and time."),
    }
    limit = {"type": "integer", "minimum": 1, "maximum": largest, "default": default}
    return [
        *(_parameter(name, *texts[name]) for name in FILTERS),
        _parameter("limit", limit, "Entries per answer."),
        _parameter("cursor", {"type": "string"}, "Next cursor of the answer before."),
    ]


def _content(description: str, model: str, content_type: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model}"}
    return {"description": description, "content": {content_type: {"schema": schema}}}


def _filters() -> list[dict[str, Any]]:
    texts: dict[str, tuple[dict[str, Any], str]] = {
        "state": ({"$ref": "#/components/schemas/ShareState"}, "Only shares in this state."),
        "orthanc_id": ({"type": "string"}, "Only shares of this study."),
        "study_instance_uid": ({"type": "string"}, "Only shares of this study."),
        "opened": ({"type": "boolean"}, "Only shares that were opened, or never."),
        "limit": ({"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, "Shares per page."),
        "cursor": ({"type": "string"}, "next_cursor of the page before."),
    }
    return [_parameter(name, schema, text) for name, (schema, text) in texts.items()]
