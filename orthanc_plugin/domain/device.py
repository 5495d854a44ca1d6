"""What kind of device a browser says it runs on, as coarsely as people remember their own."""

from __future__ import annotations

import re
from enum import StrEnum

_LONGEST = 512
_TABLET = re.compile(r"ipad|tablet|kindle|silk/|playbook", re.ASCII)
_COMPUTER = re.compile(r"windows nt|macintosh|x11|cros |linux", re.ASCII)


class Device(StrEnum):
    """A kind of device. Tablets that pretend to be computers count as computers."""

    PHONE = "phone"
    TABLET = "tablet"
    COMPUTER = "computer"
    UNKNOWN = "unknown"


def device(user_agent: str) -> Device:
    """The kind of device that a User-Agent names (RFC 9110 section 10.1.5); whatever it holds, one of four words."""
    text = user_agent[:_LONGEST].lower()
    if _TABLET.search(text) or ("android" in text and "mobile" not in text):
        return Device.TABLET
    if "mobi" in text or "iphone" in text:
        return Device.PHONE
    return Device.COMPUTER if _COMPUTER.search(text) else Device.UNKNOWN
