"""The letter that a patient takes home: one page to keep, and the password on a part of its own to tear off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment
from markupsafe import Markup

from ..domain.credential import AccessCode, Password
from ..domain.person_name import display_name
from ..domain.share import Audience, Share
from ..domain.study import StudySummary
from ..i18n.catalogue import Language
from ..use_cases.validity import last_valid_day
from .qr_code import qr_svg

# What fits on the letter's line; DICOM allows 64 characters for each of several components (PS3.5 section 6.2).
_LONGEST_NAME = 80


class Part(StrEnum):
    """What is printed: all of it, or one half of what is delivered in two ways."""

    BOTH = "both"
    LETTER = "letter"
    PASSWORD = "password"  # noqa: S105 - the half of the letter


def personal_link(public_url: str, code: AccessCode) -> str:
    """The link that opens a share; the code stands in its fragment, which browsers do not send."""
    return f"{public_url}/portal/#{code.grouped}"


@dataclass(frozen=True)
class LetterPrinter:
    """Prints letters from the theme's template `handout.html`."""

    templates: Environment
    languages: Mapping[str, Language]
    practice: Any

    def of_share(
        self,
        share: Share,
        code: AccessCode,
        password: Password,
        studies: Sequence[StudySummary],
        public_url: str,
        zone: ZoneInfo,
        part: Part = Part.BOTH,
    ) -> str:
        """The letter of a share. Two in one printer are told apart by the name; who a referrer is, only staff know."""
        for_patient = share.audience is Audience.PATIENT and studies
        name = display_name(studies[0].patient_name)[:_LONGEST_NAME] if for_patient else ""
        last_day, link = last_valid_day(share.expires_at, zone), personal_link(public_url, code)
        return self.html(link, code, password, last_day, share.language, share.audience.value, name, part)

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
