"""What is said of a configuration."""

from __future__ import annotations

import copy
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orthanc_plugin.cli import main
from orthanc_plugin.inspection import Weight, inspect
from orthanc_plugin.settings import parse_settings


@pytest.fixture
def good(tmp_path: Path) -> dict[str, Any]:
    """A configuration of which nothing is to be said."""
    for name in ("plugin.so", "key"):
        (tmp_path / name).touch(mode=0o600)
    (tmp_path / "db").mkdir(mode=0o700)
    return {
        "AuthenticationEnabled": False,
        "WebDavEnabled": False,
        "HttpBindAddresses": ["10.0.0.2"],
        "RemoteAccessAllowed": True,
        "DicomServerEnabled": False,
        "StorageDirectory": str(tmp_path / "db"),
        "Plugins": [str(tmp_path / "plugin.so")],
        "Python": {"AllowThreads": True},
        "RegisteredUsers": {"reception": "a long password"},
        "PatientShare": {
            "PublicUrl": "https://portal.example.org",
            "KeyFile": str(tmp_path / "key"),
            "Practice": {"Name": "P", "Telephone": "030 1"},
            "StaffNetworks": ["10.0.0.0/8"],
            "TrustedProxies": ["10.0.0.1/32"],
            "Encryption": {"Enabled": True},
        },
    }


def said(configuration: dict[str, Any]) -> list[tuple[Weight, str]]:
    return [(one.weight, one.text) for one in inspect(configuration, parse_settings(configuration))]


def test_nothing_is_said_of_a_good_one(good: dict[str, Any]) -> None:
    assert said(good) == []


def without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda configuration: configuration.pop(name)


def put(name: str, value: Any) -> Callable[[dict[str, Any]], object]:
    def change(configuration: dict[str, Any]) -> None:
        *sections, last = name.split(".")
        for section in sections:
            configuration = configuration[section]
        configuration[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "weight", "word"),
    [
        (without("AuthenticationEnabled"), "danger", "AuthenticationEnabled"),
        (put("AuthenticationEnabled", True), "danger", "AuthenticationEnabled"),
        (put("Python", {}), "danger", "AllowThreads"),
        (without("WebDavEnabled"), "danger", "WebDAV"),
        (put("LuaScripts", ["x.lua"]), "danger", "LuaScripts"),
        (put("ExecuteLuaEnabled", True), "danger", "ExecuteLuaEnabled"),
        (put("RestApiWriteToFileSystemEnabled", True), "danger", "write to any file"),
        (put("HttpVerbose", True), "danger", "cookies"),
        (put("OrthancPeers", {"x": ["http://y"]}), "advice", "OrthancPeers"),
        (without("HttpBindAddresses"), "advice", "firewall"),
        (put("Plugins", ["/tmp"]), "danger", "Name each file"),
        (put("Plugins", ["/nowhere.so"]), "danger", "does not exist"),
        (without("Plugins"), "danger", "Plugins"),
        (without("DicomServerEnabled"), "advice", "DICOM port"),
        (put("RegisteredUsers", {"orthanc": "orthanc"}), "danger", "RegisteredUsers"),
        (put("PatientShare.StaffNetworks", []), "advice", "StaffNetworks"),
        (put("PatientShare.PublicUrl", "http://portal.example.org"), "danger", "readable on the way"),
        (put("PatientShare.TrustedProxies", []), "advice", "TrustedProxies"),
        (put("PatientShare.Encryption", {"Enabled": False}), "advice", "Encryption"),
        (put("PatientShare.Practice", {"Name": "P"}), "advice", "Telephone"),
        (put("PatientShare.KeyFile", "/nowhere/key"), "danger", "KeyFile"),
        (put("StorageDirectory", "/nowhere/db"), "danger", "StorageDirectory"),
    ],
)
def test_each_trap_has_its_sentence(
    good: dict[str, Any], change: Callable[[dict[str, Any]], object], weight: str, word: str
) -> None:
    changed = copy.deepcopy(good)
    change(changed)
    ((found, text),) = said(changed)
    assert found == weight and word in text
    assert "a long password" not in text


def test_any_computer_that_may_read_over_dicom_is_a_danger(good: dict[str, Any]) -> None:
    good |= {"DicomServerEnabled": True, "DicomAlwaysAllowStore": False, "DicomAlwaysAllowMove": True}
    assert [weight for weight, _ in said(good)] == ["danger"]


def test_a_key_that_everybody_can_read_is_a_danger(good: dict[str, Any]) -> None:
    Path(good["PatientShare"]["KeyFile"]).chmod(0o644)
    assert "chmod" in said(good)[0][1]


def test_a_clock_that_was_set_back_is_noticed(good: dict[str, Any]) -> None:
    store = Path(good["StorageDirectory"]) / "patient-share.sqlite3"
    store.touch()
    assert said(good) == []
    os.utime(store, (time.time() + 1000,) * 2)
    assert "clock" in said(good)[0][1]


def test_the_command_says_it_and_ends_accordingly(
    good: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "orthanc.json"
    file.write_text(json.dumps(good))
    assert main(["check", str(file)]) == 0 and "Nothing to say" in capsys.readouterr().out
    file.write_text(json.dumps({**good, "WebDavEnabled": True}))
    assert main(["check", str(file)]) == 1 and capsys.readouterr().out.startswith("danger  ")
    file.write_text("{")
    assert main(["check", str(file)]) == 2 and "JSON" in capsys.readouterr().err
