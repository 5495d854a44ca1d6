"""The plugin as Orthanc would load it, with a stand-in for the SDK: real settings, store, gate and pages."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from orthanc_plugin import composition
from orthanc_plugin.adapters.log_levels import PATTERNS as LOG_LEVEL_PATTERNS
from orthanc_plugin.adapters.worker_pool import WorkerPool
from orthanc_plugin.composition import start_or_stop
from orthanc_plugin.domain.credential import AccessCode
from orthanc_plugin.domain.errors import Busy
from orthanc_plugin.settings import Role
from orthanc_plugin.web.own_paths import OwnPaths

from .support.browser import FORM
from .support.cheap import CheapHasher
from .support.fake_orthanc import ChangeType, OrthancException, Recorder, RestOutput
from .support.world import basic

SECRET = "a long staff password"


def admitted(sdk: Recorder, path: str, **headers: str) -> bool:
    return sdk.filters[0](path, method=1, ip="192.0.2.1", headers=headers, get={})


def answered(sdk: Recorder, path: str, **headers: str) -> RestOutput:
    output = RestOutput()
    sdk.routes[0][1](output, path, method="GET", headers={"host": "x", **headers}, get={}, body=b"")
    return output


def test_everything_is_registered_and_refused_until_orthanc_has_started(configured: Recorder) -> None:
    start_or_stop()
    assert [pattern for pattern, _ in configured.routes] == [
        *OwnPaths(Role.ALL).patterns,
        *LOG_LEVEL_PATTERNS,
    ]
    assert len(configured.filters) == 1
    for path in ("/portal", "/studies", "/"):
        assert not admitted(configured, path, authorization=basic())
    assert answered(configured, "/portal").status == 503


def test_after_the_start_pages_are_served_and_strangers_refused(configured: Recorder) -> None:
    start_or_stop()
    configured.change(ChangeType.ORTHANC_STARTED)
    assert admitted(configured, "/portal")
    output = answered(configured, "/portal")
    assert (output.status, output.content_type) == (200, "text/html; charset=utf-8")
    assert b"Praxis" in output.body
    assert not admitted(configured, "/studies")
    assert admitted(configured, "/studies", authorization=basic())
    assert not admitted(configured, "/studies", authorization=basic("reception", "wrong"))


def test_after_the_stop_everything_is_refused_again(configured: Recorder) -> None:
    start_or_stop()
    configured.change(ChangeType.ORTHANC_STARTED)
    configured.change(ChangeType.ORTHANC_STOPPED)
    assert not admitted(configured, "/portal")
    assert not admitted(configured, "/studies", authorization=basic())
    assert answered(configured, "/portal").status == 503


def test_a_start_that_fails_leaves_everything_refused(configured: Recorder) -> None:
    configured.rest["/plugins"] = OrthancException(1, "internal")
    start_or_stop()
    configured.change(ChangeType.ORTHANC_STARTED)
    assert not admitted(configured, "/portal")
    assert any("not ready" in line for line in configured.errors)


def test_start_and_stop_stand_in_the_audit_log(configured: Recorder, tmp_path: Path) -> None:
    start_or_stop()
    assert recorded(tmp_path) == []
    configured.change(ChangeType.ORTHANC_STARTED)
    assert recorded(tmp_path) == ["started"]
    configured.change(ChangeType.ORTHANC_STOPPED)
    assert recorded(tmp_path) == ["started", "stopped"]


def test_a_start_that_cannot_be_recorded_leaves_everything_refused(configured: Recorder, tmp_path: Path) -> None:
    start_or_stop()
    with closing(sqlite3.connect(tmp_path / "storage" / "patient-share.sqlite3")) as store, store:
        store.execute("UPDATE audit_state SET seal = 'forged'")
    configured.change(ChangeType.ORTHANC_STARTED)
    assert not admitted(configured, "/portal")
    assert any("not ready" in line for line in configured.errors)


def test_a_stop_that_cannot_be_recorded_is_still_a_stop(configured: Recorder, tmp_path: Path) -> None:
    start_or_stop()
    configured.change(ChangeType.ORTHANC_STARTED)
    with closing(sqlite3.connect(tmp_path / "storage" / "patient-share.sqlite3")) as store, store:
        store.execute("UPDATE audit_state SET seal = 'forged'")
    configured.change(ChangeType.ORTHANC_STOPPED)
    assert not admitted(configured, "/portal")
    assert any("audit log" in line for line in configured.errors)


def recorded(tmp_path: Path) -> list[str]:
    with closing(sqlite3.connect(tmp_path / "storage" / "patient-share.sqlite3")) as store:
        return [action for (action,) in store.execute("SELECT action FROM audit ORDER BY seq")]


def test_a_callback_that_did_not_pass_the_filter_is_refused(configured: Recorder) -> None:
    start_or_stop()
    configured.change(ChangeType.ORTHANC_STARTED)
    assert answered(configured, "/portal").status == 403
    assert admitted(configured, "/portal")
    assert answered(configured, "/portal").status == 200
    # The second part of a multipart body would be a second callback after one pass of the filter.
    assert answered(configured, "/portal").status == 403


def test_a_native_route_that_was_admitted_does_not_open_a_callback(configured: Recorder) -> None:
    start_or_stop()
    configured.change(ChangeType.ORTHANC_STARTED)
    assert admitted(configured, "/studies", authorization=basic())
    assert answered(configured, "/portal").status == 403


def test_a_viewer_that_orthanc_lacks_is_told_and_does_not_stop_the_start(configured: Recorder) -> None:
    configured.rest["/plugins"] = b'["dicom-web"]'
    start_or_stop()
    configured.change(ChangeType.ORTHANC_STARTED)
    assert any("Orthanc Web Viewer" in line for line in configured.warnings)
    assert admitted(configured, "/portal")


def test_the_store_lies_in_orthancs_storage_unless_told_otherwise(configured: Recorder, tmp_path: Path) -> None:
    start_or_stop()
    assert (tmp_path / "storage" / "patient-share.sqlite3").is_file()


def test_nothing_secret_is_logged_during_a_good_start(configured: Recorder) -> None:
    start_or_stop()
    configured.change(ChangeType.ORTHANC_STARTED)
    assert configured.errors == []
    assert SECRET not in json.dumps(configured.warnings)


def test_failing_logins_are_held_and_others_are_not(configured: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composition, "Argon2Hasher", CheapHasher)
    configured.configuration["PatientShare"]["LoginAnswerMilliseconds"] = 400
    start_or_stop()
    configured.change(ChangeType.ORTHANC_STARTED)
    taken: list[tuple[int | None, float]] = []
    for code in (AccessCode.from_number(4711).text, "mistyped"):
        headers = {"host": "x", "content-type": FORM}
        assert configured.filters[0]("/portal/login", method=2, ip="192.0.2.1", headers=headers)
        output, began = RestOutput(), time.monotonic()
        body = f"code={code}&password=ABCDEFGHJK".encode()
        configured.routes[0][1](output, "/portal/login", method="POST", headers=headers, body=body)
        taken.append((output.status, time.monotonic() - began))
    (unknown, held), (mistyped, at_once) = taken
    assert (unknown, mistyped) == (401, 400)
    # The stand-in for the hasher owes 0.25 s: within the first step, which the answer waits for.
    assert held >= 0.4
    assert at_once < held


def test_a_full_queue_asks_for_patience(configured: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_self: WorkerPool, _work: object) -> None:
        raise Busy

    start_or_stop()
    configured.change(ChangeType.ORTHANC_STARTED)
    monkeypatch.setattr(WorkerPool, "run", busy)
    assert admitted(configured, "/portal")
    output = answered(configured, "/portal")
    assert (output.status, output.header("retry-after")) == (503, "5")
    assert not admitted(configured, "/studies", cookie="patient-share=x")


def test_orthanc_explorer_gets_a_button_but_not_on_a_portal(configured: Recorder) -> None:
    start_or_stop()
    (script,) = configured.explorer
    assert "/patient-share/share?study=" in script
    configured.explorer.clear()
    configured.filters.clear()
    configured.configuration["PatientShare"]["Role"] = "portal"
    start_or_stop()
    assert configured.explorer == []
