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
from ..ports import Seal

_CHUNK = 1 << 20
_LIMIT_32 = 0xFFFFFFFF
_LIMIT_16 = 0xFFFF
_VERSION, _VERSION_64 = 20, 45
_UTF_8, _ENCRYPTED = 1 << 11, 1
_DIRECTORY_64 = 56 + 20
_FIRST_YEAR = 1980
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s4B4HL2L5H2L")


class ZipLayout:
    """The places of all files. `checksums` keeps CRC-32 by Entry.key, so that who continues need not read all again.

    With `seal` every file is encrypted, each time anew: such an archive can be sent as a whole only.
    """

    def __init__(
        self, entries: Sequence[Entry], day: date, checksums: MutableMapping[str, int], seal: Seal | None = None
    ) -> None:
        self._entries, self._seal = entries, seal
        self._overhead = seal.overhead if seal else 0
        self._checksums = checksums
        self._date = (max(day.year, _FIRST_YEAR) - _FIRST_YEAR) << 9 | day.month << 5 | day.day
        self._names = [entry.name.encode("utf-8") for entry in entries]
        self._starts: list[int] = []
        place = 0
        for entry, name in zip(entries, self._names, strict=True):
            self._starts.append(place)
            place += _LOCAL.size + len(name) + len(self._local_extra(entry.size)) + entry.size + self._overhead
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
        return self._seal(data) if self._seal else data

    def _checksum(self, number: int) -> int:
        if self._seal:
            # AE-2 has none: it would tell what the file is, and the authentication code says more.
            return 0
        key = self._entries[number].key
        if key not in self._checksums:
            self._read(number)
        return self._checksums[key]

    def _local(self, number: int) -> bytes:
        size, name = self._entries[number].size, self._names[number]
        extra, large = self._local_extra(size), self._is_long(size)
        version, flags, method = self._kind(large)
        packed, shown = (_LIMIT_32, _LIMIT_32) if large else (size + self._overhead, size)
        head = _LOCAL.pack(
            b"PK\x03\x04", version, flags, method, 0, self._date, self._checksum(number), packed, shown, len(name),
            len(extra),
        )  # fmt: skip
        return head + name + extra

    def _kind(self, large: bool) -> tuple[int, int, int]:
        """Version needed, flags, and method."""
        if self._seal:
            return self._seal.version, _UTF_8 | _ENCRYPTED, self._seal.method
        return _VERSION_64 if large else _VERSION, _UTF_8, 0

    def _is_long(self, size: int) -> bool:
        return size + self._overhead >= _LIMIT_32

    def _local_extra(self, size: int) -> bytes:
        sizes = struct.pack("<2H2Q", 1, 16, size, size + self._overhead) if self._is_long(size) else b""
        return sizes + (self._seal.extra if self._seal else b"")

    def _central_extra(self, size: int, start: int) -> bytes:
        values = [size, size + self._overhead] if self._is_long(size) else []
        if start >= _LIMIT_32:
            values.append(start)
        sizes = struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values) if values else b""
        return sizes + (self._seal.extra if self._seal else b"")

    def _directory_length(self) -> int:
        entries = sum(
            _CENTRAL.size + len(name) + len(self._central_extra(entry.size, start))
            for entry, name, start in zip(self._entries, self._names, self._starts, strict=True)
        )
        return entries + 22 + (_DIRECTORY_64 if self._is_large(entries) else 0)

    def _is_large(self, directory: int) -> bool:
        return len(self._entries) >= _LIMIT_16 or self._directory_start + directory >= _LIMIT_32

    def _directory(self) -> bytes:
        parts = []
        for number, (entry, name, start) in enumerate(zip(self._entries, self._names, self._starts, strict=True)):
            extra, long = self._central_extra(entry.size, start), self._is_long(entry.size)
            version, flags, method = self._kind(long or start >= _LIMIT_32)
            packed, shown = (_LIMIT_32, _LIMIT_32) if long else (entry.size + self._overhead, entry.size)
            head = _CENTRAL.pack(
                b"PK\x01\x02", version, 3, version, 0, flags, method, 0, self._date, self._checksum(number), packed,
                shown, len(name), len(extra), 0, 0, 0, 0o644 << 16, min(start, _LIMIT_32),
            )  # fmt: skip
            parts.append(head + name + extra)
        entries, length, start = len(self._entries), sum(map(len, parts)), self._directory_start
        if self._is_large(length):
            parts.append(struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, entries, entries, length, start))
            parts.append(struct.pack("<4sLQL", b"PK\x06\x07", 0, start + length, 1))
        count = min(entries, _LIMIT_16)
        parts.append(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, length, min(start, _LIMIT_32), 0))
        return b"".join(parts)


def _part(data: bytes, place: int, first: int, end: int) -> Iterator[bytes]:
    """Of `data`, which lies at `place`, what lies between `first` and `end`, in pieces."""
    begin, stop = max(first - place, 0), min(end - place, len(data))
    for at in range(begin, stop, _CHUNK):
        yield data[at : min(at + _CHUNK, stop)]
