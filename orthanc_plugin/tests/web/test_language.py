from __future__ import annotations

import pytest

from ..support.browser import Browser, recipient, stranger
from ..support.world import World

GERMAN, ENGLISH = "Ihre Aufnahmen", "your images"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "de"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en", "en"),
        ("en-US,en;q=0.9", "en"),
        ("EN-gb", "en"),
        ("xx", "de"),
        ("xx,en;q=0.5", "en"),
        ("fr,en;q=0.5", "fr"),
        ("tr-TR,tr;q=0.9,de;q=0.5", "tr"),
        ("de-x-private", "de"),
        ("en;q=0.3,de;q=0.9", "de"),
        ("en;q=0", "de"),
        ("*", "de"),
        ("nonsense;;q=x,,", "de"),
        ("\ud800", "de"),
        ("en" * 5000, "de"),
    ],
)
def test_pages_are_in_the_language_that_the_browser_prefers(world: World, accepted: str, language: str) -> None:
    page = stranger(world).get("/portal", accept_language=accepted).body.decode()
    assert f'<html lang="{language}">' in page
    assert ("Zugangscode" in page) == (language == "de")
    assert ("Access code" in page) == (language == "en")


@pytest.mark.parametrize(
    ("address", "german", "english"),
    [
        ("/portal/nothing", "Diese Seite gibt es nicht", "This page does not exist"),
        ("/portal/study", "Vollansicht|Aufnahmen", "Your images"),
    ],
)
def test_pages_and_errors_speak_the_visitors_language(world: World, address: str, german: str, english: str) -> None:
    browser = recipient(world)
    pages = {language: browser.get(address, accept_language=language).body.decode() for language in ("de", "en")}
    assert any(words in pages["de"] for words in german.split("|"))
    assert english in pages["en"]
    assert english not in pages["de"]


def test_refusals_of_a_login_speak_the_visitors_language(world: World) -> None:
    for language, words in (("de", "Tippfehler"), ("en", "typing error")):
        answer = Browser(world, {"accept-language": language}).log_in("x", "y")
        assert words in answer.body.decode()


def test_a_failure_speaks_the_visitors_language_and_says_nothing_else(world: World) -> None:
    def fail(_study_id: str) -> None:
        raise RuntimeError("Other^Person")

    browser = recipient(world)
    world.archive.study = fail  # type: ignore[method-assign,assignment]
    for language, words in (("de", "Das hat nicht geklappt"), ("en", "That did not work")):
        answer = browser.get("/portal/study", accept_language=language)
        assert answer.status == 500
        assert words in answer.body.decode()
        assert b"Person" not in answer.body
        assert b"RuntimeError" not in answer.body
