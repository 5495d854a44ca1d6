"""How staff look for a study: what they typed, and whether a study fits."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from .errors import InvalidInput
from .study import StudySummary

_LONGEST = 64
_OLDEST_YEAR, _NEWEST_YEAR = 1880, 2100
# They mean lists and wildcards in a DICOM query (PS3.4 C.2.2.2), which has no way to escape them.
_WILD = re.compile(r"[\\*?]")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "æ": "ae", "ø": "oe"})


@dataclass(frozen=True)
class StudySearch:
    """What is looked for; an empty field does not count. Dates are DICOM DA strings (PS3.5 section 6.2)."""

    name: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    study_date: str = ""
    accession_number: str = field(default="", repr=False)
    patient_id: str = field(default="", repr=False)

    @classmethod
    def parse(
        cls,
        name: str = "",
        birth_date: str = "",
        study_date: str = "",
        accession_number: str = "",
        patient_id: str = "",
    ) -> StudySearch:
        """Read what people typed; raises InvalidInput, also where nothing was."""
        found = cls(
            name=_text("name", name),
            birth_date=parse_day("birth_date", birth_date),
            study_date=parse_day("study_date", study_date),
            accession_number=_text("accession_number", accession_number),
            patient_id=_text("patient_id", patient_id),
        )
        if not any(vars(found).values()):
            raise InvalidInput("search", "must hold something to look for")
        if found.name and not any(len(re.findall("[a-z0-9]", word)) > 1 for word in found.name_words):
            raise InvalidInput("name", "must hold a word with at least two letters")
        return found

    @property
    def name_words(self) -> tuple[str, ...]:
        """The words of the name, folded, the longest first."""
        return tuple(sorted(folded(self.name).split(), key=len, reverse=True))

    def fits(self, study: StudySummary) -> bool:
        """Whether every word of the name stands in the patient's name."""
        name = folded(study.patient_name)
        return all(word in name for word in self.name_words)


@dataclass(frozen=True)
class FoundStudy:
    """A study that answers; `study` has no series. `images` counts instances."""

    study: StudySummary
    images: int
    modalities: tuple[str, ...]


@dataclass(frozen=True)
class FoundStudies:
    """One page of answers, newest first; `next_since` is None on the last."""

    studies: tuple[FoundStudy, ...]
    next_since: int | None


def folded(name: str) -> str:
    """A name without what people write in different ways: case, accents, umlauts, punctuation."""
    text = unicodedata.normalize("NFC", name).casefold().translate(_UMLAUTS)
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w'-]", " ", plain).split())


def parse_day(name: str, typed: str) -> str:
    """A day as people write it, such as 3.4.1958, 1958-04-03 or 03041958, as DICOM DA; raises InvalidInput."""
    text = typed.strip()
    if not text:
        return ""
    for shape, order in (
        (r"([0-9]{1,2})[./ -]\s?([0-9]{1,2})[./ -]\s?([0-9]{4})", (3, 2, 1)),
        (r"([0-9]{4})[./-]([0-9]{1,2})[./-]([0-9]{1,2})", (1, 2, 3)),
        (r"([0-9]{2})([0-9]{2})([0-9]{4})", (3, 2, 1)),
        (r"([0-9]{4})([0-9]{2})([0-9]{2})", (1, 2, 3)),
    ):
        found = re.fullmatch(shape, text, re.ASCII)
        if found:
            year, month, day = (int(found[place]) for place in order)
            try:
                if _OLDEST_YEAR <= year <= _NEWEST_YEAR:
                    return date(year, month, day).strftime("%Y%m%d")
            except ValueError:
                continue
    raise InvalidInput(name, "must be a day such as 3.4.1958")


def _text(name: str, typed: str) -> str:
    text = typed.strip()
    if len(text) > _LONGEST or not text.isprintable() or _WILD.search(text):
        raise InvalidInput(name, f"must be up to {_LONGEST} printable characters without backslash, * and ?")
    return text
