"""The practice and its recipients, as programs that talk HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from harness.server import OrthancServer

SHARES = "/patient-share/api/v1/shares"


@dataclass(frozen=True)
class Share:
    """What staff get when they create a share."""

    id: str
    link: str
    code: str
    password: str
    handout: str
    study_id: str


@dataclass(frozen=True)
class Practice:
    """Staff at work through the REST API."""

    server: OrthancServer

    def api(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.server.staff_request(method, path, **options)

    def share(self, study_id: str, **wanted: Any) -> Share:
        answer = self.api("POST", SHARES, json={"orthanc_id": study_id, **wanted})
        assert answer.status_code == 201, answer.text
        found = answer.json()
        return Share(
            found["id"], found["link"], found["access_code"], found["password"], found["handout_html"], study_id
        )

    def revoke(self, share: Share) -> None:
        assert self.api("POST", f"{SHARES}/{share.id}/revoke").status_code == 200

    def login(self, share: Share) -> Recipient:
        recipient = Recipient(self.server.url)
        answer = recipient.post("/portal/login", data={"code": share.code, "password": share.password})
        assert answer.status_code == 303, (answer.status_code, answer.text[:300])
        assert answer.headers["Location"] == "/portal/study"
        return recipient


class Recipient:
    """Somebody with a cookie jar; redirects are not followed, so that statuses can be seen."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.http.get(self.url + path, allow_redirects=False, **{"timeout": 30, **options})

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.http.post(self.url + path, allow_redirects=False, timeout=30, **options)

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.http.request(method, self.url + path, allow_redirects=False, timeout=30, **options)
