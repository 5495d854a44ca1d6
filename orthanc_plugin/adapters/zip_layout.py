"""A ZIP archive whose every byte has its place before anything is read (APPNOTE.TXT of PKWARE, version 6.3.10).

Files are stored, not compressed: their lengths alone say where everything lies, so that the archive has a length for
the browser's progress bar and can be continued anywhere. Each file is read as a whole before its header is sent; the
header therefore holds its checksum, which every program understands.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, MutableMapping, Sequence
from datetime import date

from ..domain.download import DownloadBroken, Entry

_CHUNK = 1 << 20
_LIMIT_32 = 0xFFFFFFFF
_LIMIT_16 = 0xFFFF
_VERSION, _VERSION_64 = 20, 45
_UTF_8 = 1 << 11
_DIRECTORY_64 = 56 + 20
_FIRST_YEAR = 1980
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s4B4HL2L5H2L")


class ZipLayout:
    """The places of all files. `checksums` keeps CRC-32 by Entry.key, so that who continues need not read all again."""

    def __init__(self, entries: Sequence[Entry], day: date, checksums: MutableMapping[str, int]) -> None:
        self._entries = entries
        self._checksums = checksums
        self._date = (max(day.year, _FIRST_YEAR) - _FIRST_YEAR) << 9 | day.month << 5 | day.day
        self._names = [entry.name.encode("utf-8") for entry in entries]
        self._starts: list[int] = []
        place = 0
        for entry, name in zip(entries, self._names, strict=True):
            self._starts.append(place)
            place += _LOCAL.size + len(name) + _local_extra(entry.size) + entry.size
        self._directory_start = place
        self.length = place + self._directory_length()

    def chunks(self, first: int, end: int) -> Iterator[bytes]:
        """The bytes from `first` up to but not including `end`; raises DownloadBroken."""
        for number, start in enumerate(self._starts):
            beyond = self._starts[number + 1] if number + 1 < len(self._starts) else self._directory_start
            if start < end and beyond > first:
                data = self._read(number)
                yield from _part(self._local(number), start, first, end)
                yield from _part(data, beyond - len(data), first, end)
        if end > self._directory_start:
            yield from _part(self._directory(), self._directory_start, first, end)

    def _read(self, number: int) -> bytes:
        entry = self._entries[number]
        data = entry.read()
        if len(data) != entry.size:
            raise DownloadBroken(entry.key)
        self._checksums[entry.key] = zlib.crc32(data)
        return data

    def _checksum(self, number: int) -> int:
        key = self._entries[number].key
        if key not in self._checksums:
            self._read(number)
        return self._checksums[key]

    def _local(self, number: int) -> bytes:
        size, name = self._entries[number].size, self._names[number]
        large = bool(_local_extra(size))
        shown = _LIMIT_32 if large else size
        version = _VERSION_64 if large else _VERSION
        head = _LOCAL.pack(
            b"PK\x03\x04", version, _UTF_8, 0, 0, self._date, self._checksum(number), shown, shown, len(name),
            _local_extra(size),
        )  # fmt: skip
        return head + name + (struct.pack("<2H2Q", 1, 16, size, size) if large else b"")

    def _directory_length(self) -> int:
        entries = sum(
            _CENTRAL.size + len(name) + len(_central_extra(entry.size, start))
            for entry, name, start in zip(self._entries, self._names, self._starts, strict=True)
        )
        return entries + 22 + (_DIRECTORY_64 if self._is_large(entries) else 0)

    def _is_large(self, directory: int) -> bool:
        return len(self._entries) >= _LIMIT_16 or self._directory_start + directory >= _LIMIT_32

    def _directory(self) -> bytes:
        parts = []
        for number, (entry, name, start) in enumerate(zip(self._entries, self._names, self._starts, strict=True)):
            extra = _central_extra(entry.size, start)
            version = _VERSION_64 if extra else _VERSION
            shown = _LIMIT_32 if entry.size >= _LIMIT_32 else entry.size
            head = _CENTRAL.pack(
                b"PK\x01\x02", version, 3, version, 0, _UTF_8, 0, 0, self._date, self._checksum(number), shown, shown,
                len(name), len(extra), 0, 0, 0, 0o644 << 16, min(start, _LIMIT_32),
            )  # fmt: skip
            parts.append(head + name + extra)
        entries, length, start = len(self._entries), sum(map(len, parts)), self._directory_start
        if self._is_large(length):
            parts.append(struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, entries, entries, length, start))
            parts.append(struct.pack("<4sLQL", b"PK\x06\x07", 0, start + length, 1))
        count = min(entries, _LIMIT_16)
        parts.append(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, length, min(start, _LIMIT_32), 0))
        return b"".join(parts)


def _local_extra(size: int) -> int:
    return 20 if size >= _LIMIT_32 else 0


def _central_extra(size: int, start: int) -> bytes:
    values = [size, size] if size >= _LIMIT_32 else []
    if start >= _LIMIT_32:
        values.append(start)
    return struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values) if values else b""


def _part(data: bytes, place: int, first: int, end: int) -> Iterator[bytes]:
    """Of `data`, which lies at `place`, what lies between `first` and `end`, in pieces."""
    begin, stop = max(first - place, 0), min(end - place, len(data))
    for at in range(begin, stop, _CHUNK):
        yield data[at : min(at + _CHUNK, stop)]
