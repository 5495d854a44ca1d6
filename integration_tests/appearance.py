"""`make appearance`: every page of the portal in three browsers, to be looked at.

German and English on phone and desktop in each browser; the other languages, and the staff's pages, in Chromium.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from docs.screenshots import CONFIGURATION
from harness import image
from harness.demo_study import demo_study
from harness.dicom import Study
from harness.modality import send
from harness.server import OrthancServer

from .sessions.firefox import Firefox
from .sessions.webkit import WebKit
from .support.browsers import CHROMIUM, FIREFOX
from .support.practice import Practice

FOLDER = Path(__file__).parent.parent / "build" / "appearance"
HIGHEST, WIDEST, GAP = 1700, 2900, 8
SHAPES = {"phone": (390, 844), "narrow": (320, 640), "desktop": (1366, 768)}
DRAFTS = ("ar", "de-simple", "fr", "pl", "ru", "tr", "uk")
BEFORE = {
    "start": "/portal",
    "ended": "/portal?ended=1",
    "unknown": "/portal/nothing",
    "help": "/portal/help",
    "help-page": "/portal/help/it-does-not-work",
    "contact": "/portal/contact",
    "cookies": "/portal/legal/cookies",
}
INSIDE = {
    "study": "/portal/study",
    "viewer": "/portal/series/2",
    "compare": "/portal/compare/1/2",
    "download": "/portal/download",
    "openings": "/portal/openings",
}
OF_STAFF = {
    "staff-home": "/patient-share",
    "staff-shares": "/patient-share/shares",
    "staff-help": "/patient-share/help",
    "staff-preview": "/patient-share/preview",
    "staff-letter": "/patient-share/preview/letter",
}
SHOWN = "return !document.querySelector('#viewer') || Boolean(window.__viewer && window.__viewer.idle)"


class Driven(Protocol):
    """A browser, whichever it is."""

    name: str

    def goto(self, url: str) -> None: ...
    def evaluate(self, script: str) -> Any: ...
    def wait(self, script: str, seconds: float = 30) -> None: ...
    def resize(self, width: int, height: int) -> None: ...
    def screenshot(self) -> bytes: ...


class Chromium:
    """The same for Playwright's page."""

    name = "Chromium"

    def __init__(self, page: Page) -> None:
        self.page = page

    def goto(self, url: str) -> None:
        self.page.goto(url)

    def evaluate(self, script: str) -> Any:
        return self.page.evaluate(f"() => {{ {script} }}")

    def wait(self, script: str, seconds: float = 30) -> None:
        self.page.wait_for_function(f"() => {{ {script} }}", timeout=seconds * 1000)

    def resize(self, width: int, height: int) -> None:
        self.page.set_viewport_size({"width": width, "height": height})

    def screenshot(self) -> bytes:
        return self.page.screenshot(full_page=True)


