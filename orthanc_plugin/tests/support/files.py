"""The files of a MemoryArchive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from orthanc_plugin.domain.download import FiledStudy, StoredInstance

from .studies import MemoryArchive, orthanc_id, uid


@dataclass
class MemoryFiles:
    """InstanceSource; `broken` instances exist but cannot be read.

    `arrived` are series with one instance more, a report that the archive does not tell of yet, and its arrival.
    """

    archive: MemoryArchive
    broken: set[str] = field(default_factory=set)
    arrived: dict[str, int] = field(default_factory=dict)

    def of(self, series_id: str) -> Sequence[StoredInstance]:
        series = next((s for one in self.archive.studies.values() for s in one.series if s.id == series_id), None)
        if series is None:
            return ()
        names = [f"{series_id}/{number}" for number in range(series.instance_count)]
        return [
            StoredInstance(
                orthanc_id(name), uid(name), "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1", number, 2000, name
            )
            for number, name in enumerate(names, start=1)
        ] + self._late(series_id)

    def _late(self, series_id: str) -> list[StoredInstance]:
        if series_id not in self.arrived:
            return []
        pdf, name = "1.2.840.10008.5.1.4.1.1.104.1", "late"
        return [
            StoredInstance(
                orthanc_id(name), uid(name), pdf, "1.2.840.10008.1.2.1", 9, 2000, name, self.arrived[series_id]
            )
        ]

    def size(self, series_id: str) -> int:
        return sum(one.size for one in self.of(series_id))

    def read(self, instance_id: str) -> bytes:
        if instance_id in self.broken:
            raise OSError("damaged")
        return instance_id.encode().ljust(2000, b".")

    def directory(self, studies: Sequence[FiledStudy]) -> bytes:
        return "\n".join(study.id for study in studies).encode()
