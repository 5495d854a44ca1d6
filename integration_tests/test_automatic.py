"""Sharing by a rule, from the modality to the letter in the printer's folder, and through kill -9."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.configuration import new_key
from harness.dicom import Geometry, Patient, Study, ct_series
from harness.server import DATA, USER_ID, OrthancServer

from .support.practice import Practice, Recipient
from .support.waiting import eventually

pytestmark = pytest.mark.one_suite

SHARES = "/patient-share/api/v1/shares"
RULE = {"Name": "ct", "Modalities": ["CT"], "AeTitles": ["SCANNER"], "ValidityDays": 14}
# A moment between two steps of the program is short.
AT_ONCE = 0.001


def configuration(dry_run: bool) -> dict[str, Any]:
    automatic = {"Rules": [RULE], "DryRun": dry_run, "LetterFolder": f"{DATA}/letters"}
    return {"StableAge": 1, "PatientShare": {"Automatic": automatic}}


class Site:
    """An Orthanc whose data lie in a folder that the test sees as well."""

    def __init__(self, image: str, folder: Path, dry_run: bool = False) -> None:
        self.folder, self.letters = folder, folder / "letters"
        self.letters.mkdir(exist_ok=True)
        for path in (folder, self.letters):
            os.chown(path, USER_ID, USER_ID)
        self.server = OrthancServer(image, configuration(dry_run), volume=str(folder), key=new_key())

    @property
    def practice(self) -> Practice:
        return Practice(self.server)

    def kill(self) -> None:
        """As a power failure would, at once."""
        self.server.container.reload()
        os.kill(int(self.server.container.attrs["State"]["Pid"]), signal.SIGKILL)
        eventually(lambda: not self.server.running(), pause=AT_ONCE)

    def printed(self) -> list[Path]:
        return sorted(self.letters.glob("*.pdf"))

    def shares(self) -> list[dict[str, Any]]:
        found = self.practice.api("GET", SHARES).json()["shares"]
        assert isinstance(found, list)
        return found


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    tmp_path.chmod(0o755)
    data = tmp_path / "data"
    data.mkdir()
    yield data


def scanned(site: Site, folder: Path, number: int, modality: str = "CT", sender: str = "SCANNER") -> Study:
    """A study sent by dcmtk's storescu, which knows nothing of this project."""
    study = Study(Patient(id=f"TEST-AUTO-{number}", name="Selbst^Sabine"), f"ACC-AUTO-{number}", modality)
    files = []
    for index, image in enumerate(ct_series(study, 1, "Axial", np.zeros((2, 32, 32)), Geometry())):
        image.Modality = modality
        files.append(folder.parent / f"{number}-{index}.dcm")
        image.save_as(files[-1], enforce_file_format=True)
    port = str(site.server.dicom_port)
    command = ["storescu", "-aet", sender, "-aec", "ORTHANC", "127.0.0.1", port, *map(str, files)]
    subprocess.run(command, check=True, capture_output=True)
    return study


def secrets(letter: Path) -> tuple[str, str]:
    """Access code and password, as somebody reads them from the paper."""
    text = subprocess.run(["pdftotext", "-layout", str(letter), "-"], check=True, capture_output=True, text=True).stdout
    (code,) = re.findall(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{4}\b", text)
    (password,) = re.findall(r"^\s*([0-9A-Z]{5}-[0-9A-Z]{5})\s*$", text, re.MULTILINE)
    return code, password


def opens(site: Site, letter: Path) -> bool:
    code, password = secrets(letter)
    answer = Recipient(site.server.url).post("/portal/login", data={"code": code, "password": password})
    return answer.status_code == 303


def test_a_study_from_the_scanner_is_shared_once_through_kills_at_three_moments(
    orthanc_image: str, folder: Path
) -> None:
    site = Site(orthanc_image, folder)
    server = site.server.start().wait_ready()
    try:
        scanned(site, folder, 0, modality="MR")
        scanned(site, folder, 1, sender="OTHER")
        moments: list[Callable[[], bool]] = [
            # The images have arrived; nothing was shared.
            lambda: True,
            # The letter is being laid out, or lies hidden.
            lambda: bool(list(site.letters.glob(".*.part"))),
            # It has just got its name.
            lambda: bool(site.printed()),
        ]
        for number, moment in enumerate(moments, start=2):
            for letter in site.printed():
                letter.unlink()
            before = {share["id"] for share in site.shares()}
            scanned(site, folder, number)
            eventually(moment, pause=AT_ONCE)
            site.kill()
            server.container.start()
            server.wait_ready()
            eventually(lambda: len(site.printed()) == 1 and not list(site.letters.glob(".*.part")))
            (share,) = [share for share in site.shares() if share["id"] not in before]
            assert share["created_by"] == "rule ct"
            assert site.printed()[0].stem == share["id"] and opens(site, site.printed()[0])
        # Once more the same images, and a round of maintenance: nothing new.
        count = len(site.shares())
        scanned(site, folder, 2)
        time.sleep(5)
        assert len(site.shares()) == count == 3 and len(site.printed()) == 1
    finally:
        server.remove()


def test_a_dry_run_says_what_it_would_do(orthanc_image: str, folder: Path) -> None:
    site = Site(orthanc_image, folder, dry_run=True)
    server = site.server.start().wait_ready()
    try:
        time.sleep(1)
        scanned(site, folder, 9)
        eventually(lambda: "dry run: rule ct would share study" in server.logs())
        assert not site.shares() and not site.printed()
        assert "Sabine" not in server.logs()
    finally:
        server.remove()
