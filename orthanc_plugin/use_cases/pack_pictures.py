"""The pictures of a share, and the reports that it shows, for a download that needs no program for DICOM."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..domain.download import DownloadBroken, Entry, FiledPictures, FiledReport, newest_report
from ..domain.errors import ImageUnavailable, PatientShareError
from ..domain.report import ReportDocument, UnusableReport
from ..domain.share import Share
from ..domain.study import ImageRef, SeriesSummary
from ..ports import Archive, InstanceSource
from .view_study import ViewStudy

# Every picture is made before the first byte leaves, so that the length is known: about 80 a second.
MOST_PICTURES = 2000
# Series of few images are radiographs: large, and looked at closely.
_FEW = 20
_LARGE_EDGE, _EDGE = 2048, 1024
_KEPT_BYTES = 64 * 2**20
_REMEMBERED = 200_000
# Name of a picture in the download, by the ordinal of its series and its own number.
Naming = Callable[[int, int], str]


class TooManyPictures(PatientShareError):
    """So many that nobody would wait for them."""


@dataclass
class PackPictures:
    """Renders pictures and remembers their lengths; their bytes only as far as memory is set aside for them."""

    view_study: ViewStudy
    archive: Archive
    source: InstanceSource
    read_report: Callable[[bytes], ReportDocument]
    can_be_viewed: Callable[[SeriesSummary], bool]
    _sizes: dict[str, int] = field(default_factory=dict)
    _kept: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    _kept_bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, share: Share) -> int:
        """How many pictures the share has."""
        return sum(len(self.archive.images(series.id)) for _, series in self._series(share))

    def pictures(self, share: Share, naming: Naming) -> tuple[list[FiledPictures], list[Entry]]:
        """All series that can be shown, and their files; raises TooManyPictures, OSError or ShareClosed."""
        if self.count(share) > MOST_PICTURES:
            raise TooManyPictures
        filed: list[FiledPictures] = []
        entries: list[Entry] = []
        for ordinal, series in self._series(share):
            images, instances = self.archive.images(series.id), self.source.of(series.id)
            if newest_report(instances) is not None:
                # It has arrived this moment: series that hold reports come as documents, once they are shown.
                continue
            keys = {instance.id: instance.key for instance in instances}
            edge = _LARGE_EDGE if len(images) <= _FEW else _EDGE
            found = {number: self._entry(naming(ordinal, number), image, edge, keys)
                     for number, image in enumerate(images, start=1)}  # fmt: skip
            shown = {number: entry for number, entry in found.items() if entry}
            missing = tuple(number for number in found if number not in shown)
            names = tuple(entry.name for entry in shown.values())
            filed.append(FiledPictures(series, ordinal, tuple(images[n - 1] for n in shown), names, missing))
            entries += shown.values()
        return filed, entries

    def reports(self, share: Share) -> list[FiledReport]:
        """The reports that are shown now; raises OSError."""
        found: list[tuple[ReportDocument, int]] = []
        for series in self.view_study.ordered_series(share):
            if series.report_at is None:
                continue
            instances = self.source.of(series.id)
            if not self.view_study.shows(share, instances):
                continue
            arrivals = (series.report_at, newest_report(instances) or 0)
            for instance in instances:
                try:
                    document = self.read_report(self.source.read(instance.id))
                except UnusableReport:
                    # As on the page: what acts or cannot be read is not handed out as a document.
                    continue
                found.append((document, max(arrivals)))
        return [FiledReport(number, *one) for number, one in enumerate(found, start=1)]

    def _series(self, share: Share) -> list[tuple[int, SeriesSummary]]:
        ordered = enumerate(self.view_study.ordered_series(share), start=1)
        return [(n, one) for n, one in ordered if one.report_at is None and self.can_be_viewed(one)]

    def _entry(self, name: str, image: ImageRef, edge: int, keys: Mapping[str, str]) -> Entry | None:
        key = f"{keys.get(image.instance_id, image.instance_id)}/{image.frame}/{edge}"
        size = self._sizes.get(key)
        if size is None:
            try:
                size = len(self._render(key, image, edge))
            except ImageUnavailable:
                return None

        def read() -> bytes:
            try:
                data = self._kept.get(key) or self._render(key, image, edge)
            except ImageUnavailable:
                data = b""
            if len(data) != size:
                self._forget()
                raise DownloadBroken(key)
            return data

        return Entry(name, size, key, read)

    def _forget(self) -> None:
        """What was made is no longer what would be made: measured anew the next time."""
        with self._lock:
            self._sizes.clear()
            self._kept.clear()
            self._kept_bytes = 0

    def _render(self, key: str, image: ImageRef, edge: int) -> bytes:
        data = self.archive.render(image, edge, None)
        with self._lock:
            if len(self._sizes) >= _REMEMBERED:
                self._sizes.clear()
            self._sizes[key] = len(data)
            if key not in self._kept:
                self._kept[key] = data
                self._kept_bytes += len(data)
            while self._kept_bytes > _KEPT_BYTES:
                self._kept_bytes -= len(self._kept.popitem(last=False)[1])
        return data
