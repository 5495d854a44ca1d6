from __future__ import annotations

import os
from pathlib import Path

import pytest

from orthanc_plugin.adapters.vault.envelope import DamagedFile
from orthanc_plugin.adapters.vault.storage import is_attachment, sealed_path

from ...support.vault import DICOM, OTHER, UUID, files, lay_plain, storage


def test_an_attachment_is_stored_read_and_removed(tmp_path: Path) -> None:
    vault = storage(tmp_path)
    vault.create(UUID, DICOM, b"an image")
    assert files(tmp_path) == [f"{UUID}.psenc"]
    assert sealed_path(vault.plain_path(UUID)).stat().st_mode & 0o077 == 0
    assert vault.read(UUID, DICOM) == b"an image"
    assert vault.read(UUID, DICOM, 3, 2) == b"im"
    vault.remove(UUID)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        vault.read(UUID, DICOM)


def test_a_file_from_before_is_read_and_removed(tmp_path: Path) -> None:
    vault = storage(tmp_path)
    lay_plain(vault, UUID, b"from before")
    assert vault.read(UUID, DICOM) == b"from before"
    assert vault.read(UUID, DICOM, 5, 3) == b"bef"
    assert vault.read(UUID, DICOM, 20, 3) == b""
    vault.remove(UUID)
    vault.remove(UUID)
    assert files(tmp_path) == []


def test_a_file_that_is_converted_between_two_looks_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = storage(tmp_path)
    plain = lay_plain(vault, UUID, b"from before")
    real = os.open

    def converted_now(path: Path, *options: int, **more: int) -> int:
        if path == plain and plain.exists():
            plain.unlink()
            vault.create(UUID, DICOM, b"from before")
        return real(path, *options, **more)

    monkeypatch.setattr(os, "open", converted_now)
    assert vault.read(UUID, DICOM) == b"from before"


@pytest.mark.parametrize("uuid", ["", "../../etc/passwd", UUID.upper(), UUID + "/x", "0" * 36])
def test_only_names_that_orthanc_gives_are_accepted(tmp_path: Path, uuid: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        storage(tmp_path).create(uuid, DICOM, b"x")


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault, real, calls = storage(tmp_path), os.write, []

    def full(descriptor: int, piece: memoryview) -> int:
        calls.append(len(piece))
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return real(descriptor, piece)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        vault.create(UUID, DICOM, b"an image")
    assert files(tmp_path) == []


def test_a_disk_that_takes_a_part_is_given_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault, real = storage(tmp_path), os.write
    monkeypatch.setattr(os, "write", lambda descriptor, piece: real(descriptor, piece[:7]))
    vault.create(UUID, DICOM, b"an image" * 20)
    monkeypatch.undo()
    assert vault.read(UUID, DICOM) == b"an image" * 20


def test_a_folder_that_is_removed_meanwhile_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault, real = storage(tmp_path), os.open
    removed: list[Path] = []

    def removing(path: Path, *options: int) -> int:
        if not removed:
            removed.append(path)
            Path(path).parent.rmdir()
        return real(path, *options)

    monkeypatch.setattr(os, "open", removing)
    vault.create(UUID, DICOM, b"an image")
    assert vault.read(UUID, DICOM) == b"an image"


def test_damage_is_told_with_the_name_of_the_file_alone(tmp_path: Path) -> None:
    vault = storage(tmp_path)
    vault.create(UUID, DICOM, b"an image")
    path = sealed_path(vault.plain_path(UUID))
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(DamagedFile, match=rf"^attachment {UUID} cannot be decrypted: its content was changed$"):
        vault.read(UUID, DICOM)


def test_what_lies_elsewhere_in_the_folder_is_no_attachment(tmp_path: Path) -> None:
    vault = storage(tmp_path)
    plain = vault.plain_path(UUID)
    assert is_attachment(plain)
    assert is_attachment(sealed_path(plain))
    for other in (tmp_path / "index", plain.with_name(OTHER), tmp_path / "0a" / "WebViewerCache", plain.with_name("x")):
        assert not is_attachment(other)
