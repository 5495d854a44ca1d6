from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.web.login_grid import AT_ONCE, LoginGrid
from orthanc_plugin.web.request import Request
from orthanc_plugin.web.wsgi_bridge import Response

LOGIN = Request("POST", "/portal/login", peer="192.0.2.1")
FAILED = Response(401, (), b"", owed=0.0)


@dataclass
class Watch:
    """A clock that goes on only by work and by sleeping."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def after(watch: Watch, work_seconds: float, response: Response, request: Request = LOGIN) -> float:
    """How long the answer took."""
    grid, began = LoginGrid(0.3, lambda: watch.now, watch.sleep), watch.now

    def work(_request: Request) -> Response:
        watch.now += work_seconds
        return response

    assert grid.answer(request, work) == response
    return watch.now - began


@pytest.mark.parametrize(
    ("work", "owed", "taken"),
    [
        (0.0, 0.0, 0.3),
        (0.004, 0.0, 0.3),
        (0.1, 0.0, 0.3),
        (0.299, 0.0, 0.3),
        (0.301, 0.0, 0.6),
        (0.003, 0.1, 0.3),
        (0.003, 0.31, 0.6),
        (0.2, 0.2, 0.6),
        (5.05, 0.0, 5.1),
    ],
)
def test_a_failure_is_answered_at_a_whole_number_of_steps(work: float, owed: float, taken: float) -> None:
    assert after(Watch(), work, replace(FAILED, owed=owed)) == pytest.approx(taken)


@given(st.floats(0, 10), st.floats(0, 10), st.floats(0.1, 2))
def test_the_grid_is_never_missed_by_more_than_a_step(work: float, owed: float, step: float) -> None:
    grid = LoginGrid(step, lambda: 0.0, lambda _seconds: None)
    steps = (grid.release(1000.0, 1000.0 + work + owed) - 1000.0) / step
    assert steps == pytest.approx(round(steps), abs=1e-6)
    assert round(steps) >= 1
    assert (work + owed) / step - 1e-6 <= round(steps) <= (work + owed) / step + 1 + 1e-6


def test_a_success_and_everything_else_goes_out_at_once() -> None:
    watch = Watch()
    assert after(watch, 0.1, Response(303, (), b"")) == pytest.approx(0.1)
    for request in (Request("GET", "/portal/login"), Request("POST", "/portal/logout"), Request("GET", "/portal")):
        assert after(watch, 0.1, FAILED, request) == pytest.approx(0.1)
    assert watch.slept == []


@pytest.mark.parametrize("path", ["/portal/login", "/portal/login/", "/portal/login//"])
def test_no_spelling_of_the_address_gets_round_the_grid(path: str) -> None:
    assert after(Watch(), 0.1, FAILED, Request("POST", path)) == pytest.approx(0.3)


def test_beyond_so_many_at_once_a_login_is_marked_and_waits_for_nobody() -> None:
    inside, go = threading.Semaphore(0), threading.Event()
    crowded: list[bool] = []

    def held(request: Request) -> Response:
        crowded.append(request.crowded)
        return FAILED

    def wait(_seconds: float) -> None:
        inside.release()
        assert go.wait(30)

    grid = LoginGrid(0.3, lambda: 1000.0, wait)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = [pool.submit(grid.answer, LOGIN, held) for _ in range(AT_ONCE)]
        for _ in range(AT_ONCE):
            assert inside.acquire(timeout=30)
        assert crowded == [False] * 32
        assert grid.answer(LOGIN, held) == FAILED
        assert crowded[-1] is True
        # Others are not concerned.
        grid.answer(Request("GET", "/portal/login"), held)
        assert crowded[-1] is False
        go.set()
        assert [future.result() for future in running] == [FAILED] * AT_ONCE
    grid.answer(LOGIN, held)
    assert crowded[-1] is False


def test_a_failure_of_the_work_gives_the_place_back() -> None:
    grid = LoginGrid(0.3, lambda: 1000.0, lambda _seconds: None, at_once=1)

    def fail(_request: Request) -> Response:
        raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            grid.answer(LOGIN, fail)
    seen: list[bool] = []
    grid.answer(LOGIN, lambda request: seen.append(request.crowded) or FAILED)  # type: ignore[func-returns-value]
    assert seen == [False]
