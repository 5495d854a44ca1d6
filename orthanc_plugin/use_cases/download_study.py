"""Hand out the shared studies as files."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from ..domain.audit import Who, session_mark
from ..domain.audit_terms import Action
from ..domain.download import (
    Contents,
    DownloadBroken,
    Entry,
    FiledInstance,
    FiledSeries,
    FiledStudy,
    StoredInstance,
    Wanted,
    file_id,
    newest_report,
)
from ..domain.errors import Busy
from ..domain.principal import Recipient
from ..domain.share import Share, ShareState
from ..domain.study import SeriesSummary
from ..ports import Clock, InstanceSource, Packing, Seal, ShareRepository
from .pack_pictures import Naming, PackPictures
from .record_event import RecordEvent
from .view_study import NotInShare, ViewStudy

# Each holds one of Orthanc's threads for as long as the recipient's line needs.
MOST_AT_ONCE = 10
MOST_PER_SHARE = 2
_PREPARING_AT_ONCE = 2
_REMEMBERED = 200_000
_LOOK_AGAIN_SECONDS = 1.0
# Text files that come with the images: name and content.
Texts = Callable[[Contents], Sequence[tuple[str, bytes]]]


@dataclass(frozen=True)
class Download:
    """A download whose bytes are fixed: `tag` changes when any of them does (RFC 9110 section 8.8.3)."""

    length: int
    tag: str
    contents: Contents
    chunks: Callable[[int, int], Iterator[bytes]] = field(repr=False)


@dataclass
class DownloadStudy:
    """Plan a download and send it; what cannot be read is left out of the next one, and named in it."""

    view_study: ViewStudy
    source: InstanceSource
    pack: Callable[[Sequence[Entry], date, MutableMapping[str, int], Seal | None], Packing]
    shares: ShareRepository
    clock: Clock
    record: RecordEvent
    pictures: PackPictures
    monotonic: Callable[[], float] = time.monotonic
    _checksums: dict[str, int] = field(default_factory=dict)
    _damaged: dict[str, None] = field(default_factory=dict)
    _recorded: dict[tuple[str, str], None] = field(default_factory=dict)
    _running: dict[str, int] = field(default_factory=dict)
    _preparing: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def size(self, share: Share) -> int:
        """About how many bytes all instances of the share have."""
        return sum(self.source.size(series.id) for series in self.view_study.ordered_series(share))

    def plan(self, share: Share, ordinal: int | None, texts: Texts, seal: Seal | None = None) -> Download:
        """DICOM files of all series, or of the one with this ordinal; raises NotInShare, ShareClosed, or OSError."""
        contents = self._contents(share, ordinal)
        if not contents.series:
            raise NotInShare
        return self._packed(share, contents, [*_entries(texts(contents)), *self._dicom(contents)], seal)

    def plan_pictures(
        self, share: Share, wanted: Wanted, naming: Naming, texts: Texts, seal: Seal | None = None
    ) -> Download:
        """Pictures and reports, with DICOM files where wanted; raises as plan() does, TooManyPictures, or Busy.

        Takes as long as the pictures take to be made, so only a few do it at a time.
        """
        self._begin_preparing(share.id)
        try:
            pictures, files = self.pictures.pictures(share, naming)
            contents = self._contents(share, None) if wanted.dicom else Contents()
            contents = replace(contents, pictures=tuple(pictures), reports=tuple(self.pictures.reports(share)))
        finally:
            self._preparing.discard(share.id)
        if not contents.pictures and not contents.series:
            raise NotInShare
        return self._packed(share, contents, [*_entries(texts(contents)), *self._dicom(contents), *files], seal)

    def _begin_preparing(self, share_id: str) -> None:
        with self._lock:
            if share_id in self._preparing or len(self._preparing) >= _PREPARING_AT_ONCE:
                raise Busy
            self._preparing.add(share_id)

    def _dicom(self, contents: Contents) -> Iterator[Entry]:
        if contents.instances:
            yield _entry("DICOMDIR", self.source.directory(contents.studies))
        yield from map(self._file, contents.instances)

    def _packed(self, share: Share, contents: Contents, entries: Sequence[Entry], seal: Seal | None) -> Download:
        self._forget()
        packing = self.pack(entries, self._day(share), self._checksums, seal)
        digest = hashlib.sha256()
        for entry in entries:
            digest.update(f"{entry.name}\0{entry.size}\0{entry.key}\0".encode())
        chunks = self._guarded(share, contents, packing.chunks)
        return Download(packing.length, digest.hexdigest()[:32], contents, chunks)

    def begun(self, recipient: Recipient, download: Download) -> None:
        """Record that the images leave, once for each session and content; raises Unavailable, and then they must not.

        Whoever continues a download, or takes it in parts, is recorded with the first of them.
        """
        key = (recipient.session_hash, download.tag)
        if key in self._recorded:
            return
        mark, who = session_mark(recipient.session_hash), Who.recipient(recipient.share.id)
        count = download.contents.instance_count
        self.record(Action.EXPORTED, who, recipient.share, session=mark, instances=count)
        self._recorded[key] = None

    def _contents(self, share: Share, ordinal: int | None) -> Contents:
        number, studies = 0, []
        for study in self.view_study.studies(share):
            filed = []
            for series in study.ordered_series:
                number += 1
                if ordinal in (None, number) and (instances := self._shown(share, series)):
                    filed.append(self._filed(series, number, instances))
            if filed:
                studies.append(FiledStudy(study.id, tuple(filed)))
        return Contents(tuple(studies))

    def _shown(self, share: Share, series: SeriesSummary) -> Sequence[StoredInstance]:
        """All instances of the series, or none while a report among them is withheld."""
        instances = self.source.of(series.id)
        return instances if self.view_study.shows(share, instances) else ()

    def _filed(self, series: SeriesSummary, ordinal: int, instances: Sequence[StoredInstance]) -> FiledSeries:
        found, damaged, report_at = [], [], newest_report(instances)
        for place, instance in enumerate(instances, start=1):
            if instance.key in self._damaged:
                damaged.append(place)
            else:
                found.append(FiledInstance(instance, file_id(ordinal, place)))
        return FiledSeries(series.id, ordinal, tuple(found), tuple(damaged), report_at)

    def _file(self, filed: FiledInstance) -> Entry:
        instance = filed.instance

        def read() -> bytes:
            try:
                return self.source.read(instance.id)
            except OSError:
                raise DownloadBroken(instance.key) from None

        return Entry("/".join(filed.file_id), instance.size, instance.key, read)

    def _guarded(
        self, share: Share, contents: Contents, chunks: Callable[[int, int], Iterator[bytes]]
    ) -> Callable[[int, int], Iterator[bytes]]:
        def guarded(first: int, end: int) -> Iterator[bytes]:
            self._enter(share.id)
            try:
                looked_at = self.monotonic()
                for chunk in chunks(first, end):
                    now = self.monotonic()
                    if now - looked_at >= _LOOK_AGAIN_SECONDS:
                        looked_at = now
                        self._still_open(share, contents)
                    yield chunk
            except DownloadBroken as fault:
                self._damaged[fault.key] = None
                raise
            finally:
                self._leave(share.id)

        return guarded

    def _still_open(self, begun: Share, contents: Contents) -> None:
        """Raises NotInShare where it could not begin any more.

        The share was closed, its password minted anew, which ends all sessions, or a report in it put back on hold.
        """
        share, now = self.shares.get(begun.id), self.clock.now()
        if share is None or share.state(now) is not ShareState.ACTIVE or share.issue != begun.issue:
            raise NotInShare
        if not share.shows_report(contents.report_at, now):
            raise NotInShare

    def _enter(self, share_id: str) -> None:
        with self._lock:
            if sum(self._running.values()) >= MOST_AT_ONCE or self._running.get(share_id, 0) >= MOST_PER_SHARE:
                raise Busy
            self._running[share_id] = self._running.get(share_id, 0) + 1

    def _leave(self, share_id: str) -> None:
        with self._lock:
            self._running[share_id] -= 1
            if self._running[share_id] == 0:
                del self._running[share_id]

    def _day(self, share: Share) -> date:
        """The date of all files: one that stays the same, so that the bytes do."""
        return datetime.fromtimestamp(share.created_at, UTC).date()

    def _forget(self) -> None:
        for memory in (self._checksums, self._damaged, self._recorded):
            if len(memory) > _REMEMBERED:
                memory.clear()


def _entries(texts: Iterable[tuple[str, bytes]]) -> Iterator[Entry]:
    return (_entry(name, data) for name, data in texts)


def _entry(name: str, data: bytes) -> Entry:
    return Entry(name, len(data), hashlib.sha256(data).hexdigest(), lambda: data)
