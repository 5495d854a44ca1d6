"""No page for patients has a barrier that axe-core finds (WCAG 2.2 A and AA, and good practice)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from harness.server import OrthancServer

from .support.axe import violations
from .support.practice import Practice
from .support.studies import Studies
from .test_portal_in_a_browser import DESKTOP, NARROW, open_link, open_viewer

pytestmark = pytest.mark.one_suite


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", ["narrow", "desktop"])
def test_pages_for_patients_have_no_barriers(
    chromium: Browser, server: OrthancServer, practice: Practice, studies: Studies, screen: str, scheme: str
) -> None:
    shape = {"narrow": NARROW, "desktop": DESKTOP}[screen]
    context = chromium.new_context(**shape, locale="de-DE", color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    found: dict[str, list[str]] = {}
    share = practice.share(studies.a.id)
    page = context.new_page()
    page.goto(f"{server.url}/portal")
    found["start"] = violations(page)
    for address in ("help", "help/report", "legal/cookies"):
        page.goto(f"{server.url}/portal/{address}")
        found[address] = violations(page)
    page.goto(f"{server.url}/portal")
    page.fill("#code", share.code)
    page.fill("#password", "00000-00000")
    page.locator("button[type=submit]").click()
    page.wait_for_selector("[role=alert]:visible")
    found["wrong password"] = violations(page)
    page.close()
    page = open_link(context, share)
    found["study"] = violations(page)
    page.goto(f"{server.url}/portal/openings")
    found["openings"] = violations(page)
    page.goto(f"{server.url}/portal/download")
    found["download"] = violations(page)
    page.fill("#password", "äöüäöüäöüä")
    page.click("form[action='/portal/download'] button")
    page.wait_for_selector("[role=alert]:visible")
    found["download, unusable password"] = violations(page)
    page.goto(f"{server.url}/portal/series/99")
    found["not found"] = violations(page)
    open_viewer(page, server.url)
    found["viewer"] = violations(page)
    page.click("#tone-toggle")
    found["brightness"] = violations(page)
    page.click("#more-toggle")
    page.click("#measure")
    found["more tools"] = violations(page)
    page.click("#about-open")
    found["about"] = violations(page)
    page.goto(f"{server.url}/portal/full-viewer/1")
    found["full viewer"] = violations(page)
    page.goto(f"{server.url}/portal/compare/1/2")
    found["two series"] = violations(page)
    context.close()
    assert {name: barriers for name, barriers in found.items() if barriers} == {}
