from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest

from orthanc_plugin.domain.credential import AccessCode, Password
from orthanc_plugin.handout.letter import LetterPrinter
from orthanc_plugin.handout.qr_code import qr_svg
from orthanc_plugin.web.services import Practice

from ..support.world import PRACTICE, languages, templates

CODE, PASSWORD = AccessCode.from_number(123_456_789), Password.from_number(987_654_321)
LINK = f"https://portal.practice.example/portal/#{CODE.grouped}"
DAY = date(2026, 12, 23)


def letter(
    language: str = "de", audience: str = "patient", practice: Practice = PRACTICE, recipient: str = "Erika Muster"
) -> str:
    printer = LetterPrinter(templates(), languages(), practice)
    return printer.html(LINK, CODE, PASSWORD, DAY, language, audience, recipient)


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL)).split())


@pytest.mark.parametrize(
    ("language", "day"), [("de", "Mittwoch, 23. Dezember 2026"), ("en", "Wednesday, December 23, 2026")]
)
@pytest.mark.parametrize("audience", ["patient", "referrer"])
def test_the_letter_holds_all_that_is_needed(language: str, day: str, audience: str) -> None:
    html = letter(language, audience)
    text = words(html)
    assert f'<html lang="{language}">' in html
    for part in (
        CODE.grouped,
        PASSWORD.grouped,
        day,
        PRACTICE.name,
        PRACTICE.telephone,
        "portal.practice.example/portal",
    ):
        assert part in text, part
    assert qr_svg(LINK) in html


def test_the_password_stands_on_the_part_to_tear_off_alone() -> None:
    upper, _, lower = letter().partition('<section class="slip">')
    assert PASSWORD.grouped in lower
    assert PASSWORD.grouped not in upper
    for part in (CODE.grouped, CODE.text, "portal.practice.example", qr_svg(LINK)):
        assert part not in lower
        assert upper.count(part) <= 1


def test_the_letter_is_addressed_and_the_slip_names_nobody() -> None:
    upper, _, lower = letter().partition('<section class="slip">')
    assert "Erika Muster" in upper
    assert "Muster" not in lower.replace("Musterstadt", "")
    assert "Erika" not in letter(recipient="")


def test_the_words_fit_the_audience() -> None:
    assert words(letter("en", "patient")) != words(letter("en", "referrer"))
    assert "your patient" in words(letter("en", "referrer"))


def test_the_letter_stands_alone() -> None:
    html = letter()
    assert not re.search(r"<(script|link|img|iframe)\b", html)
    assert not re.search(r"(?:src|href)=", html)
    assert "url(" not in html
    assert "@page { size: A4" in html


def test_the_logo_is_carried_inside() -> None:
    uri = "data:image/png;base64,AAAA"
    html = letter(practice=Practice("Praxis", (), "", "", "", uri))
    assert re.findall(r'src="([^"]*)"', html) == [uri]


def test_the_practices_words_are_shown_as_text() -> None:
    hostile = '<script>x()</script>"&'
    html = letter(practice=Practice(hostile, (hostile, hostile), hostile, hostile, hostile))
    assert "<script" not in html
    assert hostile in words(html)


def test_a_practice_with_nothing_but_a_name_has_a_letter() -> None:
    assert "Praxis" in words(letter(practice=Practice("Praxis", (), "", "", "")))
