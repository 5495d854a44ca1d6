"""The patient's way in a real Chromium, on a phone and on a desktop, in German and English."""

from __future__ import annotations

import io
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Error, Page

from harness.dicom import Geometry, Patient, Study, ct_series
from harness.modality import send
from harness.server import OrthancServer

from .support.practice import Practice, Share
from .support.studies import Stored, Studies, stored

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 3, "has_touch": True, "is_mobile": True}
NARROW = {**PHONE, "viewport": {"width": 320, "height": 640}}
DESKTOP = {"viewport": {"width": 1366, "height": 768}}
SCREENS = {"phone": PHONE, "narrow": NARROW, "desktop": DESKTOP}
SAMPLE = (48, 48)


def open_link(context: BrowserContext, share: Share) -> Page:
    """Follow the link, type the password, arrive at the study."""
    page = context.new_page()
    page.goto(share.link)
    page.wait_for_function("() => document.querySelector('#code').value !== ''")
    page.fill("#password", share.password.lower().replace("-", " "))
    page.press("#password", "Enter")
    page.wait_for_url("**/portal/study")
    return page


def open_viewer(page: Page, url: str, series: int = 1) -> None:
    page.goto(f"{url}/portal/series/{series}")
    page.wait_for_function("() => window.__viewer && window.__viewer.shown > 0")


def rendered(server: OrthancServer, study: Stored, place: int) -> np.ndarray[Any, Any]:
    """Orthanc's own rendering of an image of the first series."""
    slices = server.staff_request("GET", f"/series/{study.series[0]}/ordered-slices").json()["Slices"]
    picture = server.staff_request("GET", slices[place - 1] + "/rendered", headers={"Accept": "image/png"})
    return np.asarray(Image.open(io.BytesIO(picture.content)).convert("L").resize(SAMPLE), float)


def on_canvas(page: Page) -> np.ndarray[Any, Any]:
    """The middle square of the viewer's canvas, where the picture is."""
    picture = Image.open(io.BytesIO(page.locator("#canvas").screenshot())).convert("L")
    edge = min(picture.size)
    left, top = (picture.width - edge) // 2, (picture.height - edge) // 2
    return np.asarray(picture.crop((left, top, left + edge, top + edge)).resize(SAMPLE), float)


def likeness(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


@pytest.mark.parametrize("language", ["de-DE", "en-GB"])
@pytest.mark.parametrize("screen", SCREENS)
def test_the_whole_way(
    chromium: Browser,
    server: OrthancServer,
    practice: Practice,
    studies: Studies,
    screenshots: Path,
    screen: str,
    language: str,
) -> None:
    share = practice.share(studies.a.id)
    context = chromium.new_context(**SCREENS[screen], locale=language)  # type: ignore[arg-type]
    faults: list[str] = []
    outside: list[str] = []
    context.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("request", lambda r: None if r.url.startswith((server.url, "blob:")) else outside.append(r.url))

    def look(name: str) -> None:
        page.screenshot(path=str(screenshots / f"{screen}-{language[:2]}-{name}.png"))
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name}: the page can be pushed sideways"

    page = context.new_page()
    page.goto(share.link)
    page.wait_for_function("() => document.querySelector('#code').value !== ''")
    assert page.locator("html").get_attribute("lang") == language[:2]
    look("1-start")
    page.fill("#password", share.password)
    page.press("#password", "Enter")
    page.wait_for_url("**/portal/study")
    page.wait_for_load_state("networkidle")
    assert "Dr. Anna Beispiel" in page.inner_text("body")
    look("2-study")
    open_viewer(page, server.url)
    look("3-viewer")
    page.goto(f"{server.url}/portal/full-viewer/1")
    page.wait_for_load_state("networkidle")
    look("4-full-viewer")
    assert outside == [] and faults == []
    context.close()


