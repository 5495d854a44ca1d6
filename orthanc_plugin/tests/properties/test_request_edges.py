"""The edges of what is read out of a request: the last value that counts, and the first that does not."""

from __future__ import annotations

import ipaddress
from dataclasses import FrozenInstanceError

import pytest

from orthanc_plugin.web.request import Request, client_address

PROXIES = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


def cookie(header: str) -> str:
    return Request("GET", "/", headers={"cookie": header}).cookie("patient-share")


def test_a_request_holds_nothing_that_was_not_given_and_cannot_be_changed() -> None:
    request = Request("GET", "/")
    assert (dict(request.query), dict(request.headers), request.peer, request.body) == ({}, {}, "", b"")
    assert (request.header("host"), request.cookie("patient-share"), request.navigation) == ("", "", False)
    with pytest.raises(FrozenInstanceError):
        request.method = "DELETE"  # type: ignore[misc]


@pytest.mark.parametrize(("length", "value"), [(8191, "abc"), (8192, "abc"), (8193, ""), (100_000, "")])
def test_a_cookie_header_is_read_up_to_its_longest(length: int, value: str) -> None:
    assert cookie("patient-share=abc; x=".ljust(length, "y")) == value


def test_of_a_repeated_cookie_the_first_counts_and_one_that_only_looks_alike_never() -> None:
    assert cookie("patient-share=first; patient-share=second") == "first"
    assert cookie("patient-share2=x; xpatient-share=y; a=patient-share; patient-share=ours=1") == "ours=1"
    assert cookie("Patient-Share=x; patient-share =  spaced  ;b=1") == "spaced"


@pytest.mark.parametrize(("hops", "address"), [(8, "198.51.100.7"), (9, "198.51.100.7"), (10, "10.0.0.10")])
def test_ten_hops_are_followed_and_no_more(hops: int, address: str) -> None:
    chain = ", ".join(["198.51.100.7", *(f"10.0.0.{hops - place}" for place in range(hops))])
    assert client_address("10.0.0.99", chain, PROXIES) == address


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.1", "192.0.2.1, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "192.0.2.1,, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "192.0.2.1; 10.0.0.2", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("fd00::1", "2001:db8::1:2:3:4", "2001:db8::/64"),
        ("2001:db8:0:1::1", "198.51.100.7", "2001:db8:0:1::/64"),
        ("unix", "198.51.100.7", "unix"),
    ],
)
def test_whose_address_counts(peer: str, forwarded: str, address: str) -> None:
    assert client_address(peer, forwarded, PROXIES) == address
