from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.domain.device import Device, device

MOZILLA = "Mozilla/5.0 "
KNOWN = {
    MOZILLA
    + "(iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Version/17.4 Mobile/15E148": Device.PHONE,
    MOZILLA + "(Linux; Android 10; K) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36": Device.PHONE,
    MOZILLA + "(Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0": Device.PHONE,
    MOZILLA + "(iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148": Device.TABLET,
    MOZILLA + "(Linux; Android 10; K) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36": Device.TABLET,
    MOZILLA + "(Android 14; Tablet; rv:127.0) Gecko/127.0 Firefox/127.0": Device.TABLET,
    MOZILLA + "(Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36": Device.COMPUTER,
    MOZILLA + "(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.4 Safari": Device.COMPUTER,
    MOZILLA + "(X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0": Device.COMPUTER,
    MOZILLA + "(X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/126.0.0.0": Device.COMPUTER,
    "curl/8.5.0": Device.UNKNOWN,
    "": Device.UNKNOWN,
}


@pytest.mark.parametrize("agent", KNOWN)
def test_the_kind_of_device(agent: str) -> None:
    assert device(agent) is KNOWN[agent]


@given(st.text(max_size=2000))
def test_whatever_the_browser_sends_is_one_of_four_words(agent: str) -> None:
    assert device(agent) in Device
