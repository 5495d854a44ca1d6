"""Rules by which studies are shared without anybody pressing a button."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .dicom_tag import DicomTag
from .email_address import EmailAddress
from .errors import InvalidInput
from .report import ReportRule
from .share import Audience


@dataclass(frozen=True)
class StudyFacts:
    """What rules look at. Names are as the modality sent them, without spaces around them."""

    modalities: frozenset[str] = frozenset()
    ae_titles: frozenset[str] = frozenset()
    stations: frozenset[str] = frozenset()
    institutions: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    has_referring_physician: bool = False
    # Whether Orthanc takes it for complete.
    is_stable: bool = True
    # Of the first image: the tags that rules name, where it has them.
    tags: Mapping[DicomTag, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class AutomaticRule:
    """Which studies are shared, and how. Every condition that is given has to hold; of its values one is enough.

    `validity_days` None, `language` "" and `report` None mean the practice's own.
    """

    name: str
    modalities: frozenset[str] = frozenset()
    ae_titles: frozenset[str] = frozenset()
    stations: frozenset[str] = frozenset()
    institutions: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    tags: Mapping[DicomTag, frozenset[str]] = field(default_factory=dict)
    with_referring_physician: bool = False
    audience: Audience = Audience.PATIENT
    language: str = ""
    validity_days: int | None = None
    report: ReportRule | None = None
    consent: bool = False
    # Where the recipient's e-mail address stands; None where nothing is sent.
    email_tag: DicomTag | None = None

    def matches(self, facts: StudyFacts) -> bool:
        """Whether the study is shared by this rule."""
        pairs = (
            (self.modalities, facts.modalities),
            (self.ae_titles, facts.ae_titles),
            (self.stations, facts.stations),
            (self.institutions, facts.institutions),
            (self.labels, facts.labels),
        )
        wanted = [(wanted, found) for wanted, found in pairs if wanted]
        wanted += [(values, frozenset(filter(None, [facts.tags.get(tag)]))) for tag, values in self.tags.items()]
        if not (wanted or self.with_referring_physician):
            return False
        return all(given & found for given, found in wanted) and (
            facts.has_referring_physician or not self.with_referring_physician
        )

    def address(self, facts: StudyFacts) -> EmailAddress | None:
        """The first usable address in the rule's tag; None where there is none."""
        found = facts.tags.get(self.email_tag, "") if self.email_tag else ""
        # Several values are separated by backslashes (PS3.5 section 6.2), addresses in a text by what people use.
        for text in found.replace("\\", " ").replace(",", " ").replace(";", " ").split():
            try:
                return EmailAddress.parse(text.removeprefix("mailto:"))
            except InvalidInput:
                continue
        return None
