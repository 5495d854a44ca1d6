from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.vault import care
from orthanc_plugin.adapters.vault.envelope import ANY_TYPE, SealedFile, seal
from orthanc_plugin.adapters.vault.storage import EncryptedStorage, opened, sealed_path

from ...support.vault import BOTH_KEYS, DICOM, OTHER, UUID, files, lay_plain, storage


def quiet(found: care.Found) -> None:
    del found


class Killed(BaseException):
    """The process ends here."""


def test_files_from_before_are_encrypted(tmp_path: Path) -> None:
    vault = storage(tmp_path)
    lay_plain(vault, UUID, b"from before")
    vault.create(OTHER, DICOM, b"new")
    (tmp_path / "index").write_bytes(b"Orthanc's own")
    found = care.convert(vault, quiet)
    assert (found.changed, found.encrypted, found.damaged) == (1, 1, [])
    assert files(tmp_path) == [f"{UUID}.psenc", f"{OTHER}.psenc", "index"]
    assert vault.read(UUID, DICOM) == b"from before"
    assert vault.read(OTHER, DICOM) == b"new"
    assert care.verify(vault, quiet).encrypted == 2


def test_progress_is_told(tmp_path: Path) -> None:
    vault = storage(tmp_path)
    lay_plain(vault, UUID, b"from before")
    vault.create(OTHER, DICOM, b"new")
    seen: list[int] = []
    care.convert(vault, lambda found: seen.append(found.seen))
    assert seen == [1, 2]


def _unlink(path: Path, missing_ok: bool = False) -> None:
    if path.exists() or not missing_ok:
        os.unlink(path)  # noqa: PTH108 - the call that the test lets fail


STEPS: list[str] = ["write", "fsync", "rename", "pread", "unlink"]


@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("step", STEPS)
def test_a_conversion_that_is_killed_loses_nothing_and_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, after: int
) -> None:
    vault = EncryptedStorage(tmp_path, Keyring({1: b"a" * 32}))
    lay_plain(vault, UUID, b"from before" * 10)
    lay_plain(vault, OTHER, b"another" * 10)
    real: Callable[..., object] = getattr(os, step)
    left = [after]

    def killing(*options: object, **more: object) -> object:
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        return real(*options, **more)

    with monkeypatch.context() as patched:
        patched.setattr(os, step, killing)
        # What tidies up after a fault does not run after a kill.
        patched.setattr(Path, "unlink", _unlink)
        with suppress(Killed):
            care.convert(vault, quiet)
    assert vault.read(UUID, DICOM) == b"from before" * 10
    assert vault.read(OTHER, DICOM) == b"another" * 10
    care.convert(vault, quiet)
    assert files(tmp_path) == [f"{UUID}.psenc", f"{OTHER}.psenc"]
    assert vault.read(UUID, DICOM) == b"from before" * 10


def test_a_plain_file_stays_where_the_encrypted_one_beside_it_is_another(tmp_path: Path) -> None:
    vault = storage(tmp_path)
    plain = lay_plain(vault, UUID, b"from before")
    vault.create(UUID, DICOM, b"something else")
    found = care.convert(vault, quiet)
    assert len(found.damaged) == 1
    assert plain.read_bytes() == b"from before"


@pytest.mark.parametrize("moment", ["before the reading", "before the renaming", "before the check", "before the end"])
def test_what_is_deleted_during_the_conversion_does_not_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    vault = storage(tmp_path)
    lay_plain(vault, UUID, b"from before")
    owner = {"before the reading": "read_bytes", "before the renaming": "rename", "before the end": "unlink"}
    removed: list[bool] = []

    def deleting(real: Callable[..., object]) -> Callable[..., object]:
        def call(*options: object, **more: object) -> object:
            if not removed:
                removed.append(True)
                vault.remove(UUID)
                vault.plain_path(UUID).parent.mkdir(parents=True, exist_ok=True)
            return real(*options, **more)

        return call

    if moment == "before the check":
        monkeypatch.setattr(care, "SealedFile", deleting(SealedFile))
    else:
        monkeypatch.setattr(Path, owner[moment], deleting(getattr(Path, owner[moment])))
    # Where the encrypted file has no name any more its content cannot come back; its folder may be gone as well.
    try:
        care.convert(vault, quiet)
    finally:
        monkeypatch.undo()
    assert removed
    assert [name for name in files(tmp_path) if not name.endswith("-new")] == []


