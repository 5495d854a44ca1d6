"""Images at rest: encrypted on the disk, and to everybody who uses Orthanc as they were."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import tarfile
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from harness.configuration import new_key
from harness.dicom import Geometry, Patient, Study, ct_series
from harness.engine import client
from harness.modality import send
from harness.server import DATA, OrthancServer, refused_start

from .support.practice import Practice
from .support.studies import stored

# At how many places the conversion is killed; `make convert-kills` is the long form.
KILLS = int(os.environ.get("KILLS", "8"))
ON = {"PatientShare": {"Encryption": {"Enabled": True}}, "WebViewer": {"CachePath": "/dev/shm/web-viewer"}}
NAME = "Kanarienvogel^Konrad"
# Bytes of a pixel row that no other file holds.
PIXELS = np.arange(4000, 4096, dtype="<i2")
COMMAND = ("patient-share", "storage")
CONFIGURATION = ("--configuration", "/etc/orthanc")
# Kills a command a moment after so many encrypted files are there.
KILLER = f"""
import pathlib, subprocess, sys, time
running = subprocess.Popen(sys.argv[3:])
while running.poll() is None and sum(1 for _ in pathlib.Path("{DATA}/db").glob("*/*/*.psenc")) < int(sys.argv[1]):
    pass
time.sleep(float(sys.argv[2]))
running.kill()
"""


@pytest.fixture
def volume() -> Iterator[str]:
    made = client().volumes.create()
    yield str(made.id)
    made.remove(force=True)


def study(number: int, slices: int = 3) -> list[Any]:
    made = Study(Patient(id=f"TEST-VAULT-{number}", name=NAME), f"ACC-VAULT-{number}", "CT")
    pixels = np.random.default_rng(number).normal(0, 300, (slices, 96, 96)).round()
    pixels[:, 10, :] = PIXELS - 1024
    return ct_series(made, 1, "Axial", pixels, Geometry())


def ingested(server: OrthancServer, number: int, slices: int = 3) -> str:
    images = study(number, slices)
    assert send(images, server.dicom_port).stored == slices
    return stored(server, str(images[0].StudyInstanceUID)).id


def on_disk(server: OrthancServer) -> dict[str, bytes]:
    """Every file of Orthanc's data."""
    pieces, _ = server.container.get_archive(DATA)
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
        return {
            entry.name: file.read()
            for entry in archive
            if entry.isfile() and (file := archive.extractfile(entry)) is not None
        }


def images_in(files: dict[str, bytes]) -> set[str]:
    """Names of the files that hold the patient's name or the pixels as they are; Orthanc's index is not among them."""
    needles = (NAME.encode(), PIXELS.tobytes(), b"DICM")
    return {
        name
        for name, content in files.items()
        if any(needle in content for needle in needles) and not name.split("/")[-1].startswith("index")
    }


def content(server: OrthancServer) -> dict[str, str]:
    """A digest of every image as Orthanc gives it to staff."""
    practice = Practice(server)
    found = {}
    for instance in practice.api("GET", "/instances").json():
        answer = practice.api("GET", f"/instances/{instance}/file")
        assert answer.status_code == 200, (instance, answer.status_code)
        found[instance] = hashlib.sha256(answer.content).hexdigest()
    return found


def test_what_is_stored_is_encrypted_and_comes_back_as_it_was(orthanc_image: str) -> None:
    with OrthancServer(orthanc_image, ON) as server:
        server.wait_ready()
        images = study(1)
        assert send(images, server.dicom_port).stored == 3
        one = stored(server, str(images[0].StudyInstanceUID)).id
        practice = Practice(server)
        for image in images:
            (found,) = practice.api("POST", "/tools/lookup", data=str(image.SOPInstanceUID)).json()
            given = practice.api("GET", f"/instances/{found['ID']}/file").content
            assert image.PixelData in given and NAME.encode() in given
        files = on_disk(server)
        assert images_in(files) == set()
        assert sum(name.endswith(".psenc") for name in files) >= 3
        recipient = practice.login(practice.share(one))
        assert recipient.get("/portal/series/1/images/1").headers["Content-Type"] == "image/jpeg"
        with zipfile.ZipFile(io.BytesIO(recipient.get("/portal/download/images.zip").content)) as archive:
            assert sum(name.startswith("DICOM/") for name in archive.namelist()) == 3
        before = content(server)
        server.stop()
        server.container.start()
        server.wait_ready()
        assert content(server) == before
        assert practice.api("DELETE", f"/studies/{one}").status_code == 200
        assert not [name for name in on_disk(server) if name.endswith(".psenc")]


