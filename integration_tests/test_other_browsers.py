"""The patient's way in the engines that Chromium does not reach: Firefox, and WebKit, on which iPhones are built."""

from __future__ import annotations

import pytest

from harness.server import OrthancServer

from .sessions.firefox import Firefox
from .sessions.webkit import WebKit
from .support.practice import Practice
from .support.studies import SLICES, Studies

pytestmark = pytest.mark.one_suite

# W3C WebDriver, section 17.4.2: keys have code points of the private use area.
HOME, DOWN, END = "\ue011", "\ue015", "\ue010"
PICTURE = """
const canvas = document.getElementById('canvas');
const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
const seen = new Set();
for (let at = 0; at < data.length; at += 400) seen.add(data[at]);
return seen.size > 3;
"""


def test_the_whole_way(browser: Firefox | WebKit, server: OrthancServer, practice: Practice, studies: Studies) -> None:
    share = practice.share(studies.a.id)
    browser.goto(share.link)
    browser.wait("return document.querySelector('#code').value !== ''")
    browser.evaluate(
        f"document.querySelector('#password').value = {share.password!r};"
        "document.querySelector('#login button[type=submit]').click()"
    )
    browser.wait("return location.pathname === '/portal/study' && document.readyState === 'complete'")
    assert "Dr. Anna Beispiel" in browser.evaluate("return document.body.innerText")
    browser.goto(f"{server.url}/portal/series/1")
    browser.wait("return Boolean(window.__viewer && window.__viewer.shown > 0)")
    assert browser.evaluate(PICTURE)
    browser.evaluate("document.getElementById('stage').focus()")
    browser.press(HOME)
    browser.wait("return window.__viewer.shown === 1")
    browser.press(DOWN)
    browser.wait("return window.__viewer.shown === 2")
    browser.press(END)
    browser.wait(f"return window.__viewer.shown === {SLICES}")
    # All pictures come, and none is missing.
    browser.wait(f"return window.__viewer.idle && window.__viewer.loaded === {SLICES}")
    assert browser.evaluate("return window.__viewer.failed") == 0
    browser.wait("return document.getElementById('edge-left').textContent === 'R'")
    browser.evaluate("document.getElementById('more-toggle').click(); document.getElementById('play').click()")
    browser.wait("return window.__viewer.playing && window.__viewer.shown > 0 && window.__viewer.index !== 7")
    browser.evaluate("document.querySelector('form.logout button').click()")
    browser.wait("return location.pathname === '/portal' && location.search === '?ended=1'")
    browser.goto(f"{server.url}/portal/study")
    assert "Anna" not in browser.evaluate("return document.body.innerText")
