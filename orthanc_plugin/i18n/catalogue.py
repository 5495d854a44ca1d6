"""Message catalogues (GNU gettext), read from locale/ at the start. English is the language of the source.

A catalogue whose header is marked "fuzzy" (GNU gettext manual, "Fuzzy Entries") is a draft that nobody has read over
yet: pages say so, and letters and staff's pages do without it. Its missing messages are taken from another language.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

SOURCE_LANGUAGE = "en"
# BCP 47 has a subtag for simplified language ("simple"), the locale data have no name for it.
_NAMES = {"de-simple": "Leichte Sprache"}
_LOCALE = Path(__file__).parent.parent / "locale"


class Language:
    """One language: its messages and its way of writing dates and numbers. `code` is a tag of BCP 47."""

    def __init__(self, code: str, messages: gettext.NullTranslations, draft: bool = False) -> None:
        self.code = code
        self.messages = messages
        self.draft = draft
        self._locale = Locale.parse(plain_code(code))

    @property
    def own_name(self) -> str:
        """What the language calls itself, with a capital letter."""
        name = _NAMES.get(self.code) or self._locale.get_display_name() or self.code
        return name[:1].upper() + name[1:]

    @property
    def direction(self) -> str:
        """The direction of writing: "ltr" or "rtl"."""
        return self._locale.text_direction

    def text(self, message: str) -> str:
        """The message in this language."""
        return self.messages.gettext(message)

    def long_date(self, day: date) -> str:
        """For example "Wednesday, December 23, 2026"."""
        return format_date(day, "full", locale=self._locale)

    def short_date(self, day: date) -> str:
        """For example "Dec 23, 2026"."""
        return format_date(day, "medium", locale=self._locale)

    def number(self, value: float, digits: int) -> str:
        """The number with this many digits behind the point, for example "1.5"."""
        return format_decimal(value, "0." + "0" * digits if digits else "0", locale=self._locale)

    def time_of_day(self, moment: datetime) -> str:
        """For example "3:07 PM", in the moment's own time zone."""
        return format_time(moment, "short", locale=self._locale, tzinfo=moment.tzinfo)

    def dicom_date(self, value: str) -> str:
        """A DICOM DA value (PS3.5 section 6.2) as people write it; empty where it is no date."""
        digits = value.strip().replace(".", "")
        try:
            return self.short_date(date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])))
        except ValueError:
            return ""


def load_languages(own: str = SOURCE_LANGUAGE) -> dict[str, Language]:
    """All languages by code: the source's and each that has a catalogue.

    What a draft lacks is said in the language that it simplifies, else in the practice's own (`own`).
    """
    languages = {SOURCE_LANGUAGE: Language(SOURCE_LANGUAGE, gettext.NullTranslations())}
    for path in sorted(_LOCALE.glob("*/LC_MESSAGES/messages.po")):
        code = path.parent.parent.name
        with path.open("rb") as file:
            catalogue = read_po(file, locale=plain_code(code))
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        languages[code] = Language(code, gettext.GNUTranslations(compiled), draft=bool(catalogue.fuzzy))
    finished = complete(languages)
    for language in languages.values():
        if language.draft:
            fallback = finished.get(plain_code(language.code), finished[own])
            language.messages.add_fallback(fallback.messages)
    return languages


def plain_code(code: str) -> str:
    """The language that a simplified one is a form of: "de" for "de-simple"; others are their own."""
    return code.partition("-")[0]


def complete(languages: Mapping[str, Language]) -> dict[str, Language]:
    """Those without drafts: for letters, messages and the staff's pages."""
    return {code: language for code, language in languages.items() if not language.draft}


def offered(languages: Mapping[str, Language], wanted: Sequence[str], own: str) -> dict[str, Language]:
    """What the portal's pages may be read in: the practice's own language first, then by name, drafts last.

    `wanted` are the codes to offer, all where it is empty; raises KeyError with a code that does not exist.
    """
    chosen = {code: languages[code] for code in (own, *(wanted or languages))}
    ordered = sorted(chosen.values(), key=lambda one: (one.code != own, one.draft, one.own_name))
    return {language.code: language for language in ordered}
