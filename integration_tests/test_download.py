"""The images as files: an independent reader finds all of them, and nobody else's."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
import requests
from pydicom.fileset import FileSet

from harness.dicom import Geometry, Patient, Study, ct_series
from harness.modality import send
from harness.server import OrthancServer

from .support.practice import Practice, Recipient
from .support.studies import stored

ALL = "/portal/download/images.zip"
EXAMPLE = Path(__file__).parent.parent / "docs" / "examples" / "fetch_share.py"
PATIENT = Patient(id="TEST-DOWNLOAD", name="Lädt^Herunter")


@pytest.fixture(scope="module")
def study(server: OrthancServer) -> str:
    """Orthanc's identifier of a study with two series."""
    made = Study(PATIENT, "ACC-DOWNLOAD", "CT")
    noise = np.random.default_rng(7)
    for number, slices in ((1, 3), (2, 20)):
        pixels = noise.normal(0, 200, (slices, 256, 256))
        assert send(ct_series(made, number, f"Series {number}", pixels, Geometry()), server.dicom_port).stored == slices
    return stored(server, made.uid).id


@pytest.fixture
def recipient(server: OrthancServer, study: str) -> Recipient:
    practice = Practice(server)
    return practice.login(practice.share(study))


def test_every_instance_is_there_and_identical(
    server: OrthancServer, study: str, recipient: Recipient, tmp_path: Path
) -> None:
    answer = recipient.get(ALL)
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    (tmp_path / "images.zip").write_bytes(answer.content)
    subprocess.run(["unzip", "-q", "images.zip"], cwd=tmp_path, check=True)
    found = FileSet(pydicom.dcmread(tmp_path / "DICOMDIR"))
    assert len(found) == 23
    # It would complain that nobody has removed its folder for changes.
    found._stage["t"].cleanup()
    practice = Practice(server)
    for one in practice.api("GET", f"/studies/{study}/instances").json():
        (entry,) = found.find(SOPInstanceUID=one["MainDicomTags"]["SOPInstanceUID"])
        assert Path(entry.path).read_bytes() == practice.api("GET", f"/instances/{one['ID']}/file").content
    listed = subprocess.run(["dcmdump", "DICOMDIR"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert listed.stdout.count('"Directory Record" IMAGE') == 23
    assert not listed.stderr
    assert PATIENT.name in listed.stdout


def test_a_download_that_was_cut_off_is_continued(recipient: Recipient) -> None:
    whole = recipient.get(ALL)
    begin = len(whole.content) * 2 // 5
    rest = recipient.get(ALL, headers={"Range": f"bytes={begin}-", "If-Range": whole.headers["ETag"]})
    assert rest.status_code == 206
    assert rest.headers["Content-Range"] == f"bytes {begin}-{len(whole.content) - 1}/{len(whole.content)}"
    assert whole.content[:begin] + rest.content == whole.content


def test_orthanc_takes_everything_back(recipient: Recipient, server: OrthancServer) -> None:
    series = recipient.get("/portal/series/2/images.zip").content
    again = Practice(server).api("POST", "/instances", data=series).json()
    assert len(again) == 20 and {one["Status"] for one in again} == {"AlreadyStored"}


def test_a_series_that_is_left_out_is_not_in_it(server: OrthancServer, study: str) -> None:
    practice = Practice(server)
    listed = practice.api("GET", f"/studies/{study}/series").json()
    hidden = next(one for one in listed if one["MainDicomTags"]["SeriesDescription"] == "Series 1")
    one = practice.login(practice.share(study, exclude_series=[hidden["ID"]]))
    with zipfile.ZipFile(io.BytesIO(one.get(ALL).content)) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
        assert sum(name.startswith("DICOM/") for name in archive.namelist()) == 20
    assert hidden["MainDicomTags"]["SeriesInstanceUID"].encode() not in content


@pytest.fixture
def forgetful(orthanc_image: str) -> Iterator[OrthancServer]:
    """An Orthanc that reads every file from its disk."""
    with OrthancServer(orthanc_image, {"MaximumStorageCacheSize": 0}) as one:
        one.wait_ready()
        yield one


def test_a_damaged_file_is_a_failed_download_and_then_named(forgetful: OrthancServer) -> None:
    server = forgetful
    made = Study(Patient(id="TEST-DAMAGED", name="Kaputt^Karl"), "ACC-DAMAGED", "CT")
    pixels = np.random.default_rng(8).normal(0, 200, (4, 128, 128))
    send(ct_series(made, 1, "Axial", pixels, Geometry()), server.dicom_port)
    practice = Practice(server)
    damaged = stored(server, made.uid).id
    one = practice.login(practice.share(damaged))
    victim = practice.api("GET", f"/studies/{damaged}/instances").json()[1]
    uuid = practice.api("GET", f"/instances/{victim['ID']}/attachments/dicom/info").json()["Uuid"]
    assert not server.execute("rm", f"/var/lib/orthanc/db/{uuid[:2]}/{uuid[2:4]}/{uuid}").code
    with pytest.raises(OSError):
        one.get(ALL)
    with zipfile.ZipFile(io.BytesIO(one.get(ALL).content)) as archive:
        assert sum(name.startswith("DICOM/") for name in archive.namelist()) == 3
        assert "Serie 1, Bild" in archive.read("LIESMICH.txt").decode("utf-8-sig")


def test_nobody_else_gets_it(server: OrthancServer, study: str) -> None:
    assert Recipient(server.url).get(ALL).status_code == 403
    assert server.request("GET", ALL).status_code == 403


@pytest.mark.one_suite
def test_a_referrers_program_fetches_the_study_and_sends_it_on(
    orthanc_image: str, server: OrthancServer, study: str, tmp_path: Path
) -> None:
    practice = Practice(server)
    share = practice.share(study, audience="referrer")
    with OrthancServer(orthanc_image, plugin=False, staff={}) as pacs:
        pacs.wait_ready()

        def run(target: str, password: str = share.password) -> str:
            environment = {**os.environ, "CODE": share.code, "PASSWORD": password}
            done = subprocess.run([sys.executable, str(EXAMPLE), server.url, target], env=environment, text=True,
                                  capture_output=True, timeout=120, check=False)  # fmt: skip
            return done.stdout + done.stderr

        assert run(str(tmp_path / "kept")) == "23 images\n"
        assert len(list((tmp_path / "kept" / "DICOM").rglob("IM*"))) == 23
        for target in (f"{pacs.url}/dicom-web", f"127.0.0.1:{pacs.dicom_port},ORTHANC"):
            assert run(target) == "23 images\n"
            found = pacs.request("GET", "/instances?expand").json()
            uids = {one["MainDicomTags"]["SOPInstanceUID"] for one in found}
            mine = practice.api("GET", f"/studies/{study}/instances").json()
            assert uids == {one["MainDicomTags"]["SOPInstanceUID"] for one in mine}
            pacs.request("POST", "/tools/bulk-delete", json={"Resources": [one["ID"] for one in found]})
        assert "wrong" in run(str(tmp_path / "none"), "00000-00000")


def test_what_is_deleted_meanwhile_breaks_the_download(server: OrthancServer) -> None:
    made = Study(Patient(id="TEST-MEANWHILE", name="Weg^Willi"), "ACC-MEANWHILE", "CT")
    pixels = np.random.default_rng(9).normal(0, 200, (40, 512, 512))
    send(ct_series(made, 1, "Axial", pixels, Geometry()), server.dicom_port)
    practice = Practice(server)
    gone = stored(server, made.uid)
    one = practice.login(practice.share(gone.id))
    with one.get(ALL, stream=True) as answer:
        pieces = answer.iter_content(1 << 16)
        next(pieces)
        assert practice.api("DELETE", f"/studies/{gone.id}").status_code == 200
        with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
            for _ in pieces:
                pass


@pytest.mark.one_suite
def test_a_server_that_ends_on_the_way_leaves_a_failed_download_never_a_whole_one(orthanc_image: str) -> None:
    with OrthancServer(orthanc_image) as server:
        server.wait_ready()
        made = Study(Patient(id="TEST-STOPS", name="Halb^Hans"), "ACC-STOPS", "CT")
        pixels = np.random.default_rng(9).normal(0, 200, (40, 512, 512))
        send(ct_series(made, 1, "Axial", pixels, Geometry()), server.dicom_port)
        practice = Practice(server)
        one = practice.login(practice.share(stored(server, made.uid).id))
        # A container that is gone says nothing more, not even that it is gone.
        with one.get(ALL, stream=True, timeout=5) as answer:
            pieces = answer.iter_content(1 << 16)
            next(pieces)
            server.kill()
            with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
                for _ in pieces:
                    pass


def test_another_program_opens_it(recipient: Recipient, tmp_path: Path) -> None:
    for address in (ALL, "/portal/download/pictures.zip", "/portal/download/everything.zip"):
        (tmp_path / "a.zip").write_bytes(recipient.get(address).content)
        subprocess.run(["7z", "t", "a.zip"], cwd=tmp_path, check=True, capture_output=True)
