"""The native viewers on a real Orthanc: what they show, what they ask for, and what they are refused."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import ohif
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, RLELossless, UltrasoundMultiFrameImageStorage

from harness.dicom import Geometry, Patient, Study, ct_series
from harness.modality import send
from harness.server import File, OrthancServer

from .support.practice import Practice, Recipient, Share
from .support.studies import Stored, Studies, make_studies, stored

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1366, "height": 768}}
SAMPLE = (48, 48)
VIEWERS = {"OrthancWebViewer": True, "Ohif": True, "StoneWebViewer": True}


@pytest.fixture(scope="module")
def ohif_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, File]:
    folder = tmp_path_factory.mktemp("ohif") / "installed"
    try:
        ohif.install(folder)
    except ohif.InstallError as fault:
        pytest.skip(f"OHIF could not be installed, since the npm registry cannot be reached: {fault}")
    return {f"/opt/ohif/{path.relative_to(folder)}": File(path.read_bytes()) for path in folder.rglob("*.*")}


@pytest.fixture(scope="module")
def server(orthanc_image: str, ohif_files: dict[str, File]) -> Iterator[OrthancServer]:
    with OrthancServer(orthanc_image, {"PatientShare": {"Viewers": VIEWERS}}, files=ohif_files) as running:
        yield running.wait_ready()


@pytest.fixture(scope="module")
def studies(server: OrthancServer) -> Studies:
    return make_studies(server)


@pytest.fixture(scope="module")
def practice(server: OrthancServer) -> Practice:
    return Practice(server)


@pytest.fixture(scope="module")
def recipient(practice: Practice, studies: Studies) -> Recipient:
    return practice.login(practice.share(studies.a.id))


class Watched:
    """A browser window that notes what a patient should never see and what should never leave the server."""

    def __init__(self, chromium: Browser, server: OrthancServer, share: Share, **screen: Any) -> None:
        self.context: BrowserContext = chromium.new_context(**screen)
        self.faults: list[str] = []
        self.outside: list[str] = []
        self.refused: list[str] = []
        self.asked: list[str] = []
        self.url = server.url
        self.context.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        self.context.on("weberror", lambda error: self.faults.append(str(error.error)))
        self.context.on("request", lambda request: self._asked(request.url))
        self.context.on("response", lambda answer: self.refused.append(answer.url) if answer.status >= 400 else None)
        self.page: Page = self.context.new_page()
        self.page.goto(share.link)
        self.page.wait_for_function("() => document.querySelector('#code').value !== ''")
        self.page.fill("#password", share.password)
        self.page.press("#password", "Enter")
        self.page.wait_for_url("**/portal/study")

    def _asked(self, url: str) -> None:
        if url.startswith(self.url):
            self.asked.append(url.removeprefix(self.url))
        elif not url.startswith(("blob:", "data:")):
            self.outside.append(url)

    def open_ohif(self, ordinal: int = 1) -> np.ndarray[Any, Any]:
        """Open the viewer and wait for a picture; answers the picture's middle square."""
        self.page.goto(f"{self.url}/portal/full-viewer/{ordinal}/ohif")
        canvas = self.page.frame_locator("#frame").locator("canvas").first
        canvas.wait_for(timeout=60_000)
        for _ in range(60):
            shown = _square(canvas.screenshot())
            if shown.std() > 10:
                return shown
            self.page.wait_for_timeout(250)
        raise AssertionError("no picture")

    def quiet(self) -> bool:
        return (self.faults, self.outside, self.refused) == ([], [], [])


def _square(png: bytes) -> np.ndarray[Any, Any]:
    picture = Image.open(io.BytesIO(png)).convert("L")
    edge = min(picture.size)
    left, top = (picture.width - edge) // 2, (picture.height - edge) // 2
    return np.asarray(picture.crop((left, top, left + edge, top + edge)).resize(SAMPLE), float)


def likeness(server: OrthancServer, study: Stored, shown: np.ndarray[Any, Any], series: int = 0) -> float:
    """How alike the picture is to the most similar image of a series, as Orthanc itself renders it."""
    slices = server.staff_request("GET", f"/series/{study.series[series]}/ordered-slices").json()["Slices"]
    best = -1.0
    for path in slices:
        picture = server.staff_request("GET", f"{path}/rendered", headers={"Accept": "image/png"})
        one = np.asarray(Image.open(io.BytesIO(picture.content)).convert("L").resize(SAMPLE), float)
        best = max(best, float(np.corrcoef(one.ravel(), shown.ravel())[0, 1]))
    return best


