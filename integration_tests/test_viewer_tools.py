"""The viewer's further tools in a real Chromium: letters, measuring, lens, film, two series side by side."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route

from harness.dicom import Geometry, Patient, Study, ct_series
from harness.modality import send
from harness.server import OrthancServer

from .support.browsers import CHROMIUM
from .support.practice import Practice
from .support.studies import EDGE, Stored, Studies, stored
from .test_portal_in_a_browser import DESKTOP, NARROW, PHONE, open_link, open_viewer

pytestmark = pytest.mark.one_suite


def choose(page: Page, tool: str) -> None:
    """Open the panel with more tools, and take one of them."""
    if not page.locator("#more").is_visible():
        page.click("#more-toggle")
    page.click(tool)


def letters(page: Page) -> list[str]:
    page.wait_for_function("() => document.getElementById('edge-left').textContent !== ''")
    return [page.locator(f"#edge-{edge}").inner_text() for edge in ("left", "right", "above", "below")]


def millimetres(page: Page) -> float:
    """The number in what the viewer says of a length."""
    found = re.search(r"([0-9]+(?:[.,][0-9]+)?) mm", page.locator("#notice").inner_text())
    assert found is not None, page.locator("#notice").inner_text()
    return float(found[1].replace(",", "."))


@pytest.fixture
def desktop(chromium: Browser) -> BrowserContext:
    return chromium.new_context(**DESKTOP, locale="de-DE")  # type: ignore[arg-type]


def test_letters_say_where_the_sides_of_the_body_are(
    desktop: BrowserContext, server: OrthancServer, practice: Practice, studies: Studies
) -> None:
    page = open_link(desktop, practice.share(studies.a.id))
    open_viewer(page, server.url)
    assert letters(page) == ["R", "L", "A", "P"]
    desktop.close()


def test_a_line_drawn_with_the_mouse_is_as_long_as_the_body_says(
    desktop: BrowserContext, server: OrthancServer, practice: Practice, studies: Studies, screenshots: Path
) -> None:
    page = open_link(desktop, practice.share(studies.a.id))
    open_viewer(page, server.url)
    letters(page)
    choose(page, "#measure")
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    # The square picture fills the stage's height; its width in millimetres is known.
    whole = EDGE * Geometry().spacing
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - box["height"] / 4, y)
    page.mouse.down()
    page.mouse.move(x, y, steps=4)
    page.mouse.move(x + box["height"] / 4, y, steps=4)
    page.mouse.up()
    assert millimetres(page) == pytest.approx(whole / 2, rel=0.02)
    page.screenshot(path=str(screenshots / "desktop-de-measure.png"))
    # The line belongs to the picture: enlarged or not, it is as long as before.
    page.click("#larger")
    assert millimetres(page) == pytest.approx(whole / 2, rel=0.02)
    page.keyboard.press("Escape")
    assert page.locator("#notice").is_hidden() or "mm" not in page.locator("#notice").inner_text()
    desktop.close()


def test_measuring_with_keys(
    desktop: BrowserContext, server: OrthancServer, practice: Practice, studies: Studies
) -> None:
    page = open_link(desktop, practice.share(studies.a.id))
    open_viewer(page, server.url)
    letters(page)
    page.focus("#more-toggle")
    page.keyboard.press("Enter")
    page.focus("#measure")
    page.keyboard.press("Enter")
    for key in ("Enter", *["Shift+ArrowRight"] * 4, "Enter"):
        page.keyboard.press(key)
    assert millimetres(page) == pytest.approx(0.2 * EDGE * Geometry().spacing, rel=0.02)
    desktop.close()


def test_the_lens_enlarges_what_is_under_the_mouse(
    desktop: BrowserContext, server: OrthancServer, practice: Practice, studies: Studies
) -> None:
    page = open_link(desktop, practice.share(studies.a.id))
    open_viewer(page, server.url)
    choose(page, "#lens-toggle")
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#lens", state="visible")
    picture = Image.open(io.BytesIO(page.locator("#lens").screenshot())).convert("L")
    assert np.asarray(picture).std() > 5
    page.mouse.move(5, 5)
    page.wait_for_selector("#lens", state="hidden")
    desktop.close()


def test_a_series_plays_like_a_film(
    desktop: BrowserContext, server: OrthancServer, practice: Practice, studies: Studies
) -> None:
    page = open_link(desktop, practice.share(studies.a.id))
    open_viewer(page, server.url)
    choose(page, "#play")
    seen = {page.evaluate("window.__viewer.index")}
    # Through the end and on from the beginning.
    for _ in range(200):
        page.wait_for_function("before => window.__viewer.index !== before", arg=page.evaluate("window.__viewer.index"))
        seen.add(page.evaluate("window.__viewer.index"))
        if len(seen) == 7:
            break
    assert seen == set(range(1, 8))
    page.click("#speed")
    assert "2" in page.locator("#speed").inner_text()
    page.click("#next")
    assert page.evaluate("window.__viewer.playing") is False
    desktop.close()


def test_a_swipe_goes_on_for_a_moment(
    chromium: Browser, server: OrthancServer, practice: Practice, studies: Studies
) -> None:
    phone = chromium.new_context(**PHONE)  # type: ignore[arg-type]
    page = open_link(phone, practice.share(studies.a.id))
    open_viewer(page, server.url)
    page.fill("#slider", "1")
    page.wait_for_function("() => window.__viewer.shown === 1")
    # One movement of a finger, in the page, so that its speed does not depend on the machine.
    moved = page.evaluate(
        """() => new Promise(done => {
          const area = document.getElementById('stage');
          const send = (type, y, at) => {
            const finger = {pointerId: 7, pointerType: 'touch', clientX: 195, clientY: y, bubbles: true};
            const event = new PointerEvent(type, finger);
            Object.defineProperty(event, 'timeStamp', {value: at});
            area.dispatchEvent(event);
          };
          send('pointerdown', 500, 1000);
          for (let step = 1; step <= 5; step++) send('pointermove', 500 - 12 * step, 1000 + 8 * step);
          const lifted = window.__viewer.index;
          send('pointerup', 440, 1042);
          setTimeout(() => done([lifted, window.__viewer.index]), 1500);
        })"""
    )
    assert moved[1] > moved[0] > 1
    phone.close()


@pytest.fixture(scope="module")
def two_stacks(server: OrthancServer) -> Stored:
    """Two series of one study in one frame of reference; the second begins 10 mm higher and is half as thick."""
    study = Study(Patient(id="TEST-BESIDE", name="Zweifach^Z"), "ACC-BESIDE", "CT")
    volume = np.stack([np.full((32, 32), 40.0 * place) for place in range(9)])
    datasets = ct_series(study, 1, "Dick", volume, Geometry(thickness=5))
    datasets += ct_series(study, 2, "Dünn", volume, Geometry(thickness=2.5, origin=(0, 0, 10)))
    send(datasets, server.dicom_port)
    return stored(server, study.uid)


def test_two_series_turn_their_pages_together(
    desktop: BrowserContext, server: OrthancServer, practice: Practice, two_stacks: Stored, screenshots: Path
) -> None:
    page = open_link(desktop, practice.share(two_stacks.id))
    open_viewer(page, server.url)
    page.click("#more-toggle")
    page.click("a[href='/portal/compare/1/2']")
    page.wait_for_url("**/portal/compare/1/2")
    left, right = (page.frame(url=re.compile(rf"/portal/series/{n}\?beside=1")) for n in (1, 2))
    assert left is not None and right is not None
    for frame in (left, right):
        frame.wait_for_function("() => window.__viewer && window.__viewer.shown > 0")
        frame.wait_for_function("() => document.getElementById('edge-left').textContent !== ''")
    # 25 mm: the sixth of the thick slices, the seventh of the thin ones.
    left.focus("#stage")
    left.press("#stage", "Home")
    for _ in range(5):
        left.press("#stage", "ArrowDown")
    right.wait_for_function("() => window.__viewer.shown === 7")
    assert left.evaluate("window.__viewer.index") == 6
    page.screenshot(path=str(screenshots / "desktop-de-compare.png"))
    page.click("#linked")
    right.press("#stage", "Home")
    right.wait_for_function("() => window.__viewer.shown === 1")
    assert left.evaluate("window.__viewer.index") == 6
    desktop.close()


@pytest.mark.parametrize("language", ["de-DE", "en-GB"])
@pytest.mark.parametrize("screen", ["phone", "narrow", "desktop"])
def test_nothing_overlaps(
    chromium: Browser,
    server: OrthancServer,
    practice: Practice,
    studies: Studies,
    screenshots: Path,
    screen: str,
    language: str,
) -> None:
    shape = {"phone": PHONE, "narrow": NARROW, "desktop": DESKTOP}[screen]
    context = chromium.new_context(**shape, locale=language)  # type: ignore[arg-type]
    page = open_link(context, practice.share(studies.a.id))
    open_viewer(page, server.url)
    letters(page)
    page.click("#more-toggle")
    page.screenshot(path=str(screenshots / f"{screen}-{language[:2]}-viewer-more.png"))
    boxes = page.evaluate(
        """() => [...document.querySelectorAll('.top, .stage, .more, .pager, .tools, .more .chip, .tools .tool')]
          .filter(one => one.offsetParent !== null)
          .map(one => [
            one.id || one.className, one.closest('.tool, .chip') === one, one.getBoundingClientRect().toJSON()])"""
    )
    controls = [(name, box) for name, is_control, box in boxes if is_control]
    areas = [(name, box) for name, is_control, box in boxes if not is_control]
    for group in (controls, areas):
        for place, (name, one) in enumerate(group):
            for other_name, other in group[place + 1 :]:
                across = min(one["right"], other["right"]) - max(one["left"], other["left"])
                down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
                assert across < 1 or down < 1, f"{name} and {other_name} overlap"
    for name, box in controls:
        assert box["width"] >= 44 and box["height"] >= 44, f"{name} is too small for a thumb: {box}"
    page.click("#about-open")
    page.screenshot(path=str(screenshots / f"{screen}-{language[:2]}-viewer-about.png"))
    # The button that closes it is seen whole, however long the text.
    about, button = page.locator("#about").bounding_box(), page.locator("#about form button").bounding_box()
    assert about is not None and button is not None
    assert button["y"] + button["height"] <= about["y"] + about["height"]
    page.keyboard.press("Escape")
    assert page.locator("#about").is_hidden()
    context.close()


SIDEWAYS = {**PHONE, "viewport": {"width": 844, "height": 390}}
LOW = {"phone": (SIDEWAYS, 16), "zoomed": ({"viewport": {"width": 683, "height": 384}}, 16), "large": (DESKTOP, 32)}
# What can be touched and read, with the words where they are wider, cut to what a panel that scrolls lets be seen:
# [name, left, top, right, bottom].
SEEN = """() => {
  const all = document.querySelectorAll('#viewer :is(a, button, input, .position, h1, .heading p)');
  return [...all].filter(one => !one.closest('dialog, [aria-hidden=true]') && one.checkVisibility()).flatMap(one => {
    let {left, top, right, bottom} = one.getBoundingClientRect();
    if (one.matches('.position, .chip')) {
      const words = document.createRange();
      words.selectNodeContents(one);
      left = Math.min(left, words.getBoundingClientRect().left);
      right = Math.max(right, words.getBoundingClientRect().right);
    }
    for (const around of [one.closest('.more, .tone'), one.closest('.presets')]) {
      const panel = around?.getBoundingClientRect();
      if (panel) [top, bottom] = [Math.max(top, panel.top), Math.min(bottom, panel.bottom)];
      if (panel && around.matches('.presets')) right = Math.min(right, panel.right);
    }
    const name = one.id || one.className || one.tagName;
    return right - left > 1 && bottom - top > 1 ? [[name, left, top, right, bottom]] : [];
  });
}"""


@pytest.fixture(params=list(LOW))
def low_window(
    request: pytest.FixtureRequest, playwright: Playwright, chromium: Browser
) -> Iterator[tuple[str, Browser, dict[str, object]]]:
    """A window that is wide and low: a phone held sideways, a desktop at 200 %, one with text twice as large."""
    shape, text = LOW[request.param]
    if text == 16:
        yield request.param, chromium, shape
        return
    with large_text(playwright) as browser:
        yield request.param, browser, shape


@contextmanager
def large_text(playwright: Playwright) -> Iterator[Browser]:
    """A browser of somebody who has set text to 200 %: media queries count in its letters too."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--blink-settings=defaultFontSize=32"]
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
    yield browser
    browser.close()


