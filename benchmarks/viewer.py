"""`make bench-viewer`: the patient viewer beside Orthanc Web Viewer and OHIF; same server, same CT, same browser.

The phone is Chromium's own emulation: four times slower CPU and the line that its developer tools call "Fast 4G"
(9 Mbit/s down, 1.5 Mbit/s up, each times 0.9; 60 ms times 2.75 for each request). Times begin when the password is
submitted; the series is opened as soon as the overview is there. Requests of workers are neither slowed down nor
counted.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import ohif
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

from harness import head_phantom, image
from harness.dicom import Geometry, Patient, Study, Volume, ct_series
from harness.modality import send
from harness.server import File, OrthancServer
from integration_tests.support.browsers import CHROMIUM
from integration_tests.support.practice import Practice, Share

SLICES, EDGE = 200, 512
STEPS, EVERY_MS = 198, 50
LATE_MS = 33.4
BUILD = Path(__file__).parent.parent / "build"
SCRIPT = (Path(__file__).parent / "viewer_page.js").read_text()
LIMIT = 240.0
VIEWERS = {
    "this": ("/portal/series/1", r"/portal/series/1/(?:images|batch)/"),
    "Orthanc Web Viewer": ("/portal/full-viewer/1/orthanc-web-viewer", r"/web-viewer/instances/"),
    "OHIF": ("/portal/full-viewer/1/ohif", r"/instances/[^/]+/file"),
}
SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1366, "height": 768}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 3,
        "has_touch": True,
        "is_mobile": True,
    },
}
# Chromium's front_end/core/sdk/NetworkManager.ts, "Fast 4G": bytes a second, milliseconds.
FAST_4G = {"downloadThroughput": 9e6 / 8 * 0.9, "uploadThroughput": 1.5e6 / 8 * 0.9, "latency": 60 * 2.75}
SLOWER_CPU = 4


@dataclass(frozen=True)
class Result:
    """One run: seconds, bytes; None where it did not come to that. `late` and `missed` are parts of one."""

    first_s: float | None
    first_bytes: float | None
    all_s: float | None
    all_bytes: float | None
    change_p95_ms: float | None
    late: float | None
    missed: float | None


class Line:
    """What goes over the line, as the browser itself counts it, and how slow the line and the processor are."""

    def __init__(self, page: Page, pictures: str, phone: bool) -> None:
        self.bytes = 0.0
        self.busy = 0
        self.pictures: set[str] = set()
        self.last = time.monotonic()
        self._names: dict[str, str] = {}
        self._kind = re.compile(pictures)
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.dataReceived", self._received)
        session.on("Network.loadingFinished", self._finished)
        if phone:
            session.send("Network.emulateNetworkConditions", {"offline": False, **FAST_4G})
            session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_CPU})

    def _sent(self, event: dict[str, Any]) -> None:
        self._names[event["requestId"]] = event["request"]["url"]

    def _received(self, event: dict[str, Any]) -> None:
        self.bytes += event["encodedDataLength"]

    def _finished(self, event: dict[str, Any]) -> None:
        name = self._names.get(event["requestId"], "")
        if self._kind.search(name):
            self.pictures.add(name)
            self.last = time.monotonic()


def measure(browser: Browser, share: Share, viewer: str, screen: str) -> Result:
    """Log in, open the viewer, wait for everything, scroll."""
    address, pictures = VIEWERS[viewer]
    context = browser.new_context(**SCREENS[screen], locale="de-DE")
    marks: dict[str, tuple[float, float]] = {}
    page = context.new_page()
    line = Line(page, pictures, screen == "phone")

    def mark(_source: Any, name: str, at: float) -> None:
        marks.setdefault(name, (at, line.bytes))

    context.expose_binding("__mark", mark)
    context.add_init_script(SCRIPT.replace("NEXT", json.dumps(address)))
    try:
        page.goto(share.link)
        page.wait_for_function("() => document.querySelector('#code').value !== ''")
        page.fill("#password", share.password)
        page.wait_for_load_state("networkidle")
        line.bytes, begun = 0.0, float(page.evaluate("Date.now()"))
        page.press("#password", "Enter", no_wait_after=True)
        until(page, lambda: "first" in marks)
        if "first" not in marks:
            return Result(None, None, None, None, None, None, None)
        first, first_bytes = marks["first"]
        all_at = wait_for_all(page, line, viewer)
        all_bytes = line.bytes if all_at else None
        page.wait_for_timeout(1500)
        found = scroll(page)
        changes = found["changes"] if found else []
        return Result(
            (first - begun) / 1000,
            first_bytes,
            (all_at * 1000 - begun) / 1000 if all_at else None,
            all_bytes,
            float(np.percentile(changes, 95)) if changes else None,
            sum(gap > LATE_MS for gap in found["gaps"]) / len(found["gaps"]) if found else None,
            found["missed"] / STEPS if found else None,
        )
    finally:
        context.close()


def until(page: Page, happened: Any) -> None:
    """Wait within the limit; the browser's events come in meanwhile."""
    deadline = time.monotonic() + LIMIT
    while not happened() and time.monotonic() < deadline:
        page.wait_for_timeout(50)


