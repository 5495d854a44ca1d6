"""Roles of an instance, and networks from which staff may come."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from harness.server import OrthancServer

from .support.practice import SHARES, Practice, Recipient
from .support.studies import make_studies

BELOW_THE_PORTAL = ("/portal", "/portal/study", "/portal/login", "/portal/static/x/portal.css")
FOR_STAFF = ("/patient-share", SHARES, "/patient-share/api/v1/openapi.json")


@pytest.fixture(scope="module")
def portal(orthanc_image: str) -> Iterator[OrthancServer]:
    with OrthancServer(orthanc_image, {"PatientShare": {"Role": "portal"}}) as server:
        server.wait_ready()
        yield server


def test_a_portal_accepts_no_staff_credential_at_all(portal: OrthancServer) -> None:
    for path in ("/system", "/studies", "/tools", "/app/explorer.html", *FOR_STAFF):
        assert portal.staff_request("GET", path).status_code == 403, path
    assert portal.staff_request("POST", SHARES, json={"accession_number": "A"}).status_code == 403
    stranger = Recipient(portal.url)
    assert stranger.get("/portal").status_code == 200
    assert stranger.get("/").headers["Location"] == "/portal"
    assert portal.health().code == 0, portal.health().log


def test_an_instance_for_staff_has_no_portal_and_knows_no_recipients(orthanc_image: str) -> None:
    with OrthancServer(orthanc_image, {"PatientShare": {"Role": "staff"}}) as server:
        server.wait_ready()
        practice, studies = Practice(server), make_studies(server)
        share = practice.share(studies.a.id)
        assert server.health().code == 0, server.health().log
        stranger = Recipient(server.url)
        for path in BELOW_THE_PORTAL:
            assert stranger.get(path).status_code == 403, path
        login = stranger.post("/portal/login", data={"code": share.code, "password": share.password})
        assert login.status_code == 403
        assert stranger.get("/").headers["Location"] == "/patient-share"
        assert practice.api("GET", "/studies").status_code == 200
        page = practice.api("GET", "/patient-share").text
        files = re.findall(r'(?:href|src)="(/[^"]+/static/[^"]+)"', page)
        assert len(files) > 2 and 'href="/portal"' not in page
        assert {practice.api("GET", path).status_code for path in files} == {200}


def test_staff_credentials_count_only_from_the_networks_of_the_practice(orthanc_image: str) -> None:
    elsewhere = {"PatientShare": {"StaffNetworks": ["192.0.2.0/24"]}}
    with OrthancServer(orthanc_image, elsewhere) as server:
        server.wait_ready()
        assert server.staff_request("GET", "/system").status_code == 403
        assert server.staff_request("GET", SHARES).status_code == 401
        forged = {"X-Forwarded-For": "192.0.2.7"}
        assert server.staff_request("GET", "/system", headers=forged).status_code == 403
    here = {"PatientShare": {"StaffNetworks": ["192.0.2.0/24", "10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12"]}}
    with OrthancServer(orthanc_image, here) as server:
        server.wait_ready()
        assert server.staff_request("GET", "/system").status_code == 200
