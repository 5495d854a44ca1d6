from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from orthanc_plugin.adapters.keyring import KeyFileError, Keyring, read_key_file, write_new_key_file
from orthanc_plugin.domain.credential import AccessCode

CODE = AccessCode.from_number(4711)
OLD, NEW = bytes(range(32)), bytes(range(32, 64))


def line(version: object, key: bytes = OLD) -> str:
    return f"{version}:{base64.b64encode(key).decode()}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def write(path: Path, text: str | bytes, mode: int = 0o600) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


def test_a_new_key_file_is_for_its_owner_alone_and_holds_one_key(path: Path) -> None:
    previous = os.umask(0)
    try:
        write_new_key_file(path)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    keys = read_key_file(path)
    assert list(keys) == [1]
    assert len(keys[1]) == 32


def test_two_new_keys_differ(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_new_key_file(tmp_path / name)
    assert read_key_file(tmp_path / "a") != read_key_file(tmp_path / "b")


def test_an_existing_key_file_is_never_overwritten(path: Path) -> None:
    write(path, "precious")
    with pytest.raises(FileExistsError):
        write_new_key_file(path)
    assert path.read_text() == "precious"


def test_several_versions_comments_and_blank_lines_are_read(path: Path) -> None:
    write(path, f"# keys of the practice\n\n{line(1, OLD)}\r\n  {line(12, NEW)}  \n")
    assert read_key_file(path) == {1: OLD, 12: NEW}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o602, 0o610, 0o777])
def test_a_key_file_that_is_open_to_others_is_refused(path: Path, mode: int) -> None:
    with pytest.raises(KeyFileError, match="open to other users"):
        read_key_file(write(path, line(1), mode))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_key_file_of_another_user_is_refused(path: Path) -> None:
    write(path, line(1))
    os.chown(path, 65534, -1)
    with pytest.raises(KeyFileError):
        read_key_file(path)


def test_a_missing_key_file_is_named(path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be read: No such file"):
        read_key_file(path)


def test_a_folder_is_no_key_file(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError):
        read_key_file(tmp_path)


@pytest.mark.parametrize("text", ["", "\n\n", "# 1:abc\n"])
def test_a_file_without_a_key_says_how_to_make_one(path: Path, text: str) -> None:
    with pytest.raises(KeyFileError, match="patient-share new-key"):
        read_key_file(write(path, text))


SECRET = base64.b64encode(OLD).decode()


@pytest.mark.parametrize(
    "bad",
    [
        SECRET,
        f"x:{SECRET}",
        f"0:{SECRET}",
        f"65536:{SECRET}",
        f"-1:{SECRET}",
        f"1.0:{SECRET}",
        f"{'9' * 5000}:{SECRET}",
        f"3:{SECRET[:-8]}",
        f"3:{SECRET}AAAA",
        f"3:{SECRET}x",
        f"3:{SECRET[:10]}!{SECRET[11:]}",
        f"3:{SECRET[:20]} {SECRET[20:]}",
        "3:",
        f"1:{SECRET}",
        f"٣:{SECRET}",
    ],
)
def test_a_bad_line_is_named_by_its_number_and_never_quoted(path: Path, bad: str) -> None:
    write(path, f"# first\n{line(1, NEW)}\n{bad}\n")
    with pytest.raises(KeyFileError) as refusal:
        read_key_file(path)
    assert str(refusal.value).startswith("Line 3 of the key file")
    assert SECRET[:8] not in str(refusal.value)


def test_binary_rubbish_is_a_bad_line(path: Path) -> None:
    with pytest.raises(KeyFileError, match="Line 1"):
        read_key_file(write(path, bytes(range(128, 256))))


def test_the_index_of_a_code_depends_on_code_and_key() -> None:
    ring = Keyring({1: OLD})
    assert ring.current(CODE) == ring.current(AccessCode.parse(CODE.grouped.lower()))
    assert len(ring.current(CODE)) == 64
    assert ring.current(CODE) != ring.current(AccessCode.from_number(4712))
    assert ring.current(CODE) != Keyring({1: NEW}).current(CODE)
    assert CODE.text not in ring.current(CODE)


def test_an_index_under_an_old_key_is_still_found_after_a_new_key_was_added() -> None:
    before, after = Keyring({1: OLD}), Keyring({1: OLD, 2: NEW})
    assert before.current(CODE) in after.candidates(CODE)
    assert after.candidates(CODE) == [after.current(CODE), before.current(CODE)]
    assert after.current(CODE) == Keyring({7: NEW}).current(CODE)


def test_addresses_are_hashed_for_themselves() -> None:
    ring = Keyring({1: OLD})
    assert ring.address("192.0.2.1") == ring.address("192.0.2.1")
    assert ring.address("192.0.2.1") != ring.address("192.0.2.2")
    assert ring.address(CODE.text) != ring.current(CODE)
    assert len(ring.address("\ud800")) == 64


@pytest.mark.parametrize("text", ["", "note", "Ä 漢字 \U0001f600", "x" * 1000])
def test_encrypted_text_reads_back_in_its_context(text: str) -> None:
    ring = Keyring({1: OLD, 2: NEW})
    sealed = ring.encrypt(text, "share 1")
    assert ring.decrypt(sealed, "share 1") == text
    assert not text or text.encode() not in sealed
    assert sealed != ring.encrypt(text, "share 1")


def test_encrypted_text_does_not_read_in_another_context_or_when_changed() -> None:
    ring = Keyring({1: OLD})
    sealed = ring.encrypt("note", "share 1")
    with pytest.raises(InvalidTag):
        ring.decrypt(sealed, "share 2")
    for place in range(2, len(sealed)):
        with pytest.raises(InvalidTag):
            ring.decrypt(sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :], "share 1")


def test_text_under_an_old_key_reads_while_that_key_is_there() -> None:
    sealed = Keyring({1: OLD}).encrypt("note", "share 1")
    assert Keyring({1: OLD, 2: NEW}).decrypt(sealed, "share 1") == "note"
    with pytest.raises(KeyError):
        Keyring({2: NEW}).decrypt(sealed, "share 1")
