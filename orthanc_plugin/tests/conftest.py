"""What every test may ask for. The SDK exists only inside Orthanc, so that a stand-in takes its name here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine

from .support import fake_orthanc

sys.modules["orthanc"] = fake_orthanc

from orthanc_plugin import composition  # noqa: E402
from orthanc_plugin.adapters.keyring import write_new_key_file  # noqa: E402
from orthanc_plugin.adapters.maintenance import Maintenance  # noqa: E402
from orthanc_plugin.adapters.store.database import open_store  # noqa: E402
from orthanc_plugin.adapters.worker_pool import WorkerPool  # noqa: E402

from .support.clock import MovableClock  # noqa: E402
from .support.world import STAFF_PASSWORD, STAFF_USER, World, build_world  # noqa: E402

# The same examples in each run, so that a red test is red again.
settings.register_profile("unit", derandomize=True, deadline=None, max_examples=150, database=None)
settings.load_profile("unit")


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def world() -> World:
    """A practice with two studies of one patient, one of another, and the portal in front of them."""
    return build_world()


@pytest.fixture
def sdk() -> fake_orthanc.Recorder:
    """The stand-in for the SDK, empty."""
    return fake_orthanc.reset()


@pytest.fixture
def configured(
    sdk: fake_orthanc.Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[fake_orthanc.Recorder]:
    """A configuration that works; threads and connections end with the test."""
    write_new_key_file(tmp_path / "key")
    sdk.configuration = {
        "Python": {"AllowThreads": True},
        "AuthenticationEnabled": False,
        "RegisteredUsers": {STAFF_USER: STAFF_PASSWORD},
        "StorageDirectory": str(tmp_path / "storage"),
        "PatientShare": {
            "PublicUrl": "http://127.0.0.1:8042",
            "KeyFile": str(tmp_path / "key"),
            "Practice": {"Name": "Praxis"},
            "Viewers": {"OrthancWebViewer": True},
        },
    }
    sdk.rest["/plugins"] = b'["web-viewer"]'
    pools: list[WorkerPool] = []
    init = WorkerPool.__init__

    def noted(self: WorkerPool, threads: int, waiting: int) -> None:
        init(self, threads, waiting)
        pools.append(self)

    engines: list[Engine] = []

    def opened(url: str) -> Engine:
        engines.append(open_store(url))
        return engines[-1]

    monkeypatch.setattr(WorkerPool, "__init__", noted)
    monkeypatch.setattr(composition, "open_store", opened)
    monkeypatch.setattr(composition, "Argon2Hasher", lambda: None)
    started: list[Maintenance] = []
    start = Maintenance.start

    def noted_start(self: Maintenance) -> None:
        started.append(self)
        start(self)

    monkeypatch.setattr(Maintenance, "start", noted_start)
    yield sdk
    for maintenance in started:
        maintenance.stop(20)
    for pool in pools:
        pool.stop()
    for engine in engines:
        engine.dispose()
