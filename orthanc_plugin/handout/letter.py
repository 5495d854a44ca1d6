"""The letter that a patient takes home: one page to keep, and the password on a part of its own to tear off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from ..domain.credential import AccessCode, Password
from ..i18n.catalogue import Language
from .qr_code import qr_svg


class Part(StrEnum):
    """What is printed: all of it, or one half of what is delivered in two ways."""

    BOTH = "both"
    LETTER = "letter"
    PASSWORD = "password"  # noqa: S105 - the half of the letter


@dataclass(frozen=True)
class LetterPrinter:
    """Prints letters from the theme's template `handout.html`."""

    templates: Environment
    languages: Mapping[str, Language]
    practice: Any

    def html(
        self,
        link: str,
        code: AccessCode,
        password: Password,
        last_day: date,
        language_code: str,
        audience: str,
        recipient_name: str = "",
        part: Part = Part.BOTH,
    ) -> str:
        """A stand-alone HTML page (A4) with link, QR code, code, password and the last valid day in words.

        Without `recipient_name` there is a line to write one on.
        """
        language = self.languages[language_code]
        template = self.templates.get_template("handout.html")
        return template.render(
            practice=self.practice,
            link=link,
            access_code=code.grouped,
            password=password.grouped,
            # Built from our own link alone: nothing from outside is in it.
            qr_svg=Markup(qr_svg(link)),  # noqa: S704
            last_valid_day_in_words=language.long_date(last_day),
            audience=audience,
            recipient_name=recipient_name,
            part=part.value,
            lang=language.code,
            _=language.text,
            gettext=language.text,
            ngettext=language.messages.ngettext,
        )
