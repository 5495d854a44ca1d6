"""Rules by which studies are shared without anybody pressing a button."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    with_referring_physician: bool = False
    audience: Audience = Audience.PATIENT
    language: str = ""
    validity_days: int | None = None
    report: ReportRule | None = None
    consent: bool = field(default=False)

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
        if not (wanted or self.with_referring_physician):
            return False
        return all(given & found for given, found in wanted) and (
            facts.has_referring_physician or not self.with_referring_physician
        )
