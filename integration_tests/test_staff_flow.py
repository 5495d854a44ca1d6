"""The way of a receptionist in a real Chromium: from the search to the printed letter, and what comes afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from harness.dicom import Geometry, Patient, Study, ct_series
from harness.modality import send
from harness.server import OrthancServer

from .support import axe
from .support.practice import Practice
from .support.studies import Stored, stored
from .test_reports import pdf

pytestmark = pytest.mark.one_suite

TABLET = {"width": 820, "height": 1180}
DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def jane(server: OrthancServer) -> Stored:
    """A patient whose name is hard to type."""
    patient = Patient(id="STAFF-7", name="Größmüller-Übel^Jörg", birth_date="19580403")
    older = Study(patient, "STAFF-ACC-6", "MRT Knie rechts")
    study = Study(patient, "STAFF-ACC-7", "Röntgen Thorax")
    for one in (older, study):
        images = ct_series(one, 1, "Seitlich", np.zeros((2, 32, 32)), Geometry())
        images += ct_series(one, 2, "Von vorn", np.zeros((1, 32, 32)), Geometry())
        assert send(images, server.dicom_port).stored == 3
    return stored(server, study.uid)


@pytest.fixture
def desk(chromium: Browser, server: OrthancServer) -> Iterator[BrowserContext]:
    context = at_the_desk(chromium, server)
    yield context
    context.close()


def at_the_desk(chromium: Browser, server: OrthancServer, locale: str = "de-DE") -> BrowserContext:
    ((user, password),) = server.staff.items()
    return chromium.new_context(
        viewport=DESKTOP,  # type: ignore[arg-type]
        locale=locale,
        http_credentials={"username": user, "password": password},
    )


def look(page: Page, screenshots: Path, name: str) -> None:
    """No barrier, nothing to push sideways, a picture of each size."""
    assert axe.violations(page) == [], name
    for size, viewport in (("tablet", TABLET), ("phone", PHONE), ("narrow", NARROW), ("desktop", DESKTOP)):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} ({size}): the page can be pushed sideways"
        page.screenshot(path=str(screenshots / f"staff-{size}-{name}.png"), full_page=True)


@pytest.mark.parametrize("locale", ["de-DE", "en-GB"])
def test_from_the_search_to_the_printed_letter_in_five_clicks(
    chromium: Browser, server: OrthancServer, practice: Practice, jane: Stored, screenshots: Path, locale: str
) -> None:
    desk, clicks = at_the_desk(chromium, server, locale), 0
    desk.add_init_script("window.print = () => { document.documentElement.dataset.printed = 'yes'; };")
    faults: list[str] = []
    desk.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    desk.on("weberror", lambda error: faults.append(str(error.error)))
    page, tongue = desk.new_page(), locale[:2]
    page.goto(f"{server.url}/patient-share")
    assert page.locator("html").get_attribute("lang") == tongue
    look(page, screenshots, f"{tongue}-1-search")
    page.fill("#name", "groessmueller jörg")
    page.locator("form.search button").click()
    clicks += 1
    row = page.locator(".rows > li").filter(has_text="Röntgen Thorax")
    row.wait_for()
    assert "Jörg Größmüller-Übel" in row.inner_text() and "3" in row.inner_text()
    look(page, screenshots, f"{tongue}-2-found")
    row.locator("a.button").click()
    clicks += 1
    page.locator("#days").wait_for()
    look(page, screenshots, f"{tongue}-3-share")
    page.locator("button.primary").click()
    clicks += 1
    page.locator("#password").wait_for()
    look(page, screenshots, f"{tongue}-4-made")
    password, code = page.inner_text("#password"), page.inner_text("#code")
    with desk.expect_page() as opened:
        page.locator("form[action='/patient-share/letter'] button.primary").click()
        clicks += 1
    letter = opened.value
    letter.locator("html[data-printed=yes]").wait_for(state="attached")
    text = letter.inner_text("body")
    assert password in text and code in text and "Jörg Größmüller-Übel" in text
    letter.screenshot(path=str(screenshots / f"staff-desktop-{tongue}-5-letter.png"))
    assert clicks <= 5 and faults == []
    link = page.inner_text("#link")
    patient = chromium.new_context(locale=locale)
    portal = patient.new_page()
    portal.goto(link)
    expect(portal.locator("#code")).to_have_value(code)
    portal.fill("#password", password)
    portal.press("#password", "Enter")
    portal.wait_for_url("**/portal/study")
    assert "Jörg Größmüller-Übel" in portal.inner_text("body")
    patient.close()
    desk.close()


def test_a_form_that_is_sent_twice_makes_one_share(desk: BrowserContext, server: OrthancServer, jane: Stored) -> None:
    page = desk.new_page()
    page.goto(f"{server.url}/patient-share/share?study={jane.id}")
    page.locator("button.primary").click()
    page.locator("#password").wait_for()
    secret = page.inner_text("#password")
    before = server.staff_request("GET", f"/patient-share/api/v1/shares?orthanc_id={jane.id}").json()["shares"]
    page.reload()
    page.locator("main .button").wait_for()
    assert secret not in page.content()
    after = server.staff_request("GET", f"/patient-share/api/v1/shares?orthanc_id={jane.id}").json()["shares"]
    assert [share["id"] for share in before] == [share["id"] for share in after]
    page.locator("main .button").click()
    page.wait_for_url(f"**/shares/{after[0]['id']}")


def test_the_whole_way_by_keyboard(desk: BrowserContext, server: OrthancServer, jane: Stored) -> None:
    page = desk.new_page()
    page.goto(f"{server.url}/patient-share")
    page.locator("#name:focus").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.type("3.4.1958")
    page.keyboard.press("Enter")
    page.locator("#found[data-focus]").wait_for()
    tab_to(page, "a.button[href*='study=" + jane.id + "']")
    page.keyboard.press("Enter")
    page.locator("#days").wait_for()
    tab_to(page, "button.primary")
    page.keyboard.press("Enter")
    page.locator("#password").wait_for()
    with desk.expect_page():
        tab_to(page, "form[action='/patient-share/letter'] button.primary")
        page.keyboard.press("Enter")


def tab_to(page: Page, selector: str) -> None:
    for _ in range(80):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached by keyboard")


def test_mistakes_are_explained_and_nothing_is_lost(desk: BrowserContext, server: OrthancServer, jane: Stored) -> None:
    page = desk.new_page()
    page.goto(f"{server.url}/patient-share")
    page.fill("#name", "*")
    page.fill("#birth_date", "3.4.1958")
    page.press("#name", "Enter")
    page.locator("#name-wrong").wait_for()
    assert page.input_value("#name") == "*" and page.input_value("#birth_date") == "3.4.1958"
    assert axe.violations(page) == []
    page.goto(f"{server.url}/patient-share/share?study={jane.id}")
    page.locator("summary").nth(2).click()
    page.fill("#note", "Bitte an <b>Frau Ü.</b> denken")
    page.locator("summary").nth(1).click()
    for box in page.locator("input[name=series]").all():
        box.uncheck()
    page.locator("input[value=referrer]").check()
    page.locator("button.primary").click()
    page.locator("[role=alert]").wait_for()
    assert page.input_value("#note") == "Bitte an <b>Frau Ü.</b> denken"
    assert page.locator("input[value=referrer]").is_checked()
    assert page.locator("input[name=series]:checked").count() == 0
    assert axe.violations(page) == []


def test_what_is_left_out_stays_in_the_practice(desk: BrowserContext, server: OrthancServer, jane: Stored) -> None:
    page = desk.new_page()
    page.goto(f"{server.url}/patient-share/share?study={jane.id}")
    page.locator("summary").nth(1).click()
    page.locator(f"input[name=series][value='{jane.series[0]}']").uncheck()
    page.locator("summary").nth(0).click()
    page.locator("input[name=more]").first.check()
    page.locator("button.primary").click()
    page.locator("#password").wait_for()
    share = server.staff_request("GET", f"/patient-share/api/v1/shares?orthanc_id={jane.id}&limit=1").json()["shares"][
        0
    ]
    assert share["excluded_series"] == [jane.series[0]] and len(share["studies"]) == 2


def test_the_life_of_a_share(
    desk: BrowserContext, server: OrthancServer, practice: Practice, jane: Stored, screenshots: Path
) -> None:
    share = practice.share(jane.id, note="Tür 3")
    page = desk.new_page()
    page.goto(f"{server.url}/patient-share/shares?show=never")
    look(page, screenshots, "de-6-list")
    page.locator(f".rows a[href$='{share.id}']").click()
    page.wait_for_url(f"**/{share.id}")
    assert "Angelegt, nie geöffnet" in page.inner_text("main") and "Tür 3" in page.inner_text("main")
    practice.login(share)
    page.reload()
    assert "Einmal geöffnet, heute" in page.inner_text("main")
    look(page, screenshots, "de-7-one")

    page.locator("summary", has_text="Neues Passwort").click()
    look(page, screenshots, "de-8-password")
    page.locator("button[value=letter]").click()
    page.locator("#password").wait_for()
    assert page.inner_text("#password") != share.password and page.inner_text("#code") != share.code
    page.reload()  # the form comes a second time
    assert "schon erledigt" in page.inner_text("main")
    page.locator("main .button").click()

    page.locator("summary", has_text="wie lange").click()
    page.fill("#days", "4")
    page.press("#days", "Enter")
    page.locator(".note[role=status]").wait_for()
    assert "Läuft in 4 Tagen ab" in page.inner_text("main")
    page.locator("button", has_text="Einwilligung vorliegt").click()
    page.wait_for_url("**done=consent")
    page.locator("summary", has_text="Vorübergehend").click()
    page.locator("form[action$='/pause'] button").click()
    page.wait_for_url("**done=pause")
    page.locator("form[action$='/resume'] button").click()
    page.wait_for_url("**done=resume")
    page.locator("summary", has_text="Endgültig").click()
    page.locator("form[action$='/revoke'] button").click()
    page.wait_for_url("**done=revoke")
    look(page, screenshots, "de-9-revoked")
    page.locator("a[href$='/history']").click()
    page.wait_for_url("**/history")
    told = page.inner_text("table")
    for words in ("Freigabe angelegt", "Bilder geöffnet", "Neues Passwort ausgestellt", "Widerrufen", "Einwilligung"):
        assert words in told
    look(page, screenshots, "de-10-history")
    page.go_back()
    page.locator("summary", has_text="löschen").click()
    page.locator("form[action$='/delete'] button").click()
    page.wait_for_url("**done=delete")
    assert practice.api("GET", f"/patient-share/api/v1/shares/{share.id}").status_code == 404


def test_the_language_can_be_switched(desk: BrowserContext, server: OrthancServer) -> None:
    page = desk.new_page()
    page.goto(f"{server.url}/patient-share")
    page.locator("button[value=en]").click()
    page.locator("html[lang=en]").wait_for()
    page.goto(f"{server.url}/patient-share/shares")
    assert re.search("Shares", page.inner_text("h1"))


def test_names_in_addresses_and_wildcards(server: OrthancServer, jane: Stored) -> None:
    """The search is a form that is posted, finds people however they are spelt, and is no way to list everything."""
    for name in ("GRÖSSMÜLLER", "größmüller", "groessmueller", "Übel, Jörg", "jörg uebel", "gross"):
        found = server.staff_request("POST", "/patient-share/search", data={"name": name})
        if name == "gross":
            assert "STAFF" not in found.text
            continue
        assert jane.id in found.text, name
    for name in ("*", "**", "?", "%", "\\", "a", "M*"):
        found = server.staff_request("POST", "/patient-share/search", data={"name": name})
        assert found.status_code == 422 and jane.id not in found.text, name
    for day in ("3.4.1958", "1958-04-03", "03041958", "19580403", "03.04.1958"):
        found = server.staff_request("POST", "/patient-share/search", data={"birth_date": day})
        assert jane.id in found.text, day
    assert (
        jane.id in server.staff_request("POST", "/patient-share/search", data={"accession_number": "staff-acc-7"}).text
    )
    assert server.staff_request("GET", "/patient-share/search?name=x").status_code == 404


def test_a_report_is_added_and_taken_out_on_the_page_of_a_share(
    desk: BrowserContext, server: OrthancServer, practice: Practice, jane: Stored, screenshots: Path, tmp_path: Path
) -> None:
    share = practice.share(jane.id, report="at-once")
    page = desk.new_page()
    page.goto(f"{server.url}/patient-share/shares/{share.id}")
    (tmp_path / "letter.txt").write_text("no PDF")
    page.set_input_files("input[type=file]", tmp_path / "letter.txt")
    page.locator("form.upload button").click()
    page.wait_for_function("() => document.querySelector('form.upload [role=status]').textContent.includes('PDF')")
    look(page, screenshots, "de-11-report-refused")
    (tmp_path / "report.pdf").write_bytes(pdf())
    page.set_input_files("input[type=file]", tmp_path / "report.pdf")
    page.locator("form.upload button").click()
    page.wait_for_url("**done=report-added")
    assert "Befund ist hinzugefügt" in page.inner_text("main")
    look(page, screenshots, "de-12-report-added")
    patient = practice.login(share)
    assert "Befund lesen" in patient.get("/portal/study", headers={"Accept-Language": "de"}).text
    page.locator("summary", has_text="Diesen Befund löschen").click()
    page.locator("form[action$='/unreport'] button").click()
    page.wait_for_url("**done=report-removed")
    assert "Befund lesen" not in patient.get("/portal/study", headers={"Accept-Language": "de"}).text
