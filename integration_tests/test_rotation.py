"""A new key while patients look and log in: nobody notices."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from harness.server import OrthancServer

from .support.practice import Practice
from .support.studies import make_studies

pytestmark = pytest.mark.one_suite

SHARES = "/patient-share/api/v1/shares"
PATIENCE = 90.0


@pytest.fixture(scope="module")
def office(orthanc_image: str) -> Iterator[tuple[OrthancServer, Practice, str]]:
    with OrthancServer(orthanc_image) as server:
        server.wait_ready()
        yield server, Practice(server), make_studies(server).a.id


def test_nobody_notices_a_rotation(office: tuple[OrthancServer, Practice, str]) -> None:
    server, practice, study_id = office
    old, third = practice.share(study_id, note="Rückruf"), practice.share(study_id)
    faults: list[str] = []
    done = threading.Event()

    def look() -> None:
        recipient = practice.login(old)
        while not done.is_set():
            status = recipient.get("/portal/series/1/images/1").status_code
            if status != 200:
                faults.append(f"picture {status}")
            time.sleep(0.05)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        key_file = server.effective_configuration()["PatientShare"]["KeyFile"]
        rotated = server.execute("patient-share", "rotate", key_file)
        assert rotated.code == 0, rotated.log
        assert "version 2" in rotated.log
        until = time.monotonic() + PATIENCE
        while not practice.api("GET", "/patient-share/api/v1/audit", params={"action": "key-rotated"}).json()[
            "entries"
        ]:
            assert time.monotonic() < until, "the new key was not taken up"
            practice.login(third)
            time.sleep(1)
        new = practice.share(study_id)
        for share in (old, new, old):
            practice.login(share)
    finally:
        done.set()
        thread.join()
    assert faults == []
    assert practice.api("GET", f"{SHARES}/{old.id}").json()["note"] == "Rückruf"
    assert practice.api("GET", "/patient-share/api/v1/audit/verify").json()["intact"] is True
    server.restart()
    practice.login(old)
    practice.login(new)
