"""Staff credentials count only where the practice allows."""

from __future__ import annotations

import ipaddress

import pytest

from orthanc_plugin.use_cases.authenticate import StaffUsers
from orthanc_plugin.web.request import Request
from orthanc_plugin.web.wsgi_bridge import call

from ..support.world import STAFF_PASSWORD, STAFF_USER, basic, build_world

INSIDE = (ipaddress.ip_network("192.168.0.0/16"), ipaddress.ip_network("fd00::/8"))


@pytest.mark.parametrize("address", ["192.168.3.4", "fd00::1"])
def test_inside_the_networks_credentials_count(address: str) -> None:
    users = StaffUsers({"reception": "secret"}, INSIDE)
    assert users.user(basic("reception", "secret"), address) == "reception"
    assert users.user(basic("reception", "wrong"), address) is None


@pytest.mark.parametrize("address", ["10.0.0.1", "fe80::1", "", "unknown", "192.168.0.0/16"])
def test_outside_the_networks_they_do_not(address: str) -> None:
    assert StaffUsers({"reception": "secret"}, INSIDE).user(basic("reception", "secret"), address) is None


def test_without_networks_every_address_will_do() -> None:
    assert StaffUsers({"reception": "secret"}).user(basic("reception", "secret"), "") == "reception"


@pytest.mark.parametrize(("peer", "status"), [("fd00::1:2:3:4", 200), ("192.168.1.1", 200), ("2001:db8::1", 401)])
def test_staff_are_known_by_their_whole_address_and_not_by_what_attempts_are_counted_for(
    peer: str, status: int
) -> None:
    world = build_world()
    world.services.authenticator.staff = StaffUsers({STAFF_USER: STAFF_PASSWORD}, INSIDE)
    headers = {"authorization": basic(), "host": "x"}
    assert world.gate.decision(Request("GET", "/studies", {}, headers, peer)).allowed is (status == 200)
    asked = Request("GET", "/patient-share/api/v1/shares", {}, headers, peer)
    assert call(world.app, asked).status == status
