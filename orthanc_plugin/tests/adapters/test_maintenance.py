from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping

import pytest

from orthanc_plugin.adapters.maintenance import Maintenance

PATIENCE = 20.0


class Work:
    """Steps that note that they were taken; those named in `broken` fail."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.broken: set[str] = set()

    @property
    def steps(self) -> Mapping[str, Callable[[], object]]:
        return {name: lambda name=name: self.take(name) for name in ("arrivals", "shares")}  # type: ignore[misc]

    @property
    def after_changes(self) -> Mapping[str, Callable[[], object]]:
        return {"arrivals": lambda: self.take("arrivals"), "automatic": lambda: self.take("automatic")}

    def report_failures(self) -> None:
        self.take("failures")

    def take(self, name: str) -> None:
        self.taken.append(name)
        if name in self.broken:
            raise RuntimeError("Muster^Erika")


class Office:
    """Maintenance on a clock that stands still unless a test moves it."""

    def __init__(self) -> None:
        self.work, self.now = Work(), 1000.0
        self.published: list[float | None] = []
        self.reported: list[str] = []
        self.maintenance = Maintenance(
            self.work, 600, self.published.append, self.reported.append, lambda: self.now, pause=0.01
        )

    def wait(self, what: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not what():
            assert time.monotonic() < until, (self.work.taken, self.reported)
            time.sleep(0.01)


@pytest.fixture
def office() -> Iterator[Office]:
    running = Office()
    yield running
    running.maintenance.stop(PATIENCE)


def test_the_first_round_is_at_once_and_the_next_when_it_is_time(office: Office) -> None:
    office.maintenance.start()
    office.wait(lambda: len(office.published) > 3)
    assert office.work.taken == ["arrivals", "shares", "failures"]
    office.now += 60
    office.wait(lambda: len(office.work.taken) == 4)
    assert office.work.taken[3:] == ["failures"]
    office.now += 540
    office.wait(lambda: len(office.work.taken) == 7)
    assert office.work.taken[4:] == ["arrivals", "shares", "failures"]


def test_a_step_that_fails_keeps_nothing_else_from_being_done_and_no_text_from_it_is_logged(office: Office) -> None:
    office.work.broken = {"arrivals", "failures"}
    office.maintenance.start()
    office.wait(lambda: len(office.published) > 2)
    assert office.work.taken == ["arrivals", "shares", "failures"]
    assert [line.split(":")[0] for line in office.reported] == ["maintenance, arrivals", "maintenance, failures"]
    assert not any("Muster" in line for line in office.reported)
    # No round has succeeded yet.
    assert set(office.published) == {None}
    office.work.broken = set()
    office.now += 600
    office.wait(lambda: office.published[-1] is not None)


def test_a_study_that_has_arrived_is_looked_after_soon(office: Office) -> None:
    office.maintenance.start()
    office.wait(lambda: len(office.published) > 1)
    for _ in range(20):
        office.maintenance.study_changed()
    office.wait(lambda: len(office.work.taken) > 3)
    assert office.work.taken[3] == "arrivals"


def test_it_is_a_daemon_and_stops_when_it_is_told(office: Office) -> None:
    office.maintenance.start()
    office.wait(lambda: bool(office.published))
    mine = [one for one in threading.enumerate() if one.name == "patient-share-maintenance"]
    assert mine and all(one.daemon for one in mine)
    office.maintenance.stop(PATIENCE)
    count = len(office.published)
    time.sleep(0.1)
    assert len(office.published) == count
