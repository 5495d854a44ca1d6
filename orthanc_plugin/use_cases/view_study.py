"""Show a recipient the shared studies: series and images by their ordinal inside the share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..domain.download import StoredInstance, newest_report
from ..domain.errors import PatientShareError, ShareClosed
from ..domain.share import Share
from ..domain.study import ImageRef, SeriesSummary, StudySummary
from ..ports import Archive, Clock
from .open_share import STUDY_GONE


class NotInShare(PatientShareError):
    """The share has no series or image with this ordinal."""


@dataclass(frozen=True)
class ViewStudy:
    """Resolve ordinals, which count from 1, so that no identifier of a resource ever comes from the client."""

    archive: Archive
    clock: Clock

    def studies(self, share: Share) -> tuple[StudySummary, ...]:
        """The studies that Orthanc holds, each without what the share does not show, in the order of the share.

        Empty while all of them are awaited; raises ShareClosed when there is none left to wait for.
        """
        found = [self.archive.study(study.id) for study in share.studies if study.id]
        present = tuple(_without(study, share, self.clock.now()) for study in found if study is not None)
        if not present and all(study.id for study in share.studies):
            raise ShareClosed(STUDY_GONE)
        return present

    def ordered_series(self, share: Share) -> tuple[SeriesSummary, ...]:
        """The series of the share in the order that ordinals count, through all studies."""
        return tuple(series for study in self.studies(share) for series in study.ordered_series)

    def series(self, share: Share, ordinal: int) -> SeriesSummary:
        """The series with this ordinal; raises NotInShare or ShareClosed."""
        return self.series_and_study(share, ordinal)[0]

    def series_and_study(self, share: Share, ordinal: int) -> tuple[SeriesSummary, StudySummary]:
        """The series with this ordinal and the study that it is part of; raises NotInShare or ShareClosed."""
        ordered = [(series, study) for study in self.studies(share) for series in study.ordered_series]
        if not 1 <= ordinal <= len(ordered):
            raise NotInShare
        return ordered[ordinal - 1]

    def shows(self, share: Share, instances: Iterable[StoredInstance]) -> bool:
        """Whether a series that holds these may be shown as a whole.

        What the archive says of a series may be seconds old: a report that has arrived since shows in its instances.
        """
        return share.shows_report(newest_report(instances), self.clock.now())

    def images(self, share: Share, ordinal: int) -> tuple[ImageRef, ...]:
        """All images of the series with this ordinal."""
        return tuple(self.archive.images(self.series(share, ordinal).id))

    def images_from(self, share: Share, ordinal: int, first: int) -> tuple[SeriesSummary, tuple[ImageRef, ...]]:
        """The series and its images from number `first` on, at least one; raises NotInShare or ShareClosed."""
        series = self.series(share, ordinal)
        images = tuple(self.archive.images(series.id))
        if not 1 <= first <= len(images):
            raise NotInShare
        return series, images[first - 1 :]

    def image(self, share: Share, ordinal: int, number: int) -> ImageRef:
        """One image; raises NotInShare or ShareClosed."""
        images = self.images(share, ordinal)
        if not 1 <= number <= len(images):
            raise NotInShare
        return images[number - 1]


def _without(study: StudySummary, share: Share, now: float) -> StudySummary:
    shown = (
        one for one in study.series if one.id not in share.excluded_series and share.shows_report(one.report_at, now)
    )
    return replace(study, series=tuple(shown))
