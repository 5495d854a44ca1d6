"""What an administrator does with a whole storage: encrypt what lies there, look at it all, move it to a new key.

Each can be killed at any moment and begun again, beside a running Orthanc.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..durable_file import sync_folder
from .envelope import ANY_TYPE, EMPTY_SLOT, DamagedFile, SealedFile, seal, slot_bytes
from .storage import ENDING, UNFINISHED, EncryptedStorage, is_attachment, opened, sealed_path

_ABANDONED_SECONDS = 3600.0


@dataclass
class Found:
    """How many attachments were met, and what became of them."""

    encrypted: int = 0
    plain: int = 0
    changed: int = 0
    damaged: list[str] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """All that were met."""
        return self.encrypted + self.plain + self.changed + len(self.damaged)


Progress = Callable[[Found], None]


def convert(storage: EncryptedStorage, progress: Progress) -> Found:
    """Encrypt every file from before; the plain one goes once the encrypted one is on the disk and was read back.

    Only one at a time may run over a storage: it takes what vanishes for removed by Orthanc.
    """
    found = Found()
    for path in _attachments(storage):
        if path.name.endswith(UNFINISHED):
            _clean(path)
        elif path.name.endswith(ENDING):
            found.encrypted += 1
        else:
            _convert_one(storage, path, found)
        progress(found)
    return found


def _convert_one(storage: EncryptedStorage, path: Path, found: Found) -> None:
    uuid, sealed = path.name, sealed_path(path)
    try:
        content = path.read_bytes()
        if not sealed.exists():
            storage.write(uuid, seal(content, uuid, ANY_TYPE, storage.keys))
        with opened(sealed) as descriptor:
            whole = SealedFile(descriptor, uuid, ANY_TYPE, storage.keys).read() == content
    except FileNotFoundError:
        # Orthanc has removed the attachment meanwhile.
        whole = None
    except DamagedFile:
        whole = False
    if whole is False:
        found.damaged.append(f"{uuid}: what lies encrypted beside it is not the same")
        return
    try:
        if whole:
            sync_folder(path.parent)
            path.unlink()
            found.changed += 1
    except FileNotFoundError:
        whole = None
    if whole is None and not path.exists():
        sealed.unlink(missing_ok=True)


def _clean(unfinished: Path) -> None:
    """Remove what a killed process left. A file that Orthanc is just writing is young and has no plain one."""
    plain = unfinished.with_name(unfinished.name.removesuffix(UNFINISHED))
    with suppress(FileNotFoundError):
        if plain.exists() or time.time() - unfinished.stat().st_mtime > _ABANDONED_SECONDS:
            unfinished.unlink()


def verify(storage: EncryptedStorage, progress: Progress) -> Found:
    """Decrypt every file from its beginning to its end."""

    def read_through(_descriptor: int, file: SealedFile) -> bool:
        for _ in file.chunks():
            pass
        return False

    return _each_sealed(storage, progress, os.O_RDONLY, read_through)


def rotate(storage: EncryptedStorage, newest: int, progress: Progress) -> Found:
    """Wrap the key of every file under the newest master key; the content stays as it is."""
    return _each_sealed(storage, progress, os.O_RDWR, lambda descriptor, file: _rewrap(descriptor, file, newest))


def _each_sealed(
    storage: EncryptedStorage, progress: Progress, flags: int, work: Callable[[int, SealedFile], bool]
) -> Found:
    """Open every encrypted file for `work`, which answers whether it has changed it."""
    found = Found()
    for path in _attachments(storage):
        if path.name.endswith(UNFINISHED):
            continue
        if not path.name.endswith(ENDING):
            found.plain += 1
        else:
            uuid = path.name.removesuffix(ENDING)
            with suppress(FileNotFoundError), opened(path, flags) as descriptor:
                try:
                    changed = work(descriptor, SealedFile(descriptor, uuid, ANY_TYPE, storage.keys))
                    found.changed += changed
                    found.encrypted += not changed
                except DamagedFile as fault:
                    found.damaged.append(f"{uuid}: {fault}")
        progress(found)
    return found


def _rewrap(descriptor: int, file: SealedFile, newest: int) -> bool:
    """First the new slot, then the old one away: at every moment one of them opens the file."""
    (other,) = (slot for slot in file.slots if slot is not file.slot)
    if file.slot.version != newest:
        os.pwrite(descriptor, slot_bytes(*file.wrapped_anew()), other.offset)
        os.fsync(descriptor)
        other = file.slot
    elif not other.version:
        return False
    os.pwrite(descriptor, EMPTY_SLOT, other.offset)
    os.fsync(descriptor)
    return True


def _attachments(storage: EncryptedStorage) -> Iterator[Path]:
    """Everything that lies where Orthanc keeps attachments, in order."""
    for first in sorted(storage.root.glob("[0-9a-f][0-9a-f]")):
        for second in sorted(first.glob("[0-9a-f][0-9a-f]")):
            yield from sorted(path for path in second.iterdir() if is_attachment(path))