def test_the_start_says_which_viewers_were_found(server: OrthancServer, studies: Studies) -> None:
    log = server.logs()
    assert "besides the patient viewer: Orthanc Web Viewer, OHIF Viewer\n" in log
    assert "Stone Web Viewer is enabled, but not offered: Orthanc has not loaded the plugin stone-webviewer" in log


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_ohif_shows_the_shared_study_and_asks_for_nothing_else(
    chromium: Browser, server: OrthancServer, practice: Practice, studies: Studies, screenshots: Path, screen: str
) -> None:
    share = practice.share(studies.a.id)
    window = Watched(chromium, server, share, locale="de-DE", **(DESKTOP if screen == "desktop" else PHONE))
    shown = window.open_ohif()
    window.page.wait_for_load_state("networkidle")
    window.page.screenshot(path=str(screenshots / f"ohif-{screen}.png"))
    assert likeness(server, studies.a, shown) > 0.97
    assert likeness(server, studies.b, shown) < 0.6
    assert likeness(server, studies.c, shown) < 0.6
    assert window.quiet(), (window.faults, window.outside, window.refused)
    native = {path for path in window.asked if not path.startswith("/portal")}
    assert native <= {f"/instances/{instance}/file" for instance in studies.a.instances}
    window.context.close()


def test_ohif_turns_the_pages_with_the_wheel(
    chromium: Browser, server: OrthancServer, practice: Practice, studies: Studies
) -> None:
    window = Watched(chromium, server, practice.share(studies.a.id), **DESKTOP)
    before = window.open_ohif()
    canvas = window.page.frame_locator("#frame").locator("canvas").first
    canvas.hover()
    for _ in range(3):
        window.page.mouse.wheel(0, 120)
        window.page.wait_for_timeout(300)
    after = _square(canvas.screenshot())
    assert np.abs(after - before).max() > 30
    assert likeness(server, studies.a, after) > 0.97
    assert window.quiet(), (window.faults, window.outside, window.refused)
    window.context.close()


@pytest.mark.parametrize("syntax", ["JPEG", "JPEG 2000", "RLE"])
def test_ohif_decodes_compressed_images_itself(
    chromium: Browser, server: OrthancServer, practice: Practice, syntax: str
) -> None:
    study = _compressed(server, syntax)
    window = Watched(chromium, server, practice.share(study.id), **DESKTOP)
    shown = window.open_ohif()
    assert likeness(server, study, shown) > 0.97
    assert window.quiet(), (window.faults, window.outside, window.refused)
    window.context.close()


def test_ohif_shows_the_frames_of_one_instance(chromium: Browser, server: OrthancServer, practice: Practice) -> None:
    study = _multi_frame(server)
    window = Watched(chromium, server, practice.share(study.id), **DESKTOP)
    window.open_ohif()
    canvas = window.page.frame_locator("#frame").locator("canvas").first
    canvas.hover()
    seen = []
    # It opens on the middle one.
    for turn in (-120, 120, 120):
        window.page.mouse.wheel(0, turn)
        window.page.wait_for_timeout(500)
        seen.append(_square(canvas.screenshot()))
    (file,) = {path for path in window.asked if path.startswith("/instances/")}
    assert file == f"/instances/{study.instances[0]}/file"
    for place, shown in enumerate(seen):
        alike = [float(np.corrcoef(_frame(one, 48).ravel(), shown.ravel())[0, 1]) for one in range(3)]
        assert alike[place] > 0.9 and max(alike[:place] + alike[place + 1 :]) < 0.5
    assert window.quiet(), (window.faults, window.outside, window.refused)
    window.context.close()


