"""`make screenshots`: the pages of docs/portal.md, taken from a real server in Chromium, to be looked at."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from harness import image
from harness.demo_study import demo_study
from harness.dicom import Study
from harness.modality import send
from harness.server import OrthancServer
from integration_tests.support.browsers import CHROMIUM

IMAGES = Path(__file__).parent / "images"
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1366, "height": 768}}
PRACTICE = {
    "Name": "Radiologie am Markt",
    "Address": ["Markt 1", "12345 Musterstadt"],
    "Telephone": "030 1234567",
    "Email": "praxis@radiologie.example",
}
CONFIGURATION = {
    "PatientShare": {
        "Practice": PRACTICE,
        "Contact": {"To": "praxis@radiologie.example"},
        "Email": {"Server": "127.0.0.1", "Security": "none", "From": "portal@radiologie.example"},
    }
}
_GAP = 16


def pages(context: BrowserContext, server: OrthancServer, share: dict[str, Any]) -> Iterator[Page]:
    """A recipient's way, page by page."""
    page = context.new_page()
    page.goto(share["link"])
    page.wait_for_function("() => document.querySelector('#code').value !== ''")
    page.fill("#password", share["password"])
    yield page
    page.press("#password", "Enter")
    page.wait_for_url("**/portal/study")
    page.wait_for_load_state("networkidle")
    yield page
    page.goto(f"{server.url}/portal/series/2")
    page.wait_for_function("() => window.__viewer && window.__viewer.shown > 0 && window.__viewer.idle")
    yield page
    for address in ("/portal/download", "/portal/help", "/portal/help/how-to-get-in", "/portal/contact"):
        page.goto(server.url + address)
        yield page


def strip(pictures: list[Image.Image]) -> Image.Image:
    """Side by side."""
    width = sum(picture.width for picture in pictures) + _GAP * (len(pictures) - 1)
    whole = Image.new("RGB", (width, max(picture.height for picture in pictures)), "white")
    place = 0
    for picture in pictures:
        whole.paste(picture, (place, 0))
        place += picture.width + _GAP
    return whole


def take(browser: Browser, server: OrthancServer, study: str) -> None:
    """Write the strips: phone and desktop, German and English."""
    for language in ("de", "en"):
        for name, shape in (("phone", PHONE), ("desktop", DESKTOP)):
            share = server.staff_request(
                "POST", "/patient-share/api/v1/shares", json={"orthanc_id": study, "language": language}
            ).json()
            context = browser.new_context(**shape, locale={"de": "de-DE", "en": "en-GB"}[language])  # type: ignore[arg-type]
            taken = [Image.open(io.BytesIO(page.screenshot())).convert("RGB") for page in pages(context, server, share)]
            context.close()
            if name == "desktop":
                taken = [picture.resize((683, 384), Image.Resampling.LANCZOS) for picture in taken[:4]]
            whole = strip(taken[:4])
            # A palette is plenty for pages of few colours, and keeps the repository small.
            whole.quantize(96, dither=Image.Dither.NONE).save(IMAGES / f"{name}-{language}.png", optimize=True)
            if name == "phone":
                strip(taken[4:]).quantize(32, dither=Image.Dither.NONE).save(
                    IMAGES / f"help-{language}.png", optimize=True
                )


def main() -> None:
    """Start a server with the demo study, and take them all."""
    server = OrthancServer(image.ensure("trixie"), CONFIGURATION)
    with server, sync_playwright() as playwright:
        server.wait_ready()
        send(demo_study(Study()), server.dicom_port)
        found = server.staff_request("POST", "/tools/lookup", data=Study().uid).json()
        study = next(entry["ID"] for entry in found if entry["Type"] == "Study")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        take(browser, server, study)
        browser.close()


if __name__ == "__main__":
    main()
