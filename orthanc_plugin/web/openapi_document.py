"""The OpenAPI document (OpenAPI Specification 3.1), made from the models; docs/openapi.json is its checked-in copy."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from .api_models import CreatedShare, ExtendRequest, Problem, ShareList, ShareRequest, ShareView
from .own_paths import API

_PROBLEMS = {
    400: "The body is not valid JSON in UTF-8.",
    401: "No valid staff credentials.",
    403: "Sent by a page of another site.",
    404: "No such study or share.",
    409: "The accession number is ambiguous, or the share is revoked.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    422: "A field is unknown, missing or out of range.",
    503: "Busy: try again after Retry-After seconds.",
}
_SHARE_ID = {"name": "share_id", "in": "path", "required": True, "schema": {"type": "string"}}


def document() -> dict[str, Any]:
    """The whole document."""
    taken: list[type[BaseModel]] = [ShareRequest, ExtendRequest]
    given: list[type[BaseModel]] = [ShareView, CreatedShare, ShareList, Problem]
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
                "Shares of single studies with patients and referrers. Orthanc labels the body of every answer other "
                "than 200 as text/plain; the header X-Answer-Type then names the true type, and the bodies are JSON."
            ),
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": API}],
        "security": [{"staff": []}],
        "paths": {
            "/shares": {
                "get": _operation("listShares", "List shares, newest first", 200, "ShareList", (401, 422), _filters()),
                "post": _operation(
                    "createShare",
                    "Create a share of one study; code and password are answered here and never again",
                    201,
                    "CreatedShare",
                    (400, 401, 403, 404, 409, 413, 415, 422, 503),
                    body="ShareRequest",
                ),
            },
            "/shares/{share_id}": {
                "get": _operation("getShare", "One share", 200, "ShareView", (401, 404), [_SHARE_ID]),
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
            str(status): _content("Done.", answer, "application/json"),
            **{str(code): _content(_PROBLEMS[code], "Problem", "application/problem+json") for code in problems},
        },
    }
    if parameters:
        operation["parameters"] = parameters
    if body:
        schema = {"$ref": f"#/components/schemas/{body}"}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _content(description: str, model: str, content_type: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model}"}
    return {"description": description, "content": {content_type: {"schema": schema}}}


def _filters() -> list[dict[str, Any]]:
    texts = {
        "state": ({"$ref": "#/components/schemas/ShareState"}, "Only shares in this state."),
        "orthanc_id": ({"type": "string"}, "Only shares of this study."),
        "study_instance_uid": ({"type": "string"}, "Only shares of this study."),
        "limit": ({"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, "Shares per page."),
        "cursor": ({"type": "string"}, "next_cursor of the page before."),
    }
    return [
        {"name": name, "in": "query", "required": False, "schema": schema, "description": text}
        for name, (schema, text) in texts.items()
    ]
