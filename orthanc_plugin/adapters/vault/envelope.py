"""One encrypted file: a header with the wrapped data key, then the content in chunks, AES-256-GCM throughout.

    36 bytes    magic, format, content type, UUID, size of the content
    2 x 62      slots: version of the master key, nonce, data key wrapped under it; an empty slot is all zeros
    then        for every MiB of content its ciphertext and 16 bytes of tag

The data key is fresh for each file, so that a chunk's nonce can be its number (NIST SP 800-38D, section 8.2.1). The
first 36 bytes are authenticated with the wrapped key and with every chunk: a chunk of another file, another place or
another length is not accepted. Of the two slots one is in use; the other takes the key wrapped under a new master key.
"""

from __future__ import annotations

import os
import secrets
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"\x89PSENC\r\n"
CHUNK_BYTES = 1 << 20
_FORMAT = 1
_TAG_BYTES = 16
_KEY_BYTES = 32
_FACTS = struct.Struct(">8sHH16sQ")
_SLOT = struct.Struct(">H60s")
_SLOTS = 2
HEADER_BYTES = _FACTS.size + _SLOTS * _SLOT.size
# The type of a file that was converted is not known: its name does not tell it. The UUID names one file only.
ANY_TYPE = 0


class DamagedFile(Exception):
    """The file is not what was written under its name, or its key is not there; the text names no patient."""


class MasterKeys(Protocol):
    """adapters/keyring.py."""

    def wrap(self, data_key: bytes, context: bytes) -> tuple[int, bytes]:
        """Version of the newest master key, and the data key encrypted under it (60 bytes)."""
        ...

    def unwrap(self, version: int, wrapped: bytes, context: bytes) -> bytes:
        """The data key; raises KeyError for a version that is not there, InvalidTag for changed bytes."""
        ...


def seal(content: bytes, uuid: str, content_type: int, keys: MasterKeys) -> Iterator[bytes]:
    """The encrypted file, piece by piece."""
    facts = _FACTS.pack(MAGIC, _FORMAT, content_type, UUID(uuid).bytes, len(content))
    data_key = secrets.token_bytes(_KEY_BYTES)
    yield facts + _SLOT.pack(*keys.wrap(data_key, facts)) + bytes(_SLOT.size * (_SLOTS - 1))
    cipher, view = AESGCM(data_key), memoryview(content)
    for number, start in enumerate(range(0, len(content), CHUNK_BYTES)):
        yield cipher.encrypt(_nonce(number), view[start : start + CHUNK_BYTES], facts)


@dataclass(frozen=True)
class Slot:
    """One place for a wrapped data key; version 0 means empty."""

    number: int
    version: int
    wrapped: bytes

    @property
    def offset(self) -> int:
        """Where it lies in the file."""
        return _FACTS.size + self.number * _SLOT.size


class SealedFile:
    """An encrypted file that is open for reading; raises DamagedFile where it is not the one asked for."""

    def __init__(self, descriptor: int, uuid: str, content_type: int, keys: MasterKeys) -> None:
        self._descriptor = descriptor
        self._keys = keys
        header = os.pread(descriptor, HEADER_BYTES, 0)
        if len(header) != HEADER_BYTES or not header.startswith(MAGIC):
            raise DamagedFile("the header is missing")
        self._facts = header[: _FACTS.size]
        _, version, kind, name, self.size = _FACTS.unpack(self._facts)
        if version != _FORMAT:
            raise DamagedFile(f"format {version} is not known to this version of the product")
        if name != UUID(uuid).bytes:
            raise DamagedFile("it is the file of another name")
        if ANY_TYPE not in (kind, content_type) and kind != content_type:
            raise DamagedFile("it is the file of another kind")
        if os.fstat(descriptor).st_size != HEADER_BYTES + self.size + _TAG_BYTES * -(-self.size // CHUNK_BYTES):
            raise DamagedFile("its length is wrong")
        self.slots = [
            Slot(number, *_SLOT.unpack_from(header, _FACTS.size + number * _SLOT.size)) for number in range(_SLOTS)
        ]
        # The slot that opened the file, and what lay in it.
        self.slot, self._data_key = self._unwrapped()
        self._cipher = AESGCM(self._data_key)

    def read(self, start: int = 0, length: int | None = None) -> bytes:
        """So many bytes of the content from here on, fewer where it ends; the chunks that hold them are verified."""
        end = self.size if length is None else min(self.size, start + length)
        if start >= end:
            return b""
        first, last = start // CHUNK_BYTES, (end - 1) // CHUNK_BYTES
        pieces = [self._chunk(number) for number in range(first, last + 1)]
        whole = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        skipped = start - first * CHUNK_BYTES
        return whole if skipped == 0 and len(whole) == end - start else whole[skipped : skipped + end - start]

    def chunks(self) -> Iterator[bytes]:
        """The content, chunk by chunk, each verified."""
        for number in range(-(-self.size // CHUNK_BYTES)):
            yield self._chunk(number)

    def wrapped_anew(self) -> tuple[int, bytes]:
        """What belongs into a slot so that the newest master key opens the file."""
        return self._keys.wrap(self._data_key, self._facts)

    def _chunk(self, number: int) -> bytes:
        length = min(CHUNK_BYTES, self.size - number * CHUNK_BYTES) + _TAG_BYTES
        sealed = os.pread(self._descriptor, length, HEADER_BYTES + number * (CHUNK_BYTES + _TAG_BYTES))
        try:
            return self._cipher.decrypt(_nonce(number), sealed, self._facts)
        except InvalidTag:
            raise DamagedFile("its content was changed") from None

    def _unwrapped(self) -> tuple[Slot, bytes]:
        missing: int | None = None
        for slot in self.slots:
            if not slot.version:
                continue
            try:
                return slot, self._keys.unwrap(slot.version, slot.wrapped, self._facts)
            except KeyError:
                missing = slot.version
            except InvalidTag:
                continue
        if missing is not None:
            raise DamagedFile(f"key version {missing} is not in the key file")
        raise DamagedFile("its key was changed, or belongs to another key file")


def slot_bytes(version: int, wrapped: bytes) -> bytes:
    """A slot as it lies in the file."""
    return _SLOT.pack(version, wrapped)


EMPTY_SLOT = bytes(_SLOT.size)


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