def test_the_viewer_shows_the_pixels_of_the_right_study(
    chromium: Browser, server: OrthancServer, practice: Practice, studies: Studies
) -> None:
    context = chromium.new_context(**DESKTOP)  # type: ignore[arg-type]
    page = open_link(context, practice.share(studies.a.id))
    open_viewer(page, server.url)
    page.focus("#stage")
    page.keyboard.press("Home")
    for place in (1, 2, 3):
        page.wait_for_function("place => window.__viewer.shown === place", arg=place)
        shown = on_canvas(page)
        assert likeness(shown, rendered(server, studies.a, place)) > 0.98
        assert likeness(shown, rendered(server, studies.b, place)) < 0.6
        assert likeness(shown, rendered(server, studies.c, place)) < 0.6
        page.keyboard.press("ArrowDown")
    context.close()


def test_the_wheel_a_finger_and_the_slider_turn_the_pages(
    chromium: Browser, server: OrthancServer, practice: Practice, studies: Studies
) -> None:
    share = practice.share(studies.a.id)
    desktop = chromium.new_context(**DESKTOP)  # type: ignore[arg-type]
    page = open_link(desktop, share)
    open_viewer(page, server.url)
    before = page.evaluate("window.__viewer.index")
    page.mouse.move(680, 380)
    page.mouse.wheel(0, 120)
    page.wait_for_function("before => window.__viewer.shown === before + 1", arg=before)
    desktop.close()
    phone = chromium.new_context(**PHONE)  # type: ignore[arg-type]
    page = open_link(phone, share)
    open_viewer(page, server.url)
    before = page.evaluate("window.__viewer.index")
    touch = phone.new_cdp_session(page)
    for kind, y in (("touchStart", 300), ("touchMove", 360), ("touchMove", 460), ("touchEnd", None)):
        points = [] if y is None else [{"x": 195, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_function("before => window.__viewer.shown !== before", arg=before)
    page.fill("#slider", "1")
    page.wait_for_function("() => window.__viewer.shown === 1")
    assert page.evaluate("window.scrollY") == 0
    phone.close()


def test_pinching_enlarges_the_picture(
    chromium: Browser, server: OrthancServer, practice: Practice, studies: Studies
) -> None:
    context = chromium.new_context(**PHONE)  # type: ignore[arg-type]
    page = open_link(context, practice.share(studies.a.id))
    open_viewer(page, server.url)
    touch = context.new_cdp_session(page)
    for kind, distance in (("touchStart", 40), ("touchMove", 80), ("touchMove", 140)):
        points = [{"x": 195 - distance, "y": 350, "id": 0}, {"x": 195 + distance, "y": 350, "id": 1}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert page.evaluate("window.__viewer.zoom") > 1.5
    context.close()


def test_code_and_password_by_hand(
    chromium: Browser, server: OrthancServer, practice: Practice, studies: Studies
) -> None:
    share = practice.share(studies.a.id)
    context = chromium.new_context(**PHONE, locale="de-DE", java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{server.url}/")
    assert page.url.endswith("/portal")
    page.fill("#code", share.code.lower().replace("-", ""))
    page.fill("#password", share.password.lower())
    page.locator("button[type=submit]").click()
    page.wait_for_url("**/portal/study")
    context.close()


@pytest.mark.one_suite
@pytest.mark.parametrize("language", ["de-DE", "en-GB"])
def test_errors_are_said_in_the_users_language(
    chromium: Browser, server: OrthancServer, practice: Practice, studies: Studies, screenshots: Path, language: str
) -> None:
    share, revoked = practice.share(studies.a.id), practice.share(studies.a.id)
    practice.revoke(revoked)
    context = chromium.new_context(**PHONE, locale=language)  # type: ignore[arg-type]
    said: dict[str, str] = {}
    for name, code, password in (
        ("mistyped", share.code[:-1] + ("0" if share.code[-1] != "0" else "1"), share.password),
        ("wrong", share.code, "00000-00000"),
        ("unknown", "ATA42-81ZXD-KH3N", share.password),
        ("revoked", revoked.code, revoked.password),
    ):
        page = context.new_page()
        page.goto(f"{server.url}/portal")
        page.fill("#code", code)
        page.fill("#password", password)
        page.locator("button[type=submit]").click()
        page.wait_for_load_state()
        said[name] = page.locator("[role=alert]:visible").inner_text()
        page.screenshot(path=str(screenshots / f"phone-{language[:2]}-error-{name}.png"))
        page.close()
    page = context.new_page()
    page.goto(f"{server.url}/portal/login")  # reloaded by hand after a wrong password
    assert page.url.endswith("/portal") and page.locator("#code").is_visible()
    assert said["wrong"] == said["unknown"]
    assert len({said["mistyped"], said["wrong"], said["revoked"]}) == 3
    context.close()


def test_staff_reach_the_explorer_through_their_entrance(
    chromium: Browser, server: OrthancServer, studies: Studies, screenshots: Path
) -> None:
    ((user, password),) = server.staff.items()
    context = chromium.new_context(**DESKTOP, http_credentials={"username": user, "password": password})  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{server.url}/patient-share")
    page.screenshot(path=str(screenshots / "desktop-staff.png"))
    page.goto(f"{server.url}/")
    page.wait_for_load_state("networkidle")
    assert page.url.split("#")[0].endswith("/app/explorer.html")
    page.screenshot(path=str(screenshots / "desktop-explorer.png"))
    context.close()


def test_after_logout_the_back_button_shows_nothing(
    chromium: Browser, server: OrthancServer, practice: Practice, studies: Studies
) -> None:
    context = chromium.new_context(**DESKTOP, locale="de-DE")  # type: ignore[arg-type]
    page = open_link(context, practice.share(studies.a.id))
    page.locator("form[action='/portal/logout'] button").first.click()
    page.wait_for_url("**/portal?ended=1")
    page.go_back()
    page.wait_for_load_state()
    assert "Anna" not in page.inner_text("body")
    assert "/portal/study" not in page.url
    context.close()


@pytest.mark.one_suite
def test_a_deleted_study_is_explained(
    chromium: Browser, server: OrthancServer, practice: Practice, screenshots: Path
) -> None:
    study = Study(Patient(id="TEST-GONE", name="Fort^F"), "ACC-GONE", "CT")
    send(ct_series(study, 1, "Axial", np.zeros((1, 16, 16)), Geometry()), server.dicom_port)
    found = stored(server, study.uid)
    share = practice.share(found.id)
    context = chromium.new_context(**PHONE, locale="de-DE")  # type: ignore[arg-type]
    page = open_link(context, share)
    assert practice.api("DELETE", f"/studies/{found.id}").status_code == 200
    page.wait_for_timeout(3500)
    page.reload()
    assert "Praxis" in page.inner_text("main") and "Fort" not in page.inner_text("body")
    page.screenshot(path=str(screenshots / "phone-de-study-gone.png"))
    page.context.clear_cookies()
    page.goto(share.link)
    page.fill("#password", share.password)
    page.press("#password", "Enter")
    page.wait_for_load_state()
    assert page.locator("[role=alert]:visible").inner_text()
    context.close()


@pytest.mark.one_suite
@pytest.mark.parametrize("place", ["study", "series/1"])
@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_somebody_who_has_been_away_is_asked_before_the_end(
    chromium: Browser,
    server: OrthancServer,
    practice: Practice,
    studies: Studies,
    screenshots: Path,
    screen: str,
    place: str,
) -> None:
    context = chromium.new_context(**SCREENS[screen], locale="de-DE")  # type: ignore[arg-type]
    share = practice.share(studies.a.id)
    page = open_link(context, share)
    # The server's own word, a quarter of an hour later: waiting for it would take that long.
    page.route("**/portal/presence", lambda route: route.fulfill(json={"idle": 42, "absolute": 9000}))
    page.goto(f"{server.url}/portal/{place}")
    page.wait_for_selector("#presence[open]")
    assert re.search(r"Noch 4[0-2] Sekunden", page.inner_text("#presence"))
    page.screenshot(path=str(screenshots / f"{screen}-de-idle-{place.replace('/', '-')}.png"))
    page.unroute("**/portal/presence")
    with page.expect_request("**/portal/presence") as said:
        page.locator("#presence button").click()
    assert '"used":true' in (said.value.post_data or "")
    page.wait_for_selector("#presence", state="hidden")
    practice.revoke(share)
    # The page asks when it comes to the front again; it may have heard of its end already, and be on its way.
    with suppress(Error):
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_url("**/portal?ended=1")
    context.close()
