"""Show a recipient the shared study: series and images by their ordinal inside the share."""

from __future__ import annotations

from dataclasses import dataclass

from ..domain.errors import PatientShareError, ShareClosed
from ..domain.share import Share
from ..domain.study import ImageRef, SeriesSummary, StudySummary
from ..ports import Archive
from .open_share import STUDY_GONE


class NotInShare(PatientShareError):
    """The share has no series or image with this ordinal."""


@dataclass(frozen=True)
class ViewStudy:
    """Resolve ordinals, which count from 1, so that no identifier of a resource ever comes from the client."""

    archive: Archive

    def study(self, share: Share) -> StudySummary:
        """The shared study; raises ShareClosed when Orthanc has it no more."""
        study = self.archive.study(share.study_id)
        if study is None:
            raise ShareClosed(STUDY_GONE)
        return study

    def ordered_series(self, share: Share) -> tuple[SeriesSummary, ...]:
        """The series of the share, without those left out, in the order that ordinals count."""
        return tuple(s for s in self.study(share).ordered_series if s.id not in share.excluded_series)

    def series(self, share: Share, ordinal: int) -> SeriesSummary:
        """The series with this ordinal; raises NotInShare or ShareClosed."""
        ordered = self.ordered_series(share)
        if not 1 <= ordinal <= len(ordered):
            raise NotInShare
        return ordered[ordinal - 1]

    def images(self, share: Share, ordinal: int) -> tuple[ImageRef, ...]:
        """All images of the series with this ordinal."""
        return tuple(self.archive.images(self.series(share, ordinal).id))

    def image(self, share: Share, ordinal: int, number: int) -> ImageRef:
        """One image; raises NotInShare or ShareClosed."""
        images = self.images(share, ordinal)
        if not 1 <= number <= len(images):
            raise NotInShare
        return images[number - 1]
