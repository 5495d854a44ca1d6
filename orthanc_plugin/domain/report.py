"""When the recipient of a share may read the report.

Before its time a report does not exist for the recipient: in no list, no count, no download, on no native route.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from .errors import PatientShareError

# DICOM PS3.4 table B.5-1: encapsulated documents and structured reports, but for key object selections, which only
# point at images.
_REPORTS = ("1.2.840.10008.5.1.4.1.1.104.", "1.2.840.10008.5.1.4.1.1.88.")
_KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"
ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"

MOST_HOURS = 24 * 90
LARGEST_PDF = 50 * 2**20
_HOURS = re.compile(r"([1-9][0-9]{0,3})h", re.ASCII)
_FROM = re.compile(r"from:([0-9]{1,11})", re.ASCII)


def is_report(sop_class_uid: str) -> bool:
    """Whether instances of this SOP class are reports."""
    return sop_class_uid.startswith(_REPORTS) and sop_class_uid != _KEY_OBJECTS


class ReportTime(StrEnum):
    """The kinds of rules."""

    NEVER = "never"
    HOLD = "hold"
    AT_ONCE = "at-once"
    AFTER = "after"
    FROM = "from"


@dataclass(frozen=True)
class ReportRule:
    """When reports of a share are shown: `seconds` after the later of the share's creation and the report's arrival
    (AFTER), or from `seconds` since 1970-01-01 UTC on (FROM). HOLD waits for somebody of the staff."""

    time: ReportTime = ReportTime.AT_ONCE
    seconds: int = 0

    @classmethod
    def parse(cls, text: str) -> ReportRule:
        """The rule written as `never`, `hold`, `at-once`, `24h`, or `from:1764766800`; raises ValueError."""
        if hours := _HOURS.fullmatch(text):
            if int(hours[1]) > MOST_HOURS:
                raise ValueError(f"must be at most {MOST_HOURS} hours")
            return cls(ReportTime.AFTER, int(hours[1]) * 3600)
        if moment := _FROM.fullmatch(text):
            return cls(ReportTime.FROM, int(moment[1]))
        if text not in (ReportTime.NEVER, ReportTime.HOLD, ReportTime.AT_ONCE):
            raise ValueError("must be never, hold, at-once, a number of hours as in 24h, or a moment")
        return cls(ReportTime(text))

    @property
    def text(self) -> str:
        """What parse() reads."""
        if self.time is ReportTime.AFTER:
            return f"{self.seconds // 3600}h"
        return f"from:{self.seconds}" if self.time is ReportTime.FROM else self.time.value

    def visible_from(self, created_at: int, arrived_at: int) -> int | None:
        """The moment from which a report that arrived then is shown; None where no time leads there."""
        match self.time:
            case ReportTime.AT_ONCE:
                return 0
            case ReportTime.AFTER:
                return max(created_at, arrived_at) + self.seconds
            case ReportTime.FROM:
                return self.seconds
            case _:
                return None

    def shows(self, created_at: int, arrived_at: int, now: float) -> bool:
        """Whether it is shown at `now`; a clock that is set back closes it again."""
        begins = self.visible_from(created_at, arrived_at)
        return begins is not None and now >= begins


SHOWN_AT_ONCE = ReportRule(ReportTime.AT_ONCE)


class UnusableReport(PatientShareError):
    """A document that is not shown; the text says why, in a few words of the program's own."""


@dataclass(frozen=True)
class AddedReport:
    """A report that staff have added to a study: `id` is Orthanc's identifier of its instance."""

    id: str
    study_id: str
    # Seconds since 1970-01-01 UTC.
    added_at: int


@dataclass(frozen=True)
class ReportLine:
    """An entry of a structured report: how deep it lies, what it is called, and what it says."""

    depth: int
    name: str
    text: str


@dataclass(frozen=True)
class ReportDocument:
    """A report that can be shown: a PDF without anything that acts, or the lines of a structured report."""

    pdf: bytes | None = None
    title: str = ""
    lines: tuple[ReportLine, ...] = ()
    final: bool = True
    verified: bool = True
