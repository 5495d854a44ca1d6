"""A server with a study to scroll through, and clients that come from whatever address they say."""

from __future__ import annotations

import http.client
import random
import time
from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np

from harness.dicom import Geometry, Study, ct_series
from harness.modality import send
from harness.server import OrthancServer
from orthanc_plugin.domain.credential import CODE_BITS, AccessCode

SLICES = 40
# The server believes this machine's X-Forwarded-For, so that every client can have an address of its own.
BELIEVED = {"PatientShare": {"TrustedProxies": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"]}}
WRONG_PASSWORD = "00000-00000"
SHARES = "/patient-share/api/v1/shares"


@dataclass(frozen=True)
class Share:
    """What a patient has in hand, and what staff call it."""

    id: str
    code: str
    password: str


def store(server: OrthancServer) -> None:
    """A CT of noise with slices of the usual size."""
    noise = np.random.default_rng(1).normal(0, 200, (SLICES, 512, 512))
    if send(ct_series(Study(), 1, "Bench", noise, Geometry()), server.dicom_port).stored != SLICES:
        raise RuntimeError("not all slices were stored")


def new_share(server: OrthancServer) -> Share:
    """One share of the study more."""
    order = {"study_instance_uid": Study().uid, "handout": False}
    made = server.staff_request("POST", SHARES, json=order).json()
    return Share(made["id"], made["access_code"], made["password"])


def unknown_code() -> str:
    """A well-formed code that no share has."""
    return AccessCode.from_number(random.getrandbits(CODE_BITS)).text


def address(number: int) -> str:
    """A client's address; a different one for each number."""
    return f"100.{64 + (number >> 16) % 64}.{(number >> 8) % 256}.{number % 256}"


def log_in(port: int, code: str, password: str, source: str) -> tuple[int, float, str]:
    """Status, seconds until the whole answer was there, and the cookies as a header."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"X-Forwarded-For": source, "Content-Type": "application/x-www-form-urlencoded", "Connection": "close"}
    began = time.perf_counter()
    try:
        connection.request("POST", "/portal/login", urlencode({"code": code, "password": password}), headers)
        answer = connection.getresponse()
        answer.read()
        took = time.perf_counter() - began
        cookies = [line.split(";", 1)[0] for line in answer.headers.get_all("Set-Cookie") or []]
        return answer.status, took, "; ".join(cookies)
    finally:
        connection.close()