class Tour:
    """Goes through the pages and keeps a picture of each; `faults` says which were wider than their window."""

    def __init__(self, server: OrthancServer, study: str) -> None:
        self.server, self.study = server, study
        self.faults: list[str] = []

    def walk(self, browser: Driven, code: str, shape: str) -> None:
        """All pages of a patient in one language and size."""
        share = Practice(self.server).share(self.study)
        browser.goto(f"{self.server.url}/portal")
        browser.resize(*SHAPES[shape])
        keep = self._keeper(browser, code, shape)
        browser.evaluate(f"document.querySelector('.languages button[value=\"{code}\"]').click()")
        browser.wait(f"return document.documentElement.lang === {code!r} && document.readyState === 'complete'")
        for name, path in BEFORE.items():
            browser.goto(self.server.url + path)
            keep(name)
        for name, password in (("wrong", "00000-00000"), ("", share.password)):
            browser.goto(f"{self.server.url}/portal")
            browser.evaluate(
                f"document.querySelector('#code').value = {share.code!r};"
                f"document.querySelector('#password').value = {password!r};"
                "document.querySelector('#login button[type=submit]').click()"
            )
            if name:
                browser.wait("return Boolean(document.querySelector('#error')) && document.readyState === 'complete'")
                keep(name)
            else:
                browser.wait("return location.pathname === '/portal/study' && document.readyState === 'complete'")
        for name, path in INSIDE.items():
            browser.goto(self.server.url + path)
            browser.wait(SHOWN)
            keep(name)
        browser.evaluate("document.querySelector('form.logout button').click()")
        browser.wait("return location.search === '?ended=1'")

    def staff(self, browser: Chromium, code: str) -> None:
        """The staff's pages."""
        browser.goto(f"{self.server.url}/patient-share")
        keep = self._keeper(browser, code, "desktop")
        for name, path in OF_STAFF.items():
            browser.goto(self.server.url + path)
            keep(name)

    def _keeper(self, browser: Driven, code: str, shape: str) -> Callable[[str], None]:
        folder = FOLDER / browser.name / f"{shape}-{code}"
        folder.mkdir(parents=True, exist_ok=True)

        def keep(name: str) -> None:
            try:
                (folder / f"{name}.png").write_bytes(browser.screenshot())
            except TimeoutError as fault:
                self.faults.append(f"{folder.relative_to(FOLDER)}/{name}: {fault}")
            wider = browser.evaluate(
                "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if wider > 0:
                self.faults.append(f"{folder.relative_to(FOLDER)}/{name}: {wider} pixels too wide")

        return keep


def sheet(folder: Path) -> None:
    """All pictures of a folder in rows, each at most as high as two windows."""
    pictures = [Image.open(path).convert("RGB") for path in sorted(folder.glob("*.png"))]
    cut = [picture.crop((0, 0, picture.width, min(picture.height, HIGHEST))) for picture in pictures]
    row = max(1, WIDEST // (max(picture.width for picture in cut) + GAP))
    rows = [cut[start : start + row] for start in range(0, len(cut), row)]
    heights = [max(picture.height for picture in line) + GAP for line in rows]
    width = max(sum(picture.width + GAP for picture in line) for line in rows)
    whole, top = Image.new("RGB", (width, sum(heights)), "#888"), 0
    for line, height in zip(rows, heights, strict=True):
        left = 0
        for picture in line:
            whole.paste(picture, (left, top))
            left += picture.width + GAP
        top += height
    whole.save(folder.with_suffix(".png"))


def main(suite: str) -> int:
    """Take them all; answers 1 where a page is wider than its window."""
    with OrthancServer(image.ensure(suite), CONFIGURATION) as server, sync_playwright() as playwright:
        server.wait_ready()
        send(demo_study(Study()), server.dicom_port)
        found = server.staff_request("POST", "/tools/lookup", data=Study().uid).json()
        tour = Tour(server, next(entry["ID"] for entry in found if entry["Type"] == "Study"))
        user, password = next(iter(server.staff.items()))
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for code in ("de", "en", *DRAFTS):
            for shape in ("phone", "desktop") if code in ("de", "en") else ("narrow",):
                context = chromium.new_context(has_touch=shape != "desktop", is_mobile=False)
                tour.walk(Chromium(context.new_page()), code, shape)
                context.close()
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        for code in ("de", "en"):
            headers = {"Authorization": f"Basic {token}"}
            context = chromium.new_context(
                extra_http_headers=headers, locale=code, viewport={"width": 1366, "height": 768}
            )
            tour.staff(Chromium(context.new_page()), code)
            context.close()
        chromium.close()
        for make in (_firefox, WebKit):
            browser = make()
            try:
                for code in ("de", "en"):
                    for shape in ("phone", "desktop"):
                        tour.walk(browser, code, shape)
            finally:
                browser.quit()
    for folder in sorted(path for path in FOLDER.glob("*/*") if path.is_dir()):
        sheet(folder)
    print("\n".join(tour.faults) or "no page is wider than its window")
    return 1 if tour.faults else 0


def _firefox() -> Firefox:
    return Firefox(FIREFOX, Path(tempfile.mkdtemp()) / "profile")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "trixie"))
