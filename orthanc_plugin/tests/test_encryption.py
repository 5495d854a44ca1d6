"""Encryption at rest as an administrator meets it: the start of Orthanc, and `patient-share storage`."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any

import pytest

from orthanc_plugin.adapters.keyring import Keyring, add_key, read_key_file
from orthanc_plugin.adapters.vault.mark import NAME
from orthanc_plugin.adapters.vault.opening import open_storage
from orthanc_plugin.adapters.vault.storage import EncryptedStorage, sealed_path
from orthanc_plugin.cli import main
from orthanc_plugin.composition import start_or_stop

from .support.fake_orthanc import Recorder
from .support.vault import DICOM, OTHER, UUID, files, lay_plain


def switch_on(sdk: Recorder) -> None:
    sdk.configuration["PatientShare"]["Encryption"] = {"Enabled": True}


def started(sdk: Recorder) -> None:
    for registered in (sdk.storage, sdk.filters, sdk.routes, sdk.changes):
        registered.clear()
    start_or_stop()


def refusal(sdk: Recorder, capsys: pytest.CaptureFixture[str]) -> str:
    sdk.errors.clear()
    with pytest.raises(SystemExit):
        started(sdk)
    assert not sdk.storage
    return sdk.errors[-1]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "storage"


def vault(root: Path) -> EncryptedStorage:
    return EncryptedStorage(root, Keyring(read_key_file(root.parent / "key")))


def test_without_the_setting_orthanc_keeps_its_storage(configured: Recorder, root: Path) -> None:
    started(configured)
    assert configured.storage == []
    assert not (root / NAME).exists()


def test_with_the_setting_what_orthanc_stores_is_encrypted(configured: Recorder, root: Path) -> None:
    switch_on(configured)
    started(configured)
    ((create, read, remove),) = configured.storage
    create(UUID, DICOM, b"an image of Erika")
    assert f"{UUID}.psenc" in files(root)
    assert b"Erika" not in sealed_path(vault(root).plain_path(UUID)).read_bytes()
    assert read(UUID, DICOM) == b"an image of Erika"
    remove(UUID, DICOM)
    assert f"{UUID}.psenc" not in files(root)
    assert any("WebViewer.CachePath" in line for line in configured.warnings)


def test_nothing_is_said_about_a_cache_that_lies_in_memory(configured: Recorder) -> None:
    switch_on(configured)
    configured.configuration["WebViewer"] = {"CachePath": "/dev/shm/web-viewer"}
    started(configured)
    assert not any("WebViewer.CachePath" in line for line in configured.warnings)


def test_a_start_without_encryption_over_encrypted_images_is_refused(
    configured: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    switch_on(configured)
    started(configured)
    del configured.configuration["PatientShare"]["Encryption"]
    assert "Encryption.Enabled" in refusal(configured, capsys)


def test_a_start_with_another_key_is_refused_and_touches_nothing(
    configured: Recorder, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    switch_on(configured)
    started(configured)
    before = (root / NAME).read_bytes()
    key = root.parent / "key"
    right = key.read_text()
    key.write_text("1:" + "A" * 43 + "=\n")
    assert "is not the one" in refusal(configured, capsys)
    assert (root / NAME).read_bytes() == before
    key.write_text(right)
    started(configured)
    assert configured.storage


@pytest.mark.parametrize(
    ("name", "section", "refused"),
    [
        ("PostgreSQL", {"EnableStorage": True}, True),
        ("PostgreSQL", {"EnableIndex": True, "EnableStorage": False}, False),
        ("AwsS3Storage", {"BucketName": "x"}, True),
    ],
)
def test_images_that_another_plugin_keeps_elsewhere_cannot_be_encrypted(
    configured: Recorder, capsys: pytest.CaptureFixture[str], name: str, section: dict[str, Any], refused: bool
) -> None:
    switch_on(configured)
    configured.configuration[name] = section
    if refused:
        assert f'"{name}"' in refusal(configured, capsys)
    else:
        started(configured)


def test_a_new_key_is_in_the_mark_before_a_file_is_encrypted_under_it(configured: Recorder, root: Path) -> None:
    switch_on(configured)
    started(configured)
    add_key(root.parent / "key")
    os.utime(root.parent / "key", (0, 0))
    started(configured)
    configured.storage[0][0](UUID, DICOM, b"an image")
    assert sorted(json.loads((root / NAME).read_text())["keys"]) == ["1", "2"]


def test_a_key_that_is_taken_up_while_orthanc_runs_is_in_the_mark_as_well(root: Path) -> None:
    keys = {1: b"a" * 32}
    keyring = Keyring(keys)
    storage = open_storage({"StorageDirectory": str(root)}, keyring)
    keyring._derived = Keyring({**keys, 2: b"b" * 32})._derived
    storage.create(UUID, DICOM, b"an image")
    assert sorted(json.loads((root / NAME).read_text())["keys"]) == ["1", "2"]


@pytest.fixture
def configuration(configured: Recorder, tmp_path: Path) -> Path:
    switch_on(configured)
    started(configured)
    path = tmp_path / "orthanc.json"
    path.write_text(json.dumps(configured.configuration))
    return path


def storage(kind: str, configuration: Path) -> int:
    return main(["storage", kind, "--configuration", str(configuration)])


def test_an_archive_is_converted_verified_and_moved_to_a_new_key(
    configuration: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_plain(vault(root), UUID, b"from before")
    vault(root).create(OTHER, DICOM, b"new")
    assert storage("verify", configuration) == 1
    assert "1 files are encrypted and whole, 1 are not encrypted" in capsys.readouterr().out
    assert storage("convert", configuration) == 0
    assert "1 files were encrypted, 1 were so before" in capsys.readouterr().out
    assert storage("verify", configuration) == 0
    add_key(root.parent / "key")
    assert storage("rotate", configuration) == 0
    assert "2 files were moved to the newest key" in capsys.readouterr().out
    # Orthanc is started with it from now on, and never without the new key.
    assert sorted(json.loads((root / NAME).read_text())["keys"]) == ["1", "2"]
    path = sealed_path(vault(root).plain_path(UUID))
    path.write_bytes(path.read_bytes()[:-1])
    assert storage("verify", configuration) == 1
    assert f"DAMAGED {UUID}" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["convert", "verify", "rotate"])
def test_a_storage_that_orthanc_would_not_find_any_more_is_left_alone(
    configuration: Path, root: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = lay_plain(vault(root), UUID, b"from before")
    (root / NAME).unlink()
    assert storage(kind, configuration) == 2
    assert "restart Orthanc first" in capsys.readouterr().err
    assert plain.exists()


def test_two_commands_at_once_are_refused(configuration: Path, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (root / f"{NAME}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert storage("convert", configuration) == 2
    assert "Another such command" in capsys.readouterr().err


def test_the_command_is_run_by_the_user_of_orthanc(
    configuration: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert storage("convert", configuration) == 2
    assert "as the user that runs Orthanc" in capsys.readouterr().err


def test_a_full_disk_is_told(
    configuration: Path, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = lay_plain(vault(root), UUID, b"from before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "x")

    monkeypatch.setattr(EncryptedStorage, "write", full)
    assert storage("convert", configuration) == 2
    assert "No space left" in capsys.readouterr().err
    assert plain.exists()