@pytest.mark.parametrize("language", ["de-DE", "en-GB", "fr-FR", "ru-RU"])
def test_in_a_low_window_a_panel_hides_nothing_and_can_be_closed(
    low_window: tuple[str, Browser, dict[str, object]],
    server: OrthancServer,
    practice: Practice,
    studies: Studies,
    screenshots: Path,
    language: str,
) -> None:
    name, browser, shape = low_window
    context = browser.new_context(**shape, locale=language)  # type: ignore[arg-type]
    page = open_link(context, practice.share(studies.a.id))
    open_viewer(page, server.url)
    size = page.viewport_size
    assert size is not None
    for panel in ("", "more", "tone"):
        if panel:
            page.click(f"#{panel}-toggle")
        page.screenshot(path=str(screenshots / f"low-{name}-{language[:2]}-{panel or 'none'}.png"))
        seen = page.evaluate(SEEN)
        assert {"slider", "more-toggle", "tone-toggle"} <= {control for control, *_ in seen}
        for place, (control, *box) in enumerate(seen):
            assert min(box) >= -0.5, f"{control} outside with {panel}: {box}"
            assert box[2] <= size["width"] + 0.5 and box[3] <= size["height"] + 0.5, f"{control} with {panel}: {box}"
            for other, *there in seen[place + 1 :]:
                across = min(box[2], there[2]) - max(box[0], there[0])
                down = min(box[3], there[3]) - max(box[1], there[1])
                assert across < 1 or down < 1, f"{control} and {other} overlap with {panel}"
        if panel:
            # Everything in it can be scrolled to, and the button that opened it closes it where it is.
            for control in page.locator(f"#{panel} :is(button, input):visible").all():
                control.click(trial=True, timeout=5000)
            box = page.locator(f"#{panel}-toggle").bounding_box()
            assert box is not None
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            assert page.locator(f"#{panel}").is_hidden()
    context.close()


