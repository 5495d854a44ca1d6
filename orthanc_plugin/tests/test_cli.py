from __future__ import annotations

from pathlib import Path

import pytest

from orthanc_plugin.adapters.keyring import read_key_file
from orthanc_plugin.cli import main


def test_a_new_key_file_can_be_read_by_the_product(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "key"
    assert main(["new-key", str(path)]) == 0
    assert list(read_key_file(path)) == [1]
    told = capsys.readouterr()
    assert str(path) in told.out
    assert path.read_text().split(":")[1].strip() not in told.out + told.err


def test_an_existing_key_file_is_left_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "key"
    path.write_text("precious")
    assert main(["new-key", str(path)]) == 1
    assert path.read_text() == "precious"
    assert "left as it is" in capsys.readouterr().err


def test_a_folder_that_does_not_exist_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-key", str(tmp_path / "no" / "key")]) == 1
    assert "No such file" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["new-key"], ["other"]])
def test_wrong_use_is_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "patient-share" in capsys.readouterr().err
