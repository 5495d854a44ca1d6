"""What tests of the staff API share."""

from __future__ import annotations

import json
from typing import Any

from orthanc_plugin.web.wsgi_bridge import Response

from .browser import Browser

SHARES = "/patient-share/api/v1/shares"


def body(answer: Response) -> dict[str, Any]:
    found = json.loads(answer.body)
    assert isinstance(found, dict)
    return found


def problem(answer: Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status == status, answer.body
    assert answer.header("content-type") == "application/problem+json"
    found = body(answer)
    assert (found["status"], found["code"]) == (status, code)
    assert found["title"]
    assert found["detail"].endswith(".")
    assert len(found["detail"]) < 500
    return found


def created(office: Browser, **wanted: Any) -> dict[str, Any]:
    answer = office.json(SHARES, {"orthanc_id": office.world.mine.id, **wanted})
    assert answer.status == 201, answer.body
    return body(answer)