def test_with_text_at_200_percent_a_phone_shows_whole_buttons(
    playwright: Playwright, server: OrthancServer, practice: Practice, studies: Studies, screenshots: Path
) -> None:
    with large_text(playwright) as browser:
        for language in ("de-DE", "en-GB", "fr-FR", "ru-RU"):
            context = browser.new_context(**PHONE, locale=language)  # type: ignore[arg-type]
            page = open_link(context, practice.share(studies.a.id))
            page.goto(server.url + "/portal/download")
            page.screenshot(path=str(screenshots / f"large-{language[:2]}-download.png"), full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") == 390
            too_wide = """() => [...document.querySelectorAll('.page :is(button, .button), .more .chip')]
              .filter(one => one.checkVisibility())
              .filter(one => one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right > innerWidth)
              .map(one => one.textContent)"""
            assert page.evaluate(too_wide) == []
            open_viewer(page, server.url)
            page.click("#more-toggle")
            page.screenshot(path=str(screenshots / f"large-{language[:2]}-viewer-more.png"))
            assert page.evaluate("document.documentElement.scrollWidth") == 390
            assert page.evaluate(too_wide) == []
            page.click("#more-toggle")
            assert page.locator("#more").is_hidden()
            context.close()


@pytest.mark.parametrize("lost", ["viewer/stage.js", "viewer/main.js"])
def test_a_script_that_is_lost_on_the_way_is_fetched_with_the_page_once_more(
    desktop: BrowserContext, server: OrthancServer, practice: Practice, studies: Studies, lost: str
) -> None:
    page = open_link(desktop, practice.share(studies.a.id))
    asked: list[str] = []

    def lose_the_first(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(f"**/{lost}", lose_the_first)
    page.goto(server.url + "/portal/series/1")
    page.wait_for_function("() => window.__viewer && window.__viewer.shown > 0")
    assert len(asked) >= 2
    page.unroute_all(behavior="ignoreErrors")
    desktop.close()


def test_a_picture_is_saved_as_it_is_looked_at(
    desktop: BrowserContext, server: OrthancServer, practice: Practice, studies: Studies, tmp_path: Path
) -> None:
    page = open_link(desktop, practice.share(studies.a.id))
    open_viewer(page, server.url)
    page.focus("#stage")
    page.keyboard.press("Home")
    page.wait_for_function("() => window.__viewer.shown === 1")
    page.click("#tone-toggle")
    page.fill("#brightness", "80")
    page.click("#tone-toggle")
    with page.expect_download() as download:
        choose(page, "#save")
    assert download.value.suggested_filename == "Bild-1.jpg"
    download.value.save_as(tmp_path / "saved.jpg")
    saved = Image.open(tmp_path / "saved.jpg")
    assert max(saved.size) == EDGE
    plain = server.staff_request("GET", f"/instances/{studies.a.instances[0]}/preview").content
    assert np.asarray(saved.convert("L"), float).mean() > np.asarray(Image.open(io.BytesIO(plain)), float).mean() + 5
    desktop.close()


def test_the_download_page_explains_what_there_is(
    chromium: Browser, server: OrthancServer, practice: Practice, studies: Studies, screenshots: Path, tmp_path: Path
) -> None:
    for name, shape, language in (
        ("phone", PHONE, "de-DE"),
        ("narrow", NARROW, "de-DE"),
        ("desktop", DESKTOP, "en-GB"),
    ):
        context = chromium.new_context(**shape, locale=language)  # type: ignore[arg-type]
        page = open_link(context, practice.share(studies.a.id))
        page.click("a[href='/portal/download']")
        page.wait_for_url("**/portal/download")
        page.screenshot(path=str(screenshots / f"{name}-download.png"), full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.fill("#password", "mein langes Wort 7")
        page.check("input[value=both]")
        with page.expect_download() as download:
            page.click("form[action='/portal/download'] button")
        download.value.save_as(tmp_path / "locked.zip")
        done = subprocess.run(
            ["7z", "t", "-pmein langes Wort 7", tmp_path / "locked.zip"], capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout
        context.close()
