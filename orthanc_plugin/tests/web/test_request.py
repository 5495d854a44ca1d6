from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.web.request import Request, client_address

PROXIES = tuple(ipaddress.ip_network(n) for n in ("10.0.0.0/24", "fd00::/64"))
PROXY = "10.0.0.5"


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        # A stranger may write what he likes.
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("192.0.2.1", "10.0.0.5", "192.0.2.1"),
        (PROXY, "198.51.100.7", "198.51.100.7"),
        (PROXY, "1.1.1.1, 198.51.100.7", "198.51.100.7"),
        (PROXY, "1.1.1.1, 198.51.100.7, 10.0.0.9", "198.51.100.7"),
        (PROXY, "1.1.1.1,  198.51.100.7 ,10.0.0.9", "198.51.100.7"),
        (PROXY, "", PROXY),
        (PROXY, "10.0.0.9", "10.0.0.9"),
        (PROXY, "unknown", PROXY),
        (PROXY, "198.51.100.7, garbage", PROXY),
        (PROXY, "198.51.100.7:1234", PROXY),
        ("fd00::7", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "", "192.0.2.1"),
        ("not an address", "198.51.100.7", "not an address"),
        ("", "", ""),
    ],
)
def test_the_client_is_the_last_hop_that_no_trusted_proxy_wrote(peer: str, forwarded: str, address: str) -> None:
    assert client_address(peer, forwarded, PROXIES) == address


def test_without_trusted_proxies_the_header_is_never_believed() -> None:
    assert client_address(PROXY, "198.51.100.7", ()) == PROXY


@given(st.text(max_size=40) | st.ip_addresses().map(str), st.text(max_size=80))
def test_a_stranger_cannot_choose_the_address_that_is_counted(peer: str, forwarded: str) -> None:
    assert client_address(peer, forwarded, ()) == client_address(peer, "", ())


@given(st.lists(st.ip_addresses().map(str) | st.text(max_size=12), max_size=30))
def test_any_header_from_a_proxy_gives_an_address(hops: list[str]) -> None:
    parsed = client_address(PROXY, ",".join(hops), PROXIES)
    ipaddress.ip_network(parsed)


@given(st.ip_addresses(v=6), st.integers(0, (1 << 64) - 1))
def test_one_customers_ipv6_addresses_count_together(address: ipaddress.IPv6Address, host: int) -> None:
    neighbour = ipaddress.IPv6Address((int(address) >> 64 << 64) | host)
    if address.ipv4_mapped or neighbour.ipv4_mapped:
        return
    assert client_address(str(address), "", ()) == client_address(str(neighbour), "", ())


def cookie(header: str, name: str = "patient-share") -> str:
    return Request("GET", "/", headers={"cookie": header}).cookie(name)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("patient-share=abc", "abc"),
        ("a=1; patient-share=abc; b=2", "abc"),
        ("patient-share2=abc", ""),
        ("xpatient-share=abc", ""),
        ("__Host-patient-share=abc", ""),
        ("a=patient-share", ""),
        ("", ""),
        ("patient-share", ""),
        ("patient-share=", ""),
        ("\ud800=1; patient-share=", ""),
    ],
)
def test_a_cookie_is_found_by_its_exact_name(header: str, value: str) -> None:
    assert cookie(header) == value


@given(st.text(max_size=100))
def test_hostile_cookie_headers_never_raise(text: str) -> None:
    assert isinstance(cookie(f"patient-share={text}"), str)
    assert isinstance(cookie(f"{text}; patient-share=1"), str)


def test_an_overlong_cookie_header_is_not_read() -> None:
    assert cookie("patient-share=abc; x=" + "y" * 10_000) == ""


@pytest.mark.parametrize(
    ("headers", "navigation"),
    [
        ({"sec-fetch-mode": "navigate"}, True),
        ({"sec-fetch-mode": "no-cors", "accept": "text/html"}, False),
        ({"sec-fetch-mode": "cors", "accept": "text/html"}, False),
        ({"accept": "text/html,application/xhtml+xml"}, True),
        ({"accept": "application/json"}, False),
        ({}, False),
    ],
)
def test_a_browser_that_shows_a_page_is_told_from_everything_else(headers: dict[str, str], navigation: bool) -> None:
    assert Request("GET", "/", headers=headers).navigation is navigation