def _frame(place: int, edge: int) -> np.ndarray[Any, Any]:
    """A bright bar in another third of each frame."""
    x = np.broadcast_to(np.arange(edge), (edge, edge))
    return np.where(x * 3 // edge == place, 220, 20).astype("u1")


def _multi_frame(server: OrthancServer) -> Stored:
    study = Study(Patient(id="TEST-Y", name="Film^Y"), "ACC-FILM", "US")
    (image,) = ct_series(study, 1, "Film", np.zeros((1, 96, 96)), Geometry(), ((128, 256),))
    image.Modality, image.NumberOfFrames, image.FrameTime = "US", 3, "40"
    image.BitsAllocated, image.BitsStored, image.HighBit, image.RescaleIntercept = 8, 8, 7, "0"
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = UltrasoundMultiFrameImageStorage
    image.FrameIncrementPointer = 0x00181063
    # Neither a place nor a window, as ultrasound comes.
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID", "SliceThickness"):
        delattr(image, name)
    del image.WindowCenter, image.WindowWidth
    image.PixelData = np.stack([_frame(place, 96) for place in range(3)]).tobytes()
    image["PixelData"].VR = "OB"
    assert send([image], server.dicom_port).stored == 1
    return stored(server, study.uid)


def _compressed(server: OrthancServer, syntax: str) -> Stored:
    y, x = np.mgrid[:64, :64]
    study = Study(Patient(id="TEST-Z", name="Gepackt^Z"), f"ACC-{syntax}", syntax)
    images = ct_series(study, 1, "Axial", np.stack([np.where(x > y, 150.0, -150.0)] * 3), Geometry(), ((40, 400),))
    for image in images:
        _compress(image, syntax)
    assert send(images, server.dicom_port).stored == 3
    return stored(server, study.uid)


def _compress(image: Dataset, syntax: str) -> None:
    if syntax == "RLE":
        image.compress(RLELossless, generate_instance_uid=False)
        return
    packed = io.BytesIO()
    if syntax == "JPEG":
        grey = np.where(image.pixel_array > 1024, 220, 40).astype("u1")
        Image.fromarray(grey).save(packed, "JPEG", quality=95)
        image.BitsAllocated, image.BitsStored, image.HighBit = 8, 8, 7
        image.RescaleIntercept, image.WindowCenter, image.WindowWidth = "0", "128", "256"
    else:
        Image.fromarray(image.pixel_array.astype("<u2")).save(packed, "JPEG2000", no_jp2=True, irreversible=False)
    image.PixelData = encapsulate([packed.getvalue()])
    image["PixelData"].is_undefined_length = True
    image.file_meta.TransferSyntaxUID = JPEGBaseline8Bit if syntax == "JPEG" else JPEG2000Lossless


def test_what_another_document_says_is_not_shown(
    chromium: Browser, server: OrthancServer, practice: Practice, studies: Studies, screenshots: Path
) -> None:
    """A document that names the images of another study: every one of them is refused."""
    window = Watched(chromium, server, practice.share(studies.a.id), **DESKTOP)
    theirs = practice.login(practice.share(studies.b.id)).get("/portal/series/1/ohif.json")

    def swap(route: Route) -> None:
        route.fulfill(status=200, content_type="application/json", body=theirs.content)

    window.context.route(f"{server.url}/portal/series/1/ohif.json", swap)
    window.page.goto(f"{server.url}/portal/full-viewer/1/ohif")
    window.page.wait_for_timeout(8000)
    shown = _square(window.page.locator("#frame").screenshot())
    window.page.screenshot(path=str(screenshots / "ohif-other-document.png"))
    assert likeness(server, studies.b, shown) < 0.6
    images = [url for url in window.refused if "/instances/" in url]
    assert images
    assert not any(f"/instances/{i}/file" in path for i in studies.a.instances for path in window.asked)
    window.context.close()


def test_the_document_holds_one_series_of_the_share(recipient: Recipient, studies: Studies) -> None:
    for ordinal in (1, 2):
        answer = recipient.get(f"/portal/series/{ordinal}/ohif.json")
        assert answer.status_code == 200
        (study,) = answer.json()["studies"]
        (series,) = study["series"]
        assert study["StudyInstanceUID"] == studies.a.uid
        assert series["SeriesInstanceUID"] == studies.a.series_uids[ordinal - 1]
        for instance in series["instances"]:
            identifier = instance["url"].removeprefix("dicomweb:/instances/").removesuffix("/file")
            assert identifier in studies.a.instances
    for path in ("/portal/series/3/ohif.json", "/portal/series/0/ohif.json", "/portal/series/1/ohif.json/x"):
        assert recipient.get(path).status_code == 404


def test_series_left_out_are_in_no_document(practice: Practice, studies: Studies) -> None:
    share = practice.share(studies.a.id, exclude_series=[studies.a.series_uids[0]])
    recipient = practice.login(share)
    document = recipient.get("/portal/series/1/ohif.json").json()
    assert document["studies"][0]["series"][0]["SeriesInstanceUID"] == studies.a.series_uids[1]
    assert recipient.get("/portal/series/2/ohif.json").status_code == 404
    shown = {instance["url"] for instance in document["studies"][0]["series"][0]["instances"]}
    for instance in studies.a.instances:
        expected = 200 if f"dicomweb:/instances/{instance}/file" in shown else 403
        assert recipient.get(f"/instances/{instance}/file").status_code == expected


def test_ohif_is_for_recipients_alone(server: OrthancServer, recipient: Recipient) -> None:
    page = _entry(recipient)
    for path in (page, page.replace("/basic?", "/index.html?"), "/portal/series/1/ohif.json"):
        assert server.request("GET", path).status_code == 403
        assert server.staff_request("GET", path).status_code == 403
    assert recipient.get(page).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda page: page.replace("/portal/series/1/ohif.json", "https://other.example/x.json"),
        lambda page: page.replace("/portal/series/1/ohif.json", "//other.example/portal/series/1/ohif.json"),
        lambda page: page.replace("/portal/series/1/ohif.json", "/studies"),
        lambda page: page + "&customization=x",
        lambda page: page + "&StudyInstanceUIDs=1.2",
        lambda page: page.split("?")[0],
        lambda page: page.replace("/basic", "/viewer"),
        lambda page: page.replace("/basic", "/../../patient-share"),
        lambda page: page.replace("/portal/ohif/", "/portal/ohif/0"),
    ],
)
def test_the_page_opens_only_with_a_document_of_the_share(recipient: Recipient, change: Any) -> None:
    assert recipient.get(change(_entry(recipient))).status_code in (401, 403, 404)


