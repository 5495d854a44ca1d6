"""Keys from a program in place of a file."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import pytest

from orthanc_plugin.adapters import key_source
from orthanc_plugin.adapters.key_source import read_keys
from orthanc_plugin.adapters.keyring import KeyFileError, write_new_key_file

KEY = b"k" * 32
LINE = f"3:{base64.b64encode(KEY).decode()}"


def shell(script: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", script)


def test_the_program_takes_the_place_of_the_file(tmp_path: Path) -> None:
    write_new_key_file(tmp_path / "key")
    assert list(read_keys(str(tmp_path / "key"), ())) == [1]
    assert read_keys("", shell(f"echo '# from a store'; echo '{LINE}'")) == {3: KEY}


def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    assert read_keys("", ("/bin/echo", LINE)) == {3: KEY}
    with pytest.raises(KeyFileError):
        read_keys("", ("/bin/echo", f"{LINE}; touch {tmp_path}/made"))
    assert not (tmp_path / "made").exists()


def test_the_program_is_not_given_the_servers_input() -> None:
    assert read_keys("", shell(f"cat; echo '{LINE}'")) == {3: KEY}


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("/nonexistent/program",), "cannot be run"),
        (("/etc/passwd",), "cannot be run"),
        (shell("exit 3"), "exit status 3"),
        (shell(f"echo '{LINE}'; exit 1"), "exit status 1"),
        (shell("true"), "holds no key"),
        (shell("echo 1:short"), "Line 1"),
        (shell(f"echo '{LINE}'; echo '{LINE}'"), "Line 2"),
        (shell("head -c 1000000 /dev/zero"), "Line 1"),
    ],
)
def test_a_program_without_usable_keys_is_named_with_the_reason(command: tuple[str, ...], why: str) -> None:
    with pytest.raises(KeyFileError, match=why) as raised:
        read_keys("", command)
    assert command[0] in str(raised.value)


def test_what_the_program_says_is_told_to_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyFileError) as raised:
        read_keys("", shell("echo s3cret; echo s3cret >&2; exit 1"))
    assert "s3cret" not in str(raised.value)
    assert "s3cret" not in "".join(capfd.readouterr())


def test_a_program_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_source, "_SECONDS", 0.3)
    begun = time.monotonic()
    with pytest.raises(KeyFileError, match="no answer"):
        read_keys("", ("/bin/sleep", "60"))
    assert time.monotonic() - begun < 30
