"""A browser as far as the product can tell: it keeps cookies and follows nothing by itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, urlencode

from orthanc_plugin.web.request import Request
from orthanc_plugin.web.wsgi_bridge import Response, call

from .world import World, basic

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Browser:
    """Speaks to the world's web application through the real bridge."""

    world: World
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    peer: str = "192.0.2.7"

    def request(self, method: str, address: str, body: bytes = b"", **headers: str) -> Response:
        """Send a request; underscores in names of headers stand for hyphens."""
        path, _, query = address.partition("?")
        sent = {"host": "127.0.0.1:8042", **self.headers}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body:
            sent.setdefault("content-length", str(len(body)))
        given = dict(parse_qsl(query, keep_blank_values=True))
        answer = call(self.world.app, Request(method, path, given, sent, self.peer, body))
        for value in (value for name, value in answer.headers if name.lower() == "set-cookie"):
            self._keep(value)
        return answer

    def get(self, address: str, **headers: str) -> Response:
        return self.request("GET", address, b"", **headers)

    def post(self, address: str, body: bytes = b"", **headers: str) -> Response:
        return self.request("POST", address, body, **headers)

    def submit(self, address: str, fields: dict[str, str], **headers: str) -> Response:
        """Send a form."""
        return self.post(address, urlencode(fields).encode(), **{"content_type": FORM, **headers})

    def json(self, address: str, value: object, **headers: str) -> Response:
        return self.post(address, json.dumps(value).encode(), **{"content_type": JSON, **headers})

    def log_in(self, code: str, password: str) -> Response:
        return self.submit("/portal/login", {"code": code, "password": password})

    def _keep(self, header: str) -> None:
        for name, morsel in SimpleCookie(header).items():
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value


def stranger(world: World) -> Browser:
    return Browser(world)


def staff(world: World) -> Browser:
    return Browser(world, {"authorization": basic()})


def recipient(world: World) -> Browser:
    """Somebody who has just opened the share of the world's own study."""
    browser = Browser(world)
    new = world.share()
    assert browser.log_in(new.code.grouped, new.password.grouped).status == 303
    return browser