def test_files_are_compressed_kept_and_bound_to_this_origin(recipient: Recipient) -> None:
    page = recipient.get(_entry(recipient))
    policy = page.headers["Content-Security-Policy"]
    assert "connect-src 'self' blob: data:" in policy and "frame-ancestors 'self'" in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    program = page.text.split('<script defer src="')[1].split('"')[0]
    packed = recipient.get(program, headers={"Accept-Encoding": "gzip"}, stream=True)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert len(packed.raw.read()) < 4_000_000
    plain = recipient.get(program, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers and len(plain.content) > 10_000_000
    assert recipient.get(program + "x").status_code == 404
    assert recipient.get(program.rsplit("/", 1)[0] + "/patient-share.json").status_code == 404


def test_the_page_of_one_viewer_links_to_the_other(recipient: Recipient) -> None:
    first = recipient.get("/portal/full-viewer/1").text
    assert "/web-viewer/app/viewer.html?series=" in first and "/portal/full-viewer/1/ohif" in first
    second = recipient.get("/portal/full-viewer/1/ohif").text
    assert "/portal/ohif/" in second and "/portal/full-viewer/1/orthanc-web-viewer" in second
    assert recipient.get("/portal/full-viewer/1/stone-web-viewer").status_code == 404


def test_routes_of_a_viewer_that_is_not_installed_stay_closed(recipient: Recipient, studies: Studies) -> None:
    for path in (
        f"/dicom-web/studies?0020000D={studies.a.uid}",
        f"/dicom-web/series?0020000D={studies.a.uid}",
        f"/dicom-web/studies/{studies.a.uid}/series/{studies.a.series_uids[0]}/metadata",
        f"/dicom-web/studies/{studies.a.uid}",
        f"/dicom-web/studies?00100020={'TEST-1'}",
        "/system",
        "/stone-webviewer/index.html",
    ):
        assert recipient.get(path).status_code == 403, path


def _entry(recipient: Recipient) -> str:
    page = recipient.get("/portal/full-viewer/1/ohif").text
    return page.split('<iframe id="frame" src="')[1].split('"')[0].replace("&amp;", "&")
