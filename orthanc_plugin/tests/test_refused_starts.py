"""Where the product cannot protect Orthanc, Orthanc is stopped and says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orthanc_plugin.composition import check_orthanc, staff_users, start_or_stop
from orthanc_plugin.settings import Role, SettingsError

from .support.fake_orthanc import Recorder

SECRET = "a long staff password"


def broken(configuration: dict[str, Any], how: str, folder: Path) -> None:
    section = configuration["PatientShare"]
    match how:
        case "misspelt setting":
            section["PublicURL"] = section.pop("PublicUrl")
        case "no section":
            del configuration["PatientShare"]
        case "no threads":
            configuration["Python"] = {"AllowThreads": False}
        case "no python section":
            del configuration["Python"]
        case "own authentication":
            configuration["AuthenticationEnabled"] = True
        case "authentication left to default":
            del configuration["AuthenticationEnabled"]
        case "no staff":
            configuration["RegisteredUsers"] = {}
        case "staff without a password":
            configuration["RegisteredUsers"]["reception"] = ""
        case "no key file":
            section["KeyFile"] = str(folder / "nothing")
        case "open key file":
            (folder / "key").chmod(0o644)
        case "bad key file":
            (folder / "key").write_text("1:nonsense")
        case "bad database":
            section["Database"] = f"sqlite:///{folder / 'key' / 'x.sqlite3'}"


FAULTS = {
    "misspelt setting": "PatientShare.PublicURL is not a setting",
    "no section": 'no section "PatientShare"',
    "no threads": "AllowThreads",
    "no python section": "AllowThreads",
    "own authentication": "AuthenticationEnabled",
    "authentication left to default": "AuthenticationEnabled",
    "no staff": "RegisteredUsers",
    "staff without a password": "RegisteredUsers",
    "no key file": "key file",
    "open key file": "open to other users",
    "bad key file": "Line 1 of the key file",
    "bad database": "share store",
}


@pytest.mark.parametrize("how", FAULTS)
def test_what_cannot_be_protected_stops_orthanc_with_one_line_that_says_why(
    configured: Recorder, tmp_path: Path, how: str
) -> None:
    broken(configured.configuration, how, tmp_path)
    with pytest.raises(SystemExit) as stop:
        start_or_stop()
    assert stop.value.code == 1
    (line,) = configured.errors
    assert line.startswith("Patient Share: Orthanc is stopped. ")
    assert FAULTS[how] in line
    assert "\n" not in line
    assert SECRET not in line
    assert configured.filters == []
    assert configured.routes == []


def test_an_orthanc_that_is_too_old_is_stopped_before_anything_else(configured: Recorder) -> None:
    configured.version = (1, 12, 6)
    configured.configuration = {}
    with pytest.raises(SystemExit):
        start_or_stop()
    assert "1.12.7" in configured.errors[0]


@pytest.mark.parametrize("users", [None, [], "x", {"a": None}, {"a": 1}, {"a": "x", "b": ""}, {"a": ["x"]}])
def test_members_of_staff_need_passwords_that_are_text(users: object) -> None:
    for role in (Role.ALL, Role.STAFF):
        with pytest.raises(SettingsError, match="RegisteredUsers"):
            staff_users({"RegisteredUsers": users}, role)
    assert staff_users({"RegisteredUsers": users}, Role.PORTAL) == {}


@pytest.mark.parametrize(
    "python", [None, True, [], {}, {"AllowThreads": "true"}, {"AllowThreads": 1}, {"allowthreads": True}]
)
def test_threads_must_be_allowed_in_so_many_words(python: object) -> None:
    with pytest.raises(SettingsError, match="AllowThreads"):
        check_orthanc({"Python": python, "AuthenticationEnabled": False, "RegisteredUsers": {"a": "b"}})


@pytest.mark.parametrize("value", [None, 0, "", "false", True, 1])
def test_orthancs_own_authentication_must_be_off_in_so_many_words(value: object) -> None:
    configuration = {"Python": {"AllowThreads": True}, "AuthenticationEnabled": value, "RegisteredUsers": {"a": "b"}}
    with pytest.raises(SettingsError, match="AuthenticationEnabled"):
        check_orthanc(configuration)
