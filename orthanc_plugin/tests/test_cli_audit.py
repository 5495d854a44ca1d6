"""`patient-share audit` on a real store, with Orthanc's configuration as people write it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from orthanc_plugin.adapters.configuration_file import ConfigurationError, parse, read_configuration
from orthanc_plugin.adapters.keyring import Keyring, read_key_file, write_new_key_file
from orthanc_plugin.adapters.store.audit import SqlAudit
from orthanc_plugin.adapters.store.database import open_store
from orthanc_plugin.cli import main
from orthanc_plugin.domain.audit import SYSTEM, AuditEvent
from orthanc_plugin.domain.audit_terms import Action

CONFIGURATION = """
// Written by hand.
{
  "Name": "a // b /* c */ \\"d\\",}",
  "StorageDirectory": "%s", /* where
  the images are */
  "PatientShare": {
    "PublicUrl": "http://127.0.0.1:8042",
    "KeyFile": "${PATIENT_SHARE_KEY:-%s}",
    "Practice": {"Name": "Praxis", "Address": ["a", "b",]},
  },
}
"""


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    write_new_key_file(tmp_path / "key")
    path = tmp_path / "orthanc.json"
    path.write_text(CONFIGURATION % (tmp_path, tmp_path / "key"))
    return path


@pytest.fixture
def store(configuration: Path, tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(f"sqlite:///{tmp_path / 'patient-share.sqlite3'}")
    audit = SqlAudit(engine, Keyring(read_key_file(tmp_path / "key")))
    for number in range(4):
        audit.append(AuditEvent(Action.STARTED, number, SYSTEM))
    yield engine
    engine.dispose()


def verify(configuration: Path, *more: str) -> int:
    return main(["audit", "verify", "--configuration", str(configuration), *more])


def changed(tmp_path: Path, *statements: str) -> None:
    with sqlite3.connect(tmp_path / "patient-share.sqlite3") as file:
        for statement in ("DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete", *statements):
            file.execute(statement)
    file.close()


def test_a_whole_log_is_told_with_its_last_entry(
    configuration: Path, store: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(configuration) == 0
    told = capsys.readouterr()
    assert told.out.startswith("The log is whole: 4 entries, the last is 4:")
    mark = told.out.rsplit(" ", 1)[1].rstrip(".\n")
    assert verify(configuration, "--expect", mark) == 0
    assert verify(configuration, "--expect", f"9:{mark[2:]}") == 1
    assert "entry 5 is missing" in capsys.readouterr().err


def test_the_first_bad_entry_is_named(
    configuration: Path, store: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(tmp_path, "UPDATE audit SET who = 'staff:nobody' WHERE seq = 3")
    assert verify(configuration) == 1
    assert "entry 3 was changed" in capsys.readouterr().err
    changed_again = sqlite3.connect(tmp_path / "patient-share.sqlite3")
    with changed_again:
        changed_again.execute("DELETE FROM audit WHERE seq = 2")
    changed_again.close()
    assert verify(configuration) == 1
    assert "entry 2 is missing" in capsys.readouterr().err


def test_every_entry_is_exported_and_the_export_itself_is_one(
    configuration: Path, store: Engine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orthanc_plugin.cli_audit._LINES_AT_ONCE", 2)
    assert main(["audit", "export", "--configuration", str(configuration.parent)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["seq"] for line in lines] == [1, 2, 3, 4, 5]
    assert lines[4]["entry"]["action"] == "audit-exported"
    assert lines[4]["previous"] == lines[3]["mac"]


def test_a_store_that_does_not_exist_is_not_made(
    configuration: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(configuration) == 1
    assert "no such file" in capsys.readouterr().err
    assert not (tmp_path / "patient-share.sqlite3").exists()


def test_a_store_without_a_log_is_one_sentence(
    configuration: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sqlite3.connect(tmp_path / "patient-share.sqlite3").close()
    assert verify(configuration) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("mark", ["", "x", "1", "1:abc", "-1:" + "0" * 64, "1:" + "G" * 64])
def test_a_mark_that_is_none_is_explained(configuration: Path, mark: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        verify(configuration, f"--expect={mark}")
    assert stop.value.code == 2
    assert "its seal" in capsys.readouterr().err


def test_the_environment_fills_in_what_the_configuration_leaves_open(
    configuration: Path, store: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATIENT_SHARE_KEY", "/nowhere")
    assert verify(configuration) == 1
    assert "/nowhere cannot be read" in capsys.readouterr().err


def test_a_folder_is_all_of_its_files(configuration: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.json").write_text('{"Name": "a"}')
    (folder / "b.json").write_text('{"HttpPort": 8042} // b')
    (folder / "c.txt").write_text("nothing")
    assert read_configuration([folder]) == {"Name": "a", "HttpPort": 8042}
    (folder / "c.json").write_text('{"Name": "c"}')
    with pytest.raises(ConfigurationError, match="two of the files"):
        read_configuration([folder])


@pytest.mark.parametrize("text", ["", "[]", "{", "nothing", "[" * 100_000, "/*", '{"a": "'])
def test_a_file_that_is_no_configuration_is_one_sentence(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "orthanc.json"
    path.write_text(text)
    assert verify(path) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_file_that_is_missing_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(tmp_path / "none.json") == 1
    assert "No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "// no comment"}', {"a": "// no comment"}),
        ('{"a": "/* none */", /* one */ "b": 1}', {"a": "/* none */", "b": 1}),
        ('{"a": "\\\\"} // x"', {"a": "\\"}),
        ('{"a": ",}", "b": [1, 2, ],}', {"a": ",}", "b": [1, 2]}),
        ('{"a": 1, // last\n}', {"a": 1}),
        ("[1/**/,2]", [1, 2]),
    ],
)
def test_comments_and_last_commas(text: str, value: object) -> None:
    assert parse(text) == value