def wait_for_all(page: Page, line: Line, viewer: str) -> float | None:
    """When all images were there (seconds since 1970), or None where the viewer does not fetch them by itself."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if viewer == "this":
            if page.evaluate(f"() => !!window.__viewer && window.__viewer.loaded === {SLICES}"):
                return time.time()
        elif len(line.pictures) >= SLICES:
            return time.time()
        elif line.pictures and time.monotonic() - line.last > 20:
            return None
        page.wait_for_timeout(50)
    return None


def scroll(page: Page) -> dict[str, Any] | None:
    """Turn pages in whichever frame holds the picture."""
    for frame in reversed(page.frames):
        try:
            found: dict[str, Any] = frame.evaluate(f"() => window.__scroll({STEPS}, {EVERY_MS})")
            return found
        except BrowserError:
            continue
    return None


def volume() -> Volume:
    """A head of 200 slices; computed once, kept in build/."""
    kept = BUILD / "bench-head-2.npy"
    if not kept.exists():
        BUILD.mkdir(exist_ok=True)
        head = head_phantom.scanned(head_phantom.head(SLICES, EDGE // 2, 230.0, 0.8))
        fine = np.repeat(np.repeat(head, 2, axis=1), 2, axis=2)
        # What a scanner's noise looks like after its reconstruction; without it pictures would compress too well.
        noise = np.random.default_rng(3).normal(0, 1, fine.shape).astype("f4")
        noise = sum(np.roll(noise, shift, axis=(1, 2)) for shift in ((0, 0), (0, 1), (1, 0), (1, 1)))
        whole = fine + 3 * noise
        # In the middle, where pages are told apart, no two slices may look alike: above the head all of them are black.
        middle, size = EDGE // 2, 32
        marks = np.random.default_rng(4).integers(0, 80, (SLICES, 4, 4))
        tiles = np.repeat(np.repeat(marks, size // 4, axis=1), size // 4, axis=2)
        whole[:, middle - size // 2 : middle + size // 2, middle - size // 2 : middle + size // 2] = tiles
        np.save(kept, whole.astype("<i2"))
    loaded: Volume = np.load(kept)
    return loaded


def ohif_files() -> dict[str, File]:
    """OHIF as `make ohif` installs it."""
    folder = BUILD / "ohif"
    if not (folder / ohif.MANIFEST).exists():
        ohif.install(folder)
    return {f"/opt/ohif/{path.relative_to(folder)}": File(path.read_bytes()) for path in folder.rglob("*.*")}


def middle(results: list[Result]) -> dict[str, float | None]:
    """Medians of each figure; None where most runs did not come to it."""
    row: dict[str, float | None] = {}
    for name in asdict(results[0]):
        values = [value for one in results if (value := asdict(one)[name]) is not None]
        row[name] = statistics.median(values) if 2 * len(values) > len(results) else None
    return row


def show(screen: str, rows: dict[str, dict[str, float | None]]) -> None:
    """One table a screen."""

    def text(value: float | None, scale: float, form: str) -> str:
        return "-" if value is None else format(value / scale, form)

    heads = ("viewer", "first image s", "KB until then", f"all {SLICES} s", "MB", "p95 change ms", "late frames %")
    print(f"\n{screen}\n| {' | '.join((*heads, 'missed %'))} |")
    print("|---|---|---|---|---|---|---|---|")
    for viewer, row in rows.items():
        cells = (
            text(row["first_s"], 1, ".2f"),
            text(row["first_bytes"], 1000, ".0f"),
            text(row["all_s"], 1, ".1f"),
            text(row["all_bytes"], 1e6, ".1f"),
            text(row["change_p95_ms"], 1, ".0f"),
            text(row["late"], 0.01, ".0f"),
            text(row["missed"], 0.01, ".0f"),
        )
        print(f"| {viewer} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Measure what the command line names; the report is also left in build/bench-viewer.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewer", default="all", choices=("this", "all"))
    parser.add_argument("--screens", nargs="+", default=list(SCREENS), choices=SCREENS)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    viewers = ["this"] if wanted.viewer == "this" else list(VIEWERS)
    native = {"OrthancWebViewer": True, "Ohif": "OHIF" in viewers}
    files = ohif_files() if "OHIF" in viewers else {}
    built = image.ensure("trixie")
    report: dict[str, Any] = {}
    with OrthancServer(built, {"PatientShare": {"Viewers": native}}, files=files) as server, sync_playwright() as play:
        server.wait_ready()
        study = Study(Patient(id="BENCH", name="Bench^B"), "ACC-BENCH", "CT")
        sent = send(ct_series(study, 1, "Kopf", volume(), Geometry(), [(40, 80)]), server.dicom_port)
        if sent.stored != SLICES:
            raise RuntimeError(f"only {sent.stored} of {SLICES} slices were stored")
        practice = Practice(server)
        (study_id,) = server.staff_request("GET", "/studies").json()
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for screen in wanted.screens:
            results: dict[str, list[Result]] = {viewer: [] for viewer in viewers}
            for _ in range(wanted.rounds):
                for viewer in viewers:
                    results[viewer].append(measure(browser, practice.share(study_id), viewer, screen))
                    print(screen, viewer, results[viewer][-1], flush=True)
            report[screen] = {viewer: middle(found) for viewer, found in results.items()}
            show(screen, report[screen])
        browser.close()
    (BUILD / "bench-viewer.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
