"""Orthanc's storage area on a disk, in Orthanc's own layout, with every file encrypted.

An encrypted file ends in `.psenc`, so that an Orthanc without this product does not find it: it answers with an error
and never with ciphertext in place of an image. Files from before, without the ending, stay readable.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .envelope import DamagedFile, MasterKeys, SealedFile, seal

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDING = ".psenc"
UNFINISHED = ".psenc-new"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# A folder may be removed by somebody else between its making and its use.
_TRIES = 5


class EncryptedStorage:
    """Creates, reads and removes attachments; `root` is Orthanc's StorageDirectory.

    With `durable` an attachment is on the disk before it counts as stored (Orthanc's SyncStorageArea).
    """

    def __init__(self, root: Path, keys: MasterKeys, durable: bool = True) -> None:
        self.root = root
        self.keys = keys
        self._durable = durable

    def plain_path(self, uuid: str) -> Path:
        """Where Orthanc itself would keep it; raises ValueError for a name that Orthanc never gives."""
        if not _UUID.fullmatch(uuid):
            raise ValueError("not the name of an attachment")
        return self.root / uuid[:2] / uuid[2:4] / uuid

    def create(self, uuid: str, content_type: int, content: bytes) -> None:
        """Store an attachment; raises OSError, and leaves nothing behind then."""
        self.write(uuid, seal(content, uuid, content_type, self.keys))

    def write(self, uuid: str, pieces: Iterable[bytes]) -> None:
        """Put an encrypted file in its place once it is whole."""
        path = self.plain_path(uuid)
        unfinished = path.with_name(path.name + UNFINISHED)
        descriptor = _create(unfinished)
        try:
            try:
                for piece in pieces:
                    _write_all(descriptor, piece)
                if self._durable:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
            unfinished.rename(sealed_path(path))
        except BaseException:
            with suppress(OSError):
                unfinished.unlink()
            raise

    def read(self, uuid: str, content_type: int, start: int = 0, length: int | None = None) -> bytes:
        """An attachment, or so many bytes of it; raises FileNotFoundError, DamagedFile or another OSError."""
        path = self.plain_path(uuid)
        # While files are converted, the plain one may go between two looks: then the encrypted one is there.
        for candidate in (sealed_path(path), path, sealed_path(path)):
            with suppress(FileNotFoundError), opened(candidate) as descriptor:
                if candidate is path:
                    return _read_plain(descriptor, start, length)
                return self._read_sealed(descriptor, uuid, content_type, start, length)
        raise FileNotFoundError(f"attachment {uuid} is not in the storage")

    def remove(self, uuid: str) -> None:
        """Remove an attachment, and with it the only copy of its key; one that is not there is no failure."""
        path = self.plain_path(uuid)
        for candidate in (sealed_path(path), path):
            with suppress(FileNotFoundError):
                candidate.unlink()
        for folder in (path.parent, path.parent.parent):
            with suppress(OSError):
                folder.rmdir()

    def _read_sealed(self, descriptor: int, uuid: str, content_type: int, start: int, length: int | None) -> bytes:
        try:
            return SealedFile(descriptor, uuid, content_type, self.keys).read(start, length)
        except DamagedFile as fault:
            raise DamagedFile(f"attachment {uuid} cannot be decrypted: {fault}") from None


def is_attachment(path: Path) -> bool:
    """Whether this is an attachment in its place: plain, encrypted, or not whole yet."""
    uuid = path.name.removesuffix(UNFINISHED).removesuffix(ENDING)
    return bool(_UUID.fullmatch(uuid)) and path.parent.name == uuid[2:4] and path.parent.parent.name == uuid[:2]


def sealed_path(plain: Path) -> Path:
    """Where the encrypted file of an attachment lies."""
    return plain.with_name(plain.name + ENDING)


@contextmanager
def opened(path: Path, flags: int = os.O_RDONLY) -> Iterator[int]:
    """A descriptor that is closed at the end."""
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _create(path: Path) -> int:
    for tries in range(_TRIES):
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        try:
            # Whatever lies there under this name is what a killed process left.
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            if tries == _TRIES - 1:
                raise
    raise AssertionError


def _write_all(descriptor: int, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _read_plain(descriptor: int, start: int, length: int | None) -> bytes:
    size = os.fstat(descriptor).st_size
    end = size if length is None else min(size, start + length)
    pieces = []
    while start < end:
        piece = os.pread(descriptor, end - start, start)
        if not piece:
            break
        pieces.append(piece)
        start += len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
