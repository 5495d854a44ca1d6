"""Orthanc stops, and says why in one sentence, where the plugin could not protect it."""

from __future__ import annotations

import os
from typing import Any

import pytest

from harness import image
from harness.server import KEY_FILE, File, refused_start

MISSPELT = {"PatientShare": {"PublicURL": "http://127.0.0.1"}}


@pytest.mark.parametrize(
    ("configuration", "sentence"),
    [
        (MISSPELT, "PatientShare.PublicURL is not a setting (did you mean PublicUrl?)"),
        ({"PatientShare": {"Practice": {"Nmae": "x"}}}, "PatientShare.Practice.Nmae is not a setting"),
        ({"PatientShare": {"Threads": "16"}}, "PatientShare.Threads"),
        ({"PatientShare": {"KeyFile": None}}, "PatientShare.KeyFile is missing"),
        ({"PatientShare": {"KeyFile": "/nowhere/key"}}, "The key file /nowhere/key cannot be read"),
        ({"PatientShare": {"PublicUrl": "https://x.example/path"}}, "PatientShare.PublicUrl"),
        ({"PatientShare": None}, 'The configuration has no section "PatientShare"'),
        ({"PatientShare": {"Database": "sqlite:////proc/nowhere/x.sqlite3"}}, "The share store cannot be opened"),
        ({"Python": {"AllowThreads": False}}, '"Python": {"AllowThreads": true} is needed'),
        ({"AuthenticationEnabled": True}, 'Set "AuthenticationEnabled" to false'),
    ],
)
def test_a_faulty_configuration_stops_orthanc(orthanc_image: str, configuration: dict[str, Any], sentence: str) -> None:
    ended = refused_start(orthanc_image, configuration=configuration)
    assert ended.code != 0
    assert f"Patient Share: Orthanc is stopped. {sentence}" in ended.log.replace("\n", " ")
    assert "Traceback" not in ended.log


def test_without_staff_orthanc_stops(orthanc_image: str) -> None:
    ended = refused_start(orthanc_image, staff={})
    assert ended.code != 0 and '"RegisteredUsers" must name at least one member of staff' in ended.log


def test_a_key_file_that_others_can_read_stops_orthanc(orthanc_image: str) -> None:
    key = b"1:" + b"A" * 43 + b"=\n"
    ended = refused_start(orthanc_image, key=None, files={KEY_FILE: File(key, mode=0o644)})
    assert ended.code != 0 and "is open to other users: chmod 600 it" in ended.log
    assert "A" * 43 not in ended.log


@pytest.mark.skipif(not os.environ.get("TOO_OLD"), reason="builds a third image: make too-old")
def test_an_orthanc_that_is_too_old_stops() -> None:
    ended = refused_start(image.ensure("bookworm"))
    assert ended.code != 0 and "Orthanc 1.12.7 or newer is needed" in ended.log