def test_leftovers_of_a_killed_process_are_removed_once_they_are_old(tmp_path: Path) -> None:
    vault = storage(tmp_path)
    vault.create(OTHER, DICOM, b"new")
    left = vault.plain_path(UUID).with_name(f"{UUID}.psenc-new")
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    care.convert(vault, quiet)
    assert left.exists(), "Orthanc may be writing it"
    os.utime(left, (0, 0))
    care.convert(vault, quiet)
    assert not left.exists()


def test_damaged_and_plain_files_are_found(tmp_path: Path) -> None:
    vault = storage(tmp_path)
    lay_plain(vault, OTHER, b"from before")
    vault.create(UUID, DICOM, b"an image")
    path = sealed_path(vault.plain_path(UUID))
    path.write_bytes(path.read_bytes()[:-1])
    found = care.verify(vault, quiet)
    assert (found.encrypted, found.plain) == (0, 1)
    assert found.damaged == [f"{UUID}: its length is wrong"]


def test_every_file_is_moved_to_the_newest_key(tmp_path: Path) -> None:
    storage(tmp_path).create(UUID, DICOM, b"an image")
    vault = storage(tmp_path, BOTH_KEYS)
    vault.create(OTHER, DICOM, b"new")
    lay_plain(vault, UUID.replace("0a", "2a", 1), b"from before")
    before = sealed_path(vault.plain_path(UUID)).read_bytes()
    found = care.rotate(vault, 2, quiet)
    assert (found.changed, found.encrypted, found.plain, found.damaged) == (1, 1, 1, [])
    only_new = storage(tmp_path, {2: BOTH_KEYS[2]})
    assert only_new.read(UUID, DICOM) == b"an image"
    assert only_new.read(OTHER, DICOM) == b"new"
    after = sealed_path(vault.plain_path(UUID)).read_bytes()
    assert before[160:] == after[160:]
    assert care.rotate(vault, 2, quiet).changed == 0


@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("step", ["pwrite", "fsync"])
def test_a_rotation_that_is_killed_loses_nothing_and_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, after: int
) -> None:
    storage(tmp_path).create(UUID, DICOM, b"an image")
    vault = storage(tmp_path, BOTH_KEYS)
    real, left = getattr(os, step), [after]

    def killing(descriptor: int, *options: object) -> object:
        if left[0] == 0:
            if step == "pwrite":
                # Half of it has reached the disk.
                data, offset = options
                assert isinstance(data, bytes)
                real(descriptor, data[:30], offset)
            raise Killed
        left[0] -= 1
        return real(descriptor, *options)

    with monkeypatch.context() as patched:
        patched.setattr(os, step, killing)
        with suppress(Killed):
            care.rotate(vault, 2, quiet)
    assert vault.read(UUID, DICOM) == b"an image"
    care.rotate(vault, 2, quiet)
    assert storage(tmp_path, {2: BOTH_KEYS[2]}).read(UUID, DICOM) == b"an image"
    with opened(sealed_path(vault.plain_path(UUID))) as descriptor:
        assert sorted(slot.version for slot in SealedFile(descriptor, UUID, DICOM, vault.keys).slots) == [0, 2]


def test_a_converted_file_may_be_of_any_kind(tmp_path: Path) -> None:
    vault = storage(tmp_path)
    vault.write(UUID, seal(b"x", UUID, ANY_TYPE, vault.keys))
    assert [vault.read(UUID, kind) for kind in (1, 2, 3)] == [b"x"] * 3
