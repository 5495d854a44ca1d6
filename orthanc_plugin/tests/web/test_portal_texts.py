"""Help, legal pages, and the choice of a language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orthanc_plugin.web.texts import LEGAL, Texts, UnusableTexts
from orthanc_plugin.web.theme import theme_folder

from ..support.browser import recipient, staff, stranger
from ..support.world import World, build_world

# Questions of patients, and where their answer stands.
QUESTIONS = {
    "what-is-this": "Röntgenbilder",
    "how-to-get-in": "QR-Code",
    "code-and-password": "14 Zeichen",
    "lost": "neuen Brief",
    "it-does-not-work": "Cookies",
    "no-images-yet": "erscheinen von selbst",
    "report": "entscheidet die Praxis",
    "who-can-see-it": "verschlüsselt",
    "logged-out": "Fenster schließen",
    "delete-and-withdraw": "Einwilligung",
    "devices": "Safari",
    "download": "USB-Stick",
    "instead-of-a-cd": "Laufwerk",
    "for-doctors": "DICOMDIR",
    "whom-to-ask": "116 117",
}


def test_every_question_is_two_taps_from_the_start_page(world: World) -> None:
    visitor = stranger(world)
    assert 'href="/portal/help"' in visitor.get("/portal").body.decode()
    index = visitor.get("/portal/help").body.decode()
    assert re.findall(r'href="/portal/help/([a-z-]+)"', index) == list(QUESTIONS)
    for slug, word in QUESTIONS.items():
        answer = visitor.get(f"/portal/help/{slug}")
        assert answer.status == 200 and word in answer.body.decode(), slug
        assert "30 1234" in answer.body.decode()


def test_every_text_exists_in_both_languages() -> None:
    folders = {language: theme_folder() / "texts" / language for language in ("de", "en")}
    names = {language: {path.name for path in folder.iterdir()} for language, folder in folders.items()}
    assert names["de"] == names["en"] and len(names["de"]) > 15


@pytest.mark.parametrize("slug", ["cookies", "accessibility"])
def test_legal_pages_stand_at_the_foot_of_each_page(world: World, slug: str) -> None:
    for browser in (stranger(world), recipient(world)):
        assert f'href="/portal/legal/{slug}"' in browser.get("/portal/help").body.decode()
        assert browser.get(f"/portal/legal/{slug}").status == 200
    assert f"/portal/help/{slug}" not in stranger(world).get("/portal/help").body.decode()


def test_pages_that_do_not_exist_are_none(world: World) -> None:
    for path in ("/portal/help/staff", "/portal/help/cookies", "/portal/legal/imprint", "/portal/legal/lost"):
        assert stranger(world).get(path).status == 404, path


def test_the_practices_own_texts_replace_and_add(tmp_path: Path) -> None:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "imprint.md").write_text("# Impressum\n\nPraxis", encoding="utf-8")
    (tmp_path / "de" / "40-lost.md").write_text("# Verloren?\n\nZimmer 3", encoding="utf-8")
    (tmp_path / "de" / "parking.md").write_text("# Parken\n\nHinter dem Haus", encoding="utf-8")
    texts = Texts([theme_folder() / "texts", tmp_path], ["de", "en"], "de")
    assert texts.missing == ["privacy"] and not texts.unfinished
    assert texts.legal("en")[0].title == "Impressum"
    assert texts.help("de")[3].title == "Verloren?" and texts.help("de")[-1].title == "Parken"
    assert "Zimmer 3" in texts.help("de")[3].body and texts.help("en")[3].title != "Verloren?"


def test_the_templates_can_be_used_and_their_blanks_are_told() -> None:
    folder = theme_folder().parent / "config" / "texts"
    texts = Texts([theme_folder() / "texts", folder], ["de", "en"], "de")
    assert not texts.missing
    assert texts.unfinished == ["de/imprint.md", "de/privacy.md", "en/imprint.md", "en/privacy.md"]


@pytest.mark.parametrize(
    "source",
    [
        "# x\n\n<script>alert(1)</script>",
        "# x\n\n<img src=x onerror=alert(1)>",
        "# x\n\n[y](javascript:alert(1))",
        "# x\n\n![y](https://elsewhere.example/pixel.png)",
        "# <script>alert(1)</script>\n\ny",
    ],
)
def test_a_text_neither_acts_nor_loads(tmp_path: Path, source: str) -> None:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "x.md").write_text(source, encoding="utf-8")
    world = build_world()
    object.__setattr__(world.services, "texts", Texts([tmp_path], ["de"], "de"))
    body = stranger(world).get("/portal/help/x").body.decode()
    for word in ("<script>alert", "<img src=x", 'href="javascript', "<img"):
        assert word not in body, source


@pytest.mark.parametrize(
    ("name", "content"),
    [("Über uns.md", b"# x\n"), ("x.md", b"no title"), ("x.md", b"# \xff\n"), ("x.md", b"# x\n" + b"y" * 300_000)],
)
def test_a_file_that_cannot_be_used_is_named_at_the_start(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / name).write_bytes(content)
    with pytest.raises(UnusableTexts, match=re.escape(name)):
        Texts([tmp_path], ["de"], "de")


def test_the_language_that_was_chosen_stays_on_the_portal(world: World) -> None:
    visitor = stranger(world)
    answer = visitor.submit("/portal/language", {"language": "en", "back": "/portal/help"})
    assert (answer.status, answer.header("location")) == (303, "/portal/help")
    assert "Path=/portal" in answer.header("set-cookie") and "HttpOnly" in answer.header("set-cookie")
    assert '<html lang="en">' in visitor.get("/portal", accept_language="de").body.decode()


@pytest.mark.parametrize(
    "form", [{"language": "xx"}, {"language": "en", "back": "https://evil.example"}, {"back": "//evil.example"}]
)
def test_nobody_is_led_elsewhere_by_a_choice(world: World, form: dict[str, str]) -> None:
    answer = stranger(world).submit("/portal/language", form)
    assert answer.header("location") == "/portal"
    assert form.get("language") == "en" or not answer.header("set-cookie")


def test_staff_have_a_help_of_their_own(world: World) -> None:
    body = staff(world).get("/patient-share/help").body.decode()
    assert "Hilfe für das Praxisteam" in body and "/portal/legal" not in body


def test_every_legal_page_is_known() -> None:
    assert LEGAL == ("imprint", "privacy", "cookies", "accessibility")
