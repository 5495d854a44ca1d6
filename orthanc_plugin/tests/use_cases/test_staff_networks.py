"""Staff credentials count only where the practice allows."""

from __future__ import annotations

import ipaddress

import pytest

from orthanc_plugin.use_cases.authenticate import StaffUsers

from ..support.world import basic

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