def test_the_search_of_the_disk_would_find_a_plain_image(orthanc_image: str) -> None:
    with OrthancServer(orthanc_image) as server:
        server.wait_ready()
        ingested(server, 1)
        assert len(images_in(on_disk(server))) >= 3


def started(image: str, volume: str, key: bytes, configuration: dict[str, Any], **more: Any) -> OrthancServer:
    return OrthancServer(image, configuration, volume=volume, key=key, **more).start().wait_ready()


@pytest.mark.one_suite
def test_an_archive_from_before_is_converted_beside_a_running_orthanc_through_every_kill(
    orthanc_image: str, volume: str
) -> None:
    key = new_key()
    first = started(orthanc_image, volume, key, {})
    try:
        # So many that a slow machine, too, is interrupted at different places.
        for number in range(20):
            ingested(first, number, 12)
        before = content(first)
    finally:
        first.stop()
        first.remove()
    second = started(orthanc_image, volume, key, ON)
    try:
        assert content(second) == before, "files from before are read as they are"
        chance, states = random.Random(5), set[int]()
        for target in sorted(chance.sample(range(1, 230), KILLS)):
            moment = chance.uniform(0, 0.004)
            killed = second.execute(
                "python3", "-c", KILLER, str(target), str(moment), *COMMAND, "convert", *CONFIGURATION
            )
            assert killed.code == 0, killed.log
            states.add(len(images_in(on_disk(second))))
        assert len(states) >= KILLS // 2, "it was killed at different places"
        assert content(second) == before
        done = second.execute(*COMMAND, "convert", *CONFIGURATION)
        assert done.code == 0, done.log
        verified = second.execute(*COMMAND, "verify", *CONFIGURATION)
        assert verified.code == 0, verified.log
        assert images_in(on_disk(second)) == set()
        assert content(second) == before
    finally:
        second.stop()
        second.remove()
    off = refused_start(orthanc_image, volume=volume, key=key)
    assert off.code != 0 and "Encryption.Enabled" in off.log
    other = refused_start(orthanc_image, volume=volume, key=new_key(), configuration=ON)
    assert other.code != 0 and "is not the one" in other.log
    third = started(orthanc_image, volume, key, ON)
    try:
        assert content(third) == before
    finally:
        third.remove()


def test_a_new_key_takes_over_every_image(orthanc_image: str) -> None:
    with OrthancServer(orthanc_image, ON) as server:
        server.wait_ready()
        ingested(server, 1)
        before = content(server)
        key_file = server.effective_configuration()["PatientShare"]["KeyFile"]
        assert server.execute("patient-share", "rotate", key_file).code == 0
        moved = server.execute(*COMMAND, "rotate", *CONFIGURATION)
        assert moved.code == 0 and ", 0 are damaged" in moved.log, moved.log
        assert content(server) == before
        mark = json.loads(server.execute("cat", f"{DATA}/db/patient-share-encryption.json").log)
        assert sorted(mark["keys"]) == ["1", "2"]


def test_an_orthanc_without_the_product_answers_with_an_error_and_not_with_ciphertext(
    orthanc_image: str, volume: str
) -> None:
    key = new_key()
    first = started(orthanc_image, volume, key, ON)
    try:
        ingested(first, 1)
    finally:
        first.stop()
        first.remove()
    bare = OrthancServer(orthanc_image, {}, volume=volume, key=key, plugin=False).start().wait_ready()
    try:
        (instance, *_) = bare.request("GET", "/instances").json()
        assert bare.request("GET", f"/instances/{instance}/file").status_code >= 400
    finally:
        bare.remove()
