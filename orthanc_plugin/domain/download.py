"""What a download consists of: files whose lengths are known before any of them is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from .errors import PatientShareError
from .report import ReportDocument
from .study import ImageRef, SeriesSummary


class Wanted(StrEnum):
    """What somebody takes along: files for a doctor's programs, pictures that every computer shows, or both."""

    DICOM = "dicom"
    PICTURES = "pictures"
    BOTH = "both"

    @property
    def dicom(self) -> bool:
        """Whether DICOM files are in it."""
        return self is not Wanted.PICTURES

    @property
    def pictures(self) -> bool:
        """Whether pictures are in it."""
        return self is not Wanted.DICOM


class DownloadBroken(PatientShareError):
    """A file cannot be read, or is not what was promised: what has been sent of the download is worth nothing."""

    def __init__(self, key: str) -> None:
        super().__init__("a file of the download cannot be read")
        self.key = key


@dataclass(frozen=True)
class StoredInstance:
    """A DICOM instance as the archive keeps it: `size` in bytes; `key` changes with its content."""

    id: str
    sop_instance_uid: str = field(repr=False)
    sop_class_uid: str
    transfer_syntax_uid: str
    number: int | None
    size: int
    key: str
    # When it arrived if it is a report, seconds since 1970; None for everything else.
    report_at: int | None = None


def newest_report(instances: Iterable[StoredInstance]) -> int | None:
    """When the newest report among the instances arrived; None where none of them is one."""
    return max((one.report_at for one in instances if one.report_at is not None), default=None)


@dataclass(frozen=True)
class Entry:
    """A file of the download. `key` changes with its content; `read` answers exactly `size` bytes or raises."""

    name: str
    size: int
    key: str
    read: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True)
class FiledInstance:
    """An instance and where it lies in the file set."""

    instance: StoredInstance
    file_id: tuple[str, ...]


@dataclass(frozen=True)
class FiledSeries:
    """A series, by the archive's identifier and its ordinal in the share, with what is to be had of it."""

    id: str
    ordinal: int
    instances: tuple[FiledInstance, ...]
    # Numbers of its instances, counted from 1, that cannot be read.
    damaged: tuple[int, ...] = ()
    # When the newest report in it arrived.
    report_at: int | None = None


@dataclass(frozen=True)
class FiledStudy:
    """A study, by the archive's identifier."""

    id: str
    series: tuple[FiledSeries, ...]


@dataclass(frozen=True)
class FiledPictures:
    """A series as pictures: its images that can be shown, and under which name each lies in the download."""

    series: SeriesSummary
    ordinal: int
    images: tuple[ImageRef, ...]
    names: tuple[str, ...]
    # Numbers of its images, counted from 1, that cannot be shown.
    missing: tuple[int, ...] = ()


@dataclass(frozen=True)
class FiledReport:
    """A report that is shown, counted from 1 in the download."""

    number: int
    document: ReportDocument = field(repr=False)
    # When the newest of its series arrived.
    report_at: int | None = None


@dataclass(frozen=True)
class Contents:
    """What a download holds."""

    studies: tuple[FiledStudy, ...] = ()
    pictures: tuple[FiledPictures, ...] = ()
    reports: tuple[FiledReport, ...] = ()

    @property
    def series(self) -> tuple[FiledSeries, ...]:
        """All series of all studies."""
        return tuple(series for study in self.studies for series in study.series)

    @property
    def instances(self) -> tuple[FiledInstance, ...]:
        """All instances of all series."""
        return tuple(instance for series in self.series for instance in series.instances)

    @property
    def report_at(self) -> int | None:
        """When the newest report in it arrived; None where there is none."""
        arrivals = [one.report_at for one in self.series] + [one.report_at for one in self.reports]
        return max((one for one in arrivals if one is not None), default=None)

    @property
    def damaged(self) -> int:
        """How many instances had to be left out."""
        return sum(len(series.damaged) for series in self.series)

    @property
    def missing_pictures(self) -> int:
        """How many pictures had to be left out."""
        return sum(len(series.missing) for series in self.pictures)

    @property
    def instance_count(self) -> int:
        """How many instances leave with it, in whichever form."""
        shown = {image.instance_id for series in self.pictures for image in series.images}
        return len(shown | {filed.instance.id for filed in self.instances})


def file_id(series: int, instance: int) -> tuple[str, ...]:
    """Where an instance lies: components of a File ID (DICOM PS3.10 section 8.2), numbered from 1.

    Nothing of it comes from a tag. Eight characters hold 999,999 instances of 9,999 series.
    """
    return ("DICOM", f"SE{series:04d}", f"IM{instance:06d}")
