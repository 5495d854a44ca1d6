"""What happens by itself: late studies appear, deleted ones end their shares, numbers for monitoring."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from harness.dicom import Geometry, Patient, Study, ct_series
from harness.modality import send
from harness.server import OrthancServer

from .support.ends import in_order
from .support.practice import Practice

SHARES = "/patient-share/api/v1/shares"
PATIENT = Patient(id="TEST-LATE", name="Spät^Sabine")
PATIENCE = 60.0


@pytest.fixture(scope="module")
def quick(orthanc_image: str) -> Iterator[OrthancServer]:
    """An Orthanc that takes a study for complete after a second."""
    with OrthancServer(orthanc_image, {"StableAge": 1}) as server:
        server.wait_ready()
        yield server


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until
        time.sleep(0.5)


def numbers(practice: Practice) -> dict[str, float]:
    lines = practice.api("GET", "/tools/metrics-prometheus").text.splitlines()
    found = (line.split() for line in lines if line.startswith("patient_share_"))
    return {name: float(value) for name, value, *_ in found}


def recorded(practice: Practice, action: str) -> bool:
    return bool(practice.api("GET", "/patient-share/api/v1/audit", params={"action": action}).json()["entries"])


def test_a_late_study_appears_and_a_deleted_one_ends_the_share_without_anybody_looking(quick: OrthancServer) -> None:
    practice = Practice(quick)
    order = {"accession_number": "ACC-LATE", "patient_id": PATIENT.id, "may_arrive_later": True}
    made = practice.api("POST", SHARES, json=order)
    assert made.status_code == 201, made.text
    study = Study(PATIENT, "ACC-LATE", "CT")
    send(ct_series(study, 1, "Axial", np.zeros((2, 16, 16)), Geometry()), quick.dicom_port)
    wait_for(lambda: recorded(practice, "study-arrived"))
    (found,) = practice.api("POST", "/tools/lookup", data=study.uid).json()
    assert practice.api("DELETE", f"/studies/{found['ID']}").status_code == 200
    wait_for(lambda: recorded(practice, "study-gone"))


def test_numbers_for_monitoring_are_for_staff_and_name_nobody(quick: OrthancServer) -> None:
    practice = Practice(quick)
    wait_for(lambda: numbers(practice).get("patient_share_maintenance_age_seconds", -1) >= 0)
    wait_for(lambda: numbers(practice)["patient_share_shares_created_total"] >= 1)
    assert numbers(practice)["patient_share_shares_open"] >= 1
    assert quick.request("GET", "/tools/metrics-prometheus").status_code in (401, 403)


def test_the_server_stops_while_maintenance_runs_and_comes_back(quick: OrthancServer) -> None:
    practice = Practice(quick)
    before = practice.api("GET", SHARES).json()["shares"]
    assert before
    ended = quick.stop()
    assert in_order(ended), ended
    assert "patient share: the stop is not in the audit log" not in ended.log.lower()
    quick.container.start()
    quick.wait_ready()
    assert recorded(practice, "stopped")
    assert practice.api("GET", SHARES).json()["shares"] == before
