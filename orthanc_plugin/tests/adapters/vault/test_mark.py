from __future__ import annotations

import json
from pathlib import Path

import pytest

from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.vault.mark import NAME, Mark, StorageRefused

from ...support.vault import BOTH_KEYS, KEYS


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    Mark(tmp_path).note(Keyring(KEYS), 1)
    return tmp_path


def test_a_storage_without_a_mark_is_accepted_with_any_key_and_none(tmp_path: Path) -> None:
    Mark(tmp_path).check(Keyring(KEYS))
    Mark(tmp_path).refuse_plain()
    assert list(tmp_path.iterdir()) == []


def test_the_right_key_is_accepted_also_beside_a_newer_one(marked: Path) -> None:
    Mark(marked).check(Keyring(KEYS))
    Mark(marked).check(Keyring(BOTH_KEYS))


@pytest.mark.parametrize(
    ("keys", "text"), [({1: b"z" * 32}, "is not the one"), ({2: b"b" * 32}, "not in the key file")]
)
def test_a_wrong_or_missing_key_is_refused_and_nothing_is_changed(
    marked: Path, keys: dict[int, bytes], text: str
) -> None:
    before = (marked / NAME).read_bytes()
    with pytest.raises(StorageRefused, match=text):
        Mark(marked).check(Keyring(keys))
    assert (marked / NAME).read_bytes() == before


def test_encryption_cannot_be_switched_off(marked: Path) -> None:
    with pytest.raises(StorageRefused, match=r"Encryption\.Enabled"):
        Mark(marked).refuse_plain()


def test_every_version_is_noted_once(marked: Path) -> None:
    mark = Mark(marked)
    mark.note(Keyring(BOTH_KEYS), 2)
    mark.note(Keyring(BOTH_KEYS), 2)
    assert sorted(json.loads((marked / NAME).read_text())["keys"]) == ["1", "2"]
    with pytest.raises(StorageRefused, match="version 2"):
        mark.check(Keyring(KEYS))
    assert (marked / NAME).stat().st_mode & 0o077 == 0


def test_the_mark_holds_no_key(marked: Path) -> None:
    text = (marked / NAME).read_bytes()
    assert KEYS[1] not in text
    assert KEYS[1].hex().encode() not in text


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 1, "keys": []}', '{"format": 2, "keys": {}}', "\xff"])
def test_a_damaged_mark_is_refused(marked: Path, text: str) -> None:
    (marked / NAME).write_bytes(text.encode("latin-1"))
    with pytest.raises(StorageRefused):
        Mark(marked).check(Keyring(KEYS))
    with pytest.raises(StorageRefused):
        Mark(marked).refuse_plain()


def test_a_mark_that_points_nowhere_counts_as_one(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to("nowhere")
    with pytest.raises(StorageRefused):
        Mark(tmp_path).refuse_plain()
