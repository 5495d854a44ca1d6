"""The pictures that a patient takes home: pages from a disk, in three browsers, without any server."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from harness.dicom import Geometry, Study, ct_series
from harness.modality import send
from harness.server import OrthancServer

from .sessions.firefox import Firefox
from .sessions.webkit import WebKit
from .support.practice import Practice
from .support.studies import SLICES, Studies, stored
from .test_portal_in_a_browser import DESKTOP, PHONE, SAMPLE, likeness, on_canvas
from .test_reports import PATIENT, PDF, pdf, report, sent

pytestmark = pytest.mark.one_suite


@pytest.fixture(scope="module")
def copy(server: OrthancServer, studies: Studies, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a patient unpacks it."""
    practice = Practice(server)
    recipient = practice.login(practice.share(studies.a.id))
    answer = recipient.get("/portal/download/pictures.zip", headers={"Accept-Language": "de"})
    assert answer.status_code == 200 and int(answer.headers["Content-Length"]) == len(answer.content)
    folder = tmp_path_factory.mktemp("copy")
    (folder / "Bilder.zip").write_bytes(answer.content)
    subprocess.run(["unzip", "-q", "Bilder.zip"], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_it_opens_from_the_disk(chromium: Browser, copy: Path, screenshots: Path, screen: str) -> None:
    context = chromium.new_context(**{"phone": PHONE, "desktop": DESKTOP}[screen])  # type: ignore[arg-type]
    faults: list[str] = []
    asked: list[str] = []
    context.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.goto(f"file://{copy}/index.html")
    page.wait_for_load_state("load")
    page.screenshot(path=str(screenshots / f"copy-{screen}-1-index.png"))
    page.click(".series a >> nth=0")
    page.wait_for_function("() => window.__viewer && window.__viewer.shown > 0")
    page.screenshot(path=str(screenshots / f"copy-{screen}-2-viewer.png"))
    page.focus("#stage")
    page.keyboard.press("Home")
    page.wait_for_function("() => window.__viewer.shown === 1")
    first = np.asarray(Image.open(copy / "Bilder/01/Bild-0001.jpg").convert("L").resize(SAMPLE), float)
    assert likeness(on_canvas(page), first) > 0.98
    for place in range(2, SLICES + 1):
        page.keyboard.press("ArrowDown")
        page.wait_for_function("place => window.__viewer.shown === place", arg=place)
    before = on_canvas(page).mean()
    page.click("#tone-toggle")
    page.fill("#brightness", "60")
    page.wait_for_function("() => window.__viewer.window")
    assert on_canvas(page).mean() > before + 5
    page.click("#more-toggle")
    page.click("#measure")
    assert "Linie" in page.inner_text("#notice")
    assert page.inner_text("#edge-left") == "R"
    page.click("a.back")
    page.wait_for_url("**/index.html")
    assert not faults and all(url.startswith(("file:", "blob:", "data:")) for url in asked)
    context.close()


def test_it_opens_in_the_other_browsers(browser: Firefox | WebKit, copy: Path) -> None:
    browser.goto(f"file://{copy}/viewer/series-01.html")
    browser.wait("return Boolean(window.__viewer && window.__viewer.shown > 0)")
    browser.evaluate("document.getElementById('slider').value = 1;"
                     "document.getElementById('slider').dispatchEvent(new Event('input'))")  # fmt: skip
    browser.wait("return window.__viewer.shown === 1")
    browser.wait(f"return window.__viewer.idle && window.__viewer.loaded === {SLICES}")
    assert browser.evaluate("return window.__viewer.failed") == 0
    assert browser.evaluate("return document.getElementById('canvas').width > 100")


def test_a_report_lies_beside_the_pictures_once_it_is_shown(server: OrthancServer, tmp_path: Path) -> None:
    practice, study = Practice(server), Study(PATIENT, "ACC-COPY", "CT")
    send(ct_series(study, 1, "Axial", np.zeros((2, 64, 64)), Geometry()), server.dicom_port)
    document = {"EncapsulatedDocument": pdf(), "MIMETypeOfEncapsulatedDocument": "application/pdf"}
    sent(practice, report(study, PDF, "DOC", **document))
    for wanted, present in (("at-once", True), ("hold", False)):
        recipient = practice.login(practice.share(stored(server, study.uid).id, report=wanted))
        (tmp_path / "all.zip").write_bytes(recipient.get("/portal/download/everything.zip").content)
        listed = subprocess.run(["unzip", "-Z1", "all.zip"], cwd=tmp_path, check=True, capture_output=True, text=True)
        names = set(listed.stdout.split())
        assert ("report-1.pdf" in names or "Befund-1.pdf" in names) is present, names
        assert {"DICOMDIR", "index.html", "viewer/viewer.js"} <= names
