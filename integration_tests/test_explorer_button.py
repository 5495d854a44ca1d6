"""The button on the study page of Orthanc Explorer, in a real Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.server import OrthancServer

from .support.studies import Studies


@pytest.mark.parametrize(("locale", "words"), [("de-DE", "Für Patienten freigeben"), ("en-GB", "Share with patient")])
def test_the_button_leads_to_the_form_of_this_study(
    chromium: Browser, server: OrthancServer, studies: Studies, screenshots: Path, locale: str, words: str
) -> None:
    ((user, password),) = server.staff.items()
    context = chromium.new_context(
        viewport={"width": 1366, "height": 768},
        locale=locale,
        http_credentials={"username": user, "password": password},
    )
    page = context.new_page()
    # Chromium sends the password along only where it was asked for it.
    page.goto(f"{server.url}/patient-share")
    page.goto(f"{server.url}/app/explorer.html#study?uuid={studies.a.id}")
    button = page.locator("#patient-share")
    button.wait_for()
    assert button.count() == 1 and words in button.inner_text()
    page.screenshot(path=str(screenshots / f"explorer-button-{locale[:2]}.png"))
    button.click()
    page.wait_for_url(f"**/patient-share/share?study={studies.a.id}")
    assert "Anna Beispiel" in page.inner_text("main")
    context.close()
