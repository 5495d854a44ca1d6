"""A real study, as a scanner made it: stored over DICOM, shared and scrolled through."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.modality import Sent, send
from harness.server import OrthancServer

from .support.practice import Practice
from .support.studies import stored

# How pixels are decoded by each release is what test_viewer_files.py looks at.
pytestmark = pytest.mark.one_suite


@pytest.fixture(scope="module")
def sent(real_study_folder: Path, server: OrthancServer) -> Iterator[Sent]:
    yield send(real_study_folder, server.dicom_port)


def test_every_image_of_a_real_study_is_shown(
    chromium: Browser, practice: Practice, server: OrthancServer, sent: Sent, screenshots: Path
) -> None:
    assert not sent.failed and sent.stored > 0
    (uid,) = sent.studies
    share = practice.share(stored(server, uid).id)
    page = chromium.new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="de-DE")
    page.goto(share.link)
    page.fill("#password", share.password)
    page.press("#password", "Enter")
    page.wait_for_url("**/portal/study")
    page.screenshot(path=str(screenshots / "real-study-phone.png"))
    page.goto(f"{server.url}/portal/series/1")
    page.wait_for_function("() => window.__viewer && window.__viewer.shown")
    count = page.evaluate("window.__viewer.count")
    assert count == sent.stored
    page.screenshot(path=str(screenshots / "real-viewer-phone.png"))
    page.focus("#stage")
    page.keyboard.press("Home")
    for place in range(1, count + 1):
        page.wait_for_function("place => window.__viewer.shown === place", arg=place, timeout=15_000)
        page.keyboard.press("ArrowDown")
    page.close()
