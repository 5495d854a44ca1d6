from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.vault import envelope
from orthanc_plugin.adapters.vault.envelope import (
    ANY_TYPE,
    CHUNK_BYTES,
    HEADER_BYTES,
    DamagedFile,
    SealedFile,
    seal,
    slot_bytes,
)
from orthanc_plugin.adapters.vault.storage import opened

from ...support.vault import BOTH_KEYS, DICOM, KEYS, OTHER, UUID

SIZES = (0, 1, 15, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES + 7)


def sealed(content: bytes, uuid: str = UUID, kind: int = DICOM, keys: dict[int, bytes] | None = None) -> bytes:
    return b"".join(seal(content, uuid, kind, Keyring(keys or KEYS)))


def read(path: Path, data: bytes, kind: int = DICOM, keys: dict[int, bytes] | None = None) -> bytes:
    path.write_bytes(data)
    with opened(path) as descriptor:
        return SealedFile(descriptor, UUID, kind, Keyring(keys or KEYS)).read()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_is_read_again(path: Path, size: int) -> None:
    content = os.urandom(size)
    assert read(path, sealed(content)) == content


def test_nothing_of_the_content_can_be_read_in_the_file() -> None:
    content = b"Mustermann^Erika" * 100
    data = sealed(content)
    assert b"Mustermann" not in data
    assert data != sealed(content)


@given(data=st.data())
def test_a_range_is_what_lies_there(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    content = bytes(range(256)) * 9
    path = tmp_path_factory.mktemp("range") / "file"
    chunk = data.draw(st.sampled_from([16, 100, 256, 4096]))
    patch = pytest.MonkeyPatch()
    with patch.context() as patched:
        patched.setattr(envelope, "CHUNK_BYTES", chunk)
        path.write_bytes(sealed(content))
        start = data.draw(st.integers(0, len(content) + 5))
        length = data.draw(st.one_of(st.none(), st.integers(0, len(content) + 5)))
        with opened(path) as descriptor:
            found = SealedFile(descriptor, UUID, DICOM, Keyring(KEYS)).read(start, length)
    assert found == content[start:][: len(content) if length is None else length]


@pytest.mark.parametrize("content", [b"", b"an image", b"x" * (CHUNK_BYTES + 3)])
def test_no_byte_can_be_changed(path: Path, content: bytes) -> None:
    data = sealed(content)
    places = [*range(HEADER_BYTES - 62), *range(HEADER_BYTES, len(data), max(1, len(data) // 50)), len(data) - 1]
    for place in places[:-1] if not content else places:
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(DamagedFile):
            read(path, bytes(changed))


def test_no_part_can_be_taken_away_added_or_moved(path: Path) -> None:
    data = sealed(bytes(2 * CHUNK_BYTES))
    first, second = data[HEADER_BYTES : HEADER_BYTES + CHUNK_BYTES + 16], data[HEADER_BYTES + CHUNK_BYTES + 16 :]
    head = data[:HEADER_BYTES]
    for changed in (head + first, head + second + first, data + b"\0", head, data[:10], b"", head + first + first):
        with pytest.raises(DamagedFile):
            read(path, changed)


def test_a_file_under_another_name_is_refused(path: Path) -> None:
    with pytest.raises(DamagedFile, match="another name"):
        read(path, sealed(b"an image", OTHER))
    # Nor does it help to write the name into it.
    named = bytearray(sealed(b"an image", OTHER))
    named[:36] = sealed(b"an image")[:36]
    with pytest.raises(DamagedFile):
        read(path, bytes(named))


def test_a_file_of_another_kind_is_refused_unless_its_kind_was_never_known(path: Path) -> None:
    with pytest.raises(DamagedFile, match="another kind"):
        read(path, sealed(b"an image", kind=3))
    assert read(path, sealed(b"an image", kind=ANY_TYPE)) == b"an image"


def test_another_key_and_a_missing_key_are_told_apart(path: Path) -> None:
    with pytest.raises(DamagedFile, match="another key file"):
        read(path, sealed(b"an image"), keys={1: b"z" * 32})
    with pytest.raises(DamagedFile, match="key version 2 is not in the key file"):
        read(path, sealed(b"an image", keys=BOTH_KEYS), keys=KEYS)
    assert read(path, sealed(b"an image"), keys=BOTH_KEYS) == b"an image"


def test_a_file_from_a_newer_version_of_the_product_says_so(path: Path) -> None:
    data = bytearray(sealed(b"an image"))
    data[9] = 2
    with pytest.raises(DamagedFile, match="format 2"):
        read(path, bytes(data))


def test_a_slot_that_was_half_written_does_not_hide_the_other(path: Path) -> None:
    data = bytearray(sealed(b"an image"))
    data[98:160] = slot_bytes(2, b"\1" * 60)
    assert read(path, bytes(data), keys=BOTH_KEYS) == b"an image"
