"""Message catalogues (GNU gettext), read from locale/ at the start. English is the language of the source."""

from __future__ import annotations

import gettext
import io
from datetime import date, datetime
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCE_LANGUAGE = "en"
_LOCALE = Path(__file__).parent.parent / "locale"


class Language:
    """One language: its messages and its way of writing dates."""

    def __init__(self, code: str, messages: gettext.NullTranslations) -> None:
        self.code = code
        self.messages = messages

    @property
    def own_name(self) -> str:
        """What the language calls itself, with a capital letter."""
        name = Locale.parse(self.code).get_display_name() or self.code
        return name[:1].upper() + name[1:]

    def text(self, message: str) -> str:
        """The message in this language."""
        return self.messages.gettext(message)

    def long_date(self, day: date) -> str:
        """For example "Wednesday, December 23, 2026"."""
        return format_date(day, "full", locale=self.code)

    def short_date(self, day: date) -> str:
        """For example "Dec 23, 2026"."""
        return format_date(day, "medium", locale=self.code)

    def time_of_day(self, moment: datetime) -> str:
        """For example "3:07 PM", in the moment's own time zone."""
        return format_time(moment, "short", locale=self.code, tzinfo=moment.tzinfo)

    def dicom_date(self, value: str) -> str:
        """A DICOM DA value (PS3.5 section 6.2) as people write it; empty where it is no date."""
        digits = value.strip().replace(".", "")
        try:
            return self.short_date(date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])))
        except ValueError:
            return ""


def load_languages() -> dict[str, Language]:
    """All languages by code: the source's and each that has a catalogue."""
    languages = {SOURCE_LANGUAGE: Language(SOURCE_LANGUAGE, gettext.NullTranslations())}
    for path in sorted(_LOCALE.glob("*/LC_MESSAGES/messages.po")):
        code = path.parent.parent.name
        with path.open("rb") as file:
            catalogue = read_po(file, locale=code)
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        languages[code] = Language(code, gettext.GNUTranslations(compiled))
    return languages
