"""Every sentence that people can meet has words in every language, and none was forgotten in the catalogue."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

import orthanc_plugin
from orthanc_plugin.i18n.catalogue import plain_code
from orthanc_plugin.web.theme import theme_folder

PACKAGE = Path(orthanc_plugin.__file__).parent
CATALOGUES = sorted((PACKAGE / "locale").glob("*/LC_MESSAGES/messages.po"))
DRAFTS = ("ar", "de-simple", "fr", "pl", "ru", "tr", "uk")
# Of the theme, but not for a patient: letters, messages, staff, the viewers for referrers.
NOT_FOR_PATIENTS = ("staff_", "_staff", "handout.html", "mail.html", "full_viewer.html")
KEYWORDS = {"_": None, "gettext": None, "text": None, "ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[a-z]|\{[a-z_]+\}|%[a-z%]|</?[a-z]+>")

ENDS = ".?!:…؟"

Message = str | tuple[str, str]


def extracted(path: Path) -> dict[Message, str]:
    """The messages of a template or a module, each with the place where it stands."""
    method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
    return {
        plain(message): f"{path.name}:{line}"
        for line, message, *_ in extract_from_file(method, path, keywords=KEYWORDS)
    }


def templates() -> list[Path]:
    return sorted(theme_folder().glob("templates/**/*.*"))


@cache
def sources() -> dict[Message, str]:
    """Messages of templates and Python, each with a place where it stands."""
    found: dict[Message, str] = {}
    # In migrations text() holds SQL.
    left_out = {"tests", "migrations"}
    modules = [one for one in sorted(PACKAGE.rglob("*.py")) if not left_out & set(one.relative_to(PACKAGE).parts)]
    for path in [*templates(), *modules]:
        found |= extracted(path)
    return found


@cache
def for_patients() -> dict[Message, str]:
    """What a patient can meet on the portal's pages."""
    found: dict[Message, str] = {}
    others = (PACKAGE / "web" / "offline_copy.py", PACKAGE / "i18n" / "dicom_words.py")
    modules = [*(PACKAGE / "web").glob("portal_*.py"), *others]
    for path in [*(one for one in templates() if not one.name.startswith(NOT_FOR_PATIENTS)), *modules]:
        found |= extracted(path)
    return found


def code_of(path: Path) -> str:
    """The language of a catalogue."""
    return path.parent.parent.name


def plain(message: str | tuple[str, ...] | list[str]) -> Message:
    return message if isinstance(message, str) else (message[0], message[1])


@cache
def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=plain_code(code_of(path)))


def translations(path: Path) -> dict[Message, tuple[str, ...]]:
    return {
        plain(entry.id): (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
        for entry in catalogue(path)
        if entry.id
    }


def test_messages_are_found_in_templates_and_in_python() -> None:
    assert "Access code" in sources()
    assert "Computed tomography (CT)" in sources()
    assert ("%(n)d minute", "%(n)d minutes") in sources()
    assert len(sources()) > 80
    assert [path.parent.parent.name for path in CATALOGUES] == sorted(["de", *DRAFTS])
    assert len(for_patients()) > 200 and "Log out" in for_patients() and "Find" not in for_patients()


@pytest.mark.parametrize("path", CATALOGUES, ids=code_of)
def test_every_message_is_translated(path: Path) -> None:
    known = translations(path)
    wanted = for_patients() if code_of(path) in DRAFTS else sources()
    missing = {str(message): place for message, place in wanted.items() if not all(known.get(message, ("",)))}
    assert missing == {}


@pytest.mark.parametrize("path", CATALOGUES, ids=code_of)
def test_a_draft_says_that_it_is_one(path: Path) -> None:
    assert catalogue(path).fuzzy == (code_of(path) in DRAFTS)


@pytest.mark.parametrize("path", CATALOGUES, ids=code_of)
def test_no_translation_is_a_guess_or_without_a_message(path: Path) -> None:
    assert [entry.id for entry in catalogue(path) if entry.id and entry.fuzzy] == []
    assert sorted(str(message) for message in translations(path) if message not in sources()) == []
    assert list(catalogue(path).obsolete) == []


@pytest.mark.parametrize("path", CATALOGUES, ids=code_of)
def test_placeholders_are_the_same_in_every_language(path: Path) -> None:
    for message, translated in translations(path).items():
        wanted = sorted(set(PLACEHOLDER.findall(message if isinstance(message, str) else message[1])))
        for number, text in enumerate(translated):
            found = sorted(set(PLACEHOLDER.findall(text)))
            # "One image", "two images": languages that have a word for a number of things need not name the number.
            counted = isinstance(message, tuple) and (number == 0 or len(translated) > 2)
            assert found == wanted or (counted and set(found) <= set(wanted)), message


@pytest.mark.parametrize("path", CATALOGUES, ids=code_of)
def test_all_forms_of_a_counted_message_are_translated(path: Path) -> None:
    forms = catalogue(path).num_plurals
    for message, translated in translations(path).items():
        assert len(translated) == (forms if isinstance(message, tuple) else 1), message


@pytest.mark.parametrize("path", CATALOGUES, ids=code_of)
def test_the_beginnings_and_ends_of_sentences_agree(path: Path) -> None:
    for message, translated in translations(path).items():
        source = message if isinstance(message, str) else message[0]
        for text in translated:
            assert text == text.strip(), message
            assert (source[-1:] in ENDS) == (text[-1:] in ENDS), message
