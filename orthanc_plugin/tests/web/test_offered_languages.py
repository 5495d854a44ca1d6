"""The languages of the portal's pages: which are offered, which way they run, and where drafts stop."""

from __future__ import annotations

import re
from html import escape

import pytest

from orthanc_plugin.i18n.catalogue import offered
from orthanc_plugin.web.theme import theme_folder

from ..support.browser import Browser, recipient, staff, stranger
from ..support.world import World, all_languages, portal_languages

COOKIE = "patient-share-language"
PORTAL_PAGES = ("/portal", "/portal?ended=1", "/portal/help", "/portal/contact", "/portal/nothing")


def speaking(browser: Browser, code: str) -> Browser:
    browser.cookies[COOKIE] = code
    return browser


def read(browser: Browser, path: str, code: str) -> str:
    return speaking(browser, code).get(path).body.decode()


@pytest.mark.parametrize("code", portal_languages())
def test_every_page_says_its_language_and_its_direction(world: World, code: str) -> None:
    for path in PORTAL_PAGES:
        body = read(stranger(world), path, code)
        direction = ' dir="rtl"' if code == "ar" else ""
        assert f'<html lang="{code}"{direction}>' in body, path
        assert ('class="draft"' in body) == portal_languages()[code].draft, path


@pytest.mark.parametrize("code", portal_languages())
def test_the_whole_way_of_a_recipient_renders(world: World, code: str) -> None:
    for path in ("/portal/study", "/portal/series/1", "/portal/download", "/portal/openings"):
        answer = speaking(recipient(world), code).get(path)
        assert answer.status == 200, path
        assert "%(" not in answer.body.decode(), path


def test_pictures_keep_their_left_and_right(world: World) -> None:
    assert '<html lang="ar" dir="ltr">' in read(recipient(world), "/portal/series/1", "ar")


def test_codes_are_written_from_left_to_right(world: World) -> None:
    for field in re.findall(r"<input id=\"(?:code|password)\"[^>]*>", read(stranger(world), "/portal", "ar")):
        assert 'dir="ltr"' in field


def test_a_text_in_another_language_says_so(world: World) -> None:
    body = read(stranger(world), "/portal/legal/cookies", "tr")
    assert '<html lang="tr">' in body and '<article class="card text" lang="de" dir="auto">' in body
    assert 'lang="de"' not in read(stranger(world), "/portal/help/lost", "tr").split("<footer")[0]


def test_staff_read_no_drafts(world: World) -> None:
    body = read(staff(world), "/patient-share", "tr")
    assert '<html lang="de">' in body and 'class="draft"' not in body


def test_only_what_the_practice_offers_can_be_chosen(world: World) -> None:
    object.__setattr__(world.services, "portal_languages", offered(all_languages(), ("en",), "de"))
    assert '<html lang="de">' in read(stranger(world), "/portal", "tr")
    assert re.findall(r'name="language" value="([a-z-]+)"', read(stranger(world), "/portal", "de")) == ["de", "en"]
    object.__setattr__(world.services, "portal_languages", offered(all_languages(), ("de",), "de"))
    assert 'action="/portal/language"' not in read(stranger(world), "/portal", "de")


ERRORS = (
    "There is a typing error in the access code.",
    "There is a typing error in the password.",
    "Access code and password do not match.",
    "There were several wrong attempts.",
    "The time for viewing these images has run out.",
    "The practice has closed this access.",
)


@pytest.mark.parametrize("code", portal_languages())
def test_the_help_names_errors_as_the_pages_do(world: World, code: str) -> None:
    body = read(stranger(world), "/portal/help/it-does-not-work", code)
    for error in ERRORS:
        shown = portal_languages()[code].text(error).rstrip(".")
        assert escape(shown, quote=False) in body, error


def test_every_page_of_the_help_exists_in_every_language() -> None:
    german = {path.stem for path in (theme_folder() / "texts" / "de").glob("[0-9a-f]0-*.md")}
    for code in portal_languages():
        there = {path.stem for path in (theme_folder() / "texts" / code).glob("[0-9a-f]0-*.md")}
        # What is for doctors, and a comparison with CDs, are left to those who read German or English.
        assert german - there <= {"d0-instead-of-a-cd", "e0-for-doctors"}, code
        assert there <= german, code
