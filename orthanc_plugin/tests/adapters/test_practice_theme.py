"""The folder with a practice's look: what it gives, what orthanc.json keeps for itself, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orthanc_plugin.adapters.practice_theme import read_settings
from orthanc_plugin.settings import SettingsError

LOOK = {"Name": "Praxis am Markt", "Address": ["Markt 1"], "Telephone": "030 1", "Colour": "#0d5c66", "TextSize": 110}


def configuration(folder: Path, **section: Any) -> dict[str, Any]:
    return {"PatientShare": {"PublicUrl": "https://p.example", "KeyFile": "/k", "ThemeFolder": str(folder), **section}}


def test_a_folder_gives_everything(tmp_path: Path) -> None:
    (tmp_path / "practice.json").write_text("// ours\n" + json.dumps(LOOK))
    (tmp_path / "logo.png").write_bytes(b"")
    (tmp_path / "texts").mkdir()
    settings = read_settings(configuration(tmp_path))
    assert settings.practice.name == "Praxis am Markt"
    assert settings.practice.address == ("Markt 1",)
    assert (settings.practice.colour, settings.practice.text_size) == ("#0d5c66", 110)
    assert settings.practice.logo_file == str(tmp_path / "logo.png")
    assert settings.texts_folder == str(tmp_path / "texts")


def test_what_the_configuration_says_itself_counts(tmp_path: Path) -> None:
    (tmp_path / "practice.json").write_text(json.dumps(LOOK))
    (tmp_path / "texts").mkdir()
    settings = read_settings(configuration(tmp_path, Practice={"Telephone": "030 2"}, TextsFolder="/other"))
    assert (settings.practice.name, settings.practice.telephone) == ("Praxis am Markt", "030 2")
    assert settings.texts_folder == "/other"


@pytest.mark.parametrize("logo", ["logo.jpg", "logo.jpeg"])
def test_a_logo_alone_is_a_theme(tmp_path: Path, logo: str) -> None:
    (tmp_path / logo).write_bytes(b"")
    settings = read_settings(configuration(tmp_path, Practice={"Name": "P"}))
    assert settings.practice.logo_file == str(tmp_path / logo)
    assert settings.texts_folder == ""


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "holds neither practice.json nor a logo nor texts"),
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 60000, "is not JSON"),
        (b"[]", "holds no object"),
        (b" " * (64 << 10) + b"{}", "is larger than 64 KB"),
        (b"{}", "PatientShare.Practice.Name is missing"),
        (b'{"Name": "P", "Telefon": "1"}', "PatientShare.Practice.Telefon is not a setting"),
        (b'{"Name": 7}', "PatientShare.Practice.Name"),
    ],
)
def test_what_cannot_be_used_is_told(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    if content is not None:
        (tmp_path / "practice.json").write_bytes(content)
    with pytest.raises(SettingsError, match=sentence):
        read_settings(configuration(tmp_path))


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "practice.json").mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings(configuration(tmp_path))


@pytest.mark.parametrize("value", [7, None, ["/x"]])
def test_a_name_of_a_folder_that_is_none_is_told(value: Any) -> None:
    with pytest.raises(SettingsError, match=r"PatientShare\.ThemeFolder"):
        read_settings({"PatientShare": {"PublicUrl": "https://p.example", "KeyFile": "/k", "ThemeFolder": value}})


@pytest.mark.parametrize("practice", [None, [], "P"])
def test_a_section_of_the_wrong_kind_is_told(tmp_path: Path, practice: Any) -> None:
    (tmp_path / "practice.json").write_text(json.dumps(LOOK))
    with pytest.raises(SettingsError, match=r"PatientShare\.Practice"):
        read_settings(configuration(tmp_path, Practice=practice))
