"""What is written of each request to the product's own routes: enough to follow a fault, nothing of a person.

The route stands there as the table of routes has it ("/portal/series/<int:ordinal>"), never the address itself:
somebody may type an access code behind "/portal/".
"""

from __future__ import annotations

import re
import secrets
import time

import flask

from ..domain.principal import Principal, Recipient, Staff
from ..use_cases.authenticate import Network
from .request import Request, is_within

HEADER = "X-Request-Id"
_FROM_PROXY = re.compile(r"[0-9A-Za-z-]{8,64}")


def identify(request: Request, trusted: tuple[Network, ...]) -> str:
    """The number by which the reverse proxy's log names the request, else one of our own."""
    given = request.header(HEADER.lower())
    if is_within(request.peer, trusted) and _FROM_PROXY.fullmatch(given):
        return given
    return secrets.token_hex(8)


def begin(request: Request, trusted: tuple[Network, ...]) -> None:
    """Note when the request came, and its number."""
    flask.g.begun, flask.g.request_id = time.perf_counter(), identify(request, trusted)


def number() -> str:
    """The number of the request in hand; empty before it has one."""
    return str(flask.g.get("request_id", ""))


def entry(answer: flask.Response, now: float) -> dict[str, str | int]:
    """One line about the answer to the request in hand. `now` is in seconds since 1970 (UTC)."""
    rule = flask.request.url_rule
    begun = flask.g.get("begun")
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
        "request": number(),
        "who": _who(flask.g.get("principal")),
        "method": flask.request.method if rule else "(other)",
        "route": rule.rule if rule else "(other)",
        "status": answer.status_code,
        "milliseconds": 0 if begun is None else round((time.perf_counter() - begun) * 1000),
    }


def _who(principal: Principal | None) -> str:
    if isinstance(principal, Staff):
        return "staff"
    return "recipient" if isinstance(principal, Recipient) else "stranger"
