"""A request as a value, copied out of Orthanc's callback before anything is decided."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..use_cases.authenticate import Network

_LONGEST_COOKIE_HEADER = 8192


@dataclass(frozen=True)
class Request:
    """What Orthanc hands over.

    `path` has been percent-decoded once and normalised by Orthanc's HTTP server; of a repeated query key the last
    value is left, of a repeated header the first. Query values are as Orthanc gives them: version 1.12 leaves them
    percent-encoded, 1.13 decodes them; the product's own parameters therefore use unreserved characters only
    (RFC 3986 section 2.3), which look the same either way. Header names are lower-case. `crowded` is a login that came
    while too many others were being answered: it is sent away unread.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    peer: str = ""
    body: bytes = b""
    crowded: bool = False

    def header(self, name: str) -> str:
        """The value of a header, empty where it is missing."""
        return self.headers.get(name, "")

    def cookie(self, name: str) -> str:
        """The value of a cookie (RFC 6265 section 5.4), empty where it is missing; of a repeated one the first.

        Parsed here, since this runs for every image: the product's own cookies hold no character that would need
        quoting, and somebody else's cookie that cannot be read must not hide ours.
        """
        header = self.headers.get("cookie", "")
        if name not in header or len(header) > _LONGEST_COOKIE_HEADER:
            return ""
        for pair in header.split(";"):
            key, _, value = pair.partition("=")
            if key.strip() == name:
                return value.strip()
        return ""

    @property
    def navigation(self) -> bool:
        """Whether a browser asks for a page to show (Fetch Metadata, or Accept where that is missing)."""
        mode = self.header("sec-fetch-mode")
        return mode == "navigate" if mode else "text/html" in self.header("accept")


def origin_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """Where a request comes from: the last address in X-Forwarded-For that no trusted proxy wrote."""
    address = peer
    for hop in reversed([part.strip() for part in forwarded_for.split(",")[-10:]]):
        if not is_within(address, trusted):
            break
        if not _parse(hop):
            break
        address = hop
    parsed = _parse(address)
    return str(parsed) if parsed else address


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The address that attempts are counted for.

    IPv6 addresses are cut to their /64, since one customer holds at least that many.
    """
    address = origin_address(peer, forwarded_for, trusted)
    parsed = _parse(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A server that listens on both families sees IPv4 clients as ::ffff:a.b.c.d.
    return getattr(parsed, "ipv4_mapped", None) or parsed


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Whether the address lies in one of the networks; False for what is no address."""
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in networks)
