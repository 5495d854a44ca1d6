from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from orthanc_plugin.adapters.worker_pool import WorkerPool
from orthanc_plugin.domain.errors import Busy


def test_work_runs_on_a_thread_of_the_pool_and_answers() -> None:
    pool = WorkerPool(2, 2)
    name = pool.run(lambda: threading.current_thread().name)
    assert name.startswith("patient-share")
    assert pool.run(lambda: 42) == 42
    pool.stop()


def test_a_failure_of_the_work_reaches_the_caller_and_frees_its_place() -> None:
    pool = WorkerPool(1, 0)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            pool.run(lambda: 1 // 0)
    assert pool.run(lambda: 1) == 1
    pool.stop()


def test_a_full_queue_is_busy_and_recovers() -> None:
    pool, release, started = WorkerPool(1, 1), threading.Event(), threading.Event()

    def slow() -> bool:
        started.set()
        return release.wait(10)

    with ThreadPoolExecutor(2) as callers:
        first = callers.submit(pool.run, slow)
        assert started.wait(10)
        assert not pool.crowded
        second = callers.submit(pool.run, lambda: True)
        while not pool.crowded:
            pass
        with pytest.raises(Busy):
            pool.run(lambda: True)
        release.set()
        assert first.result(10)
        assert second.result(10)
    assert pool.run(lambda: True)
    pool.stop()


def test_a_stopped_pool_takes_no_work() -> None:
    pool = WorkerPool(1, 1)
    pool.stop()
    with pytest.raises(RuntimeError):
        pool.run(lambda: 1)


def test_work_that_still_waits_when_the_pool_stops_is_refused() -> None:
    pool, release, started = WorkerPool(1, 1), threading.Event(), threading.Event()

    def slow() -> bool:
        started.set()
        return release.wait(10)

    with ThreadPoolExecutor(2) as callers:
        running = callers.submit(pool.run, slow)
        assert started.wait(10)
        waiting = callers.submit(pool.run, lambda: True)
        while pool._places._value:
            pass
        pool.stop()
        release.set()
        assert running.result(10)
        with pytest.raises((Busy, RuntimeError)):
            waiting.result(10)


def test_the_pools_threads_have_room_for_deep_calls() -> None:
    pool = WorkerPool(1, 1)

    def deep(level: int) -> int:
        return level if level == 0 else deep(level - 1)

    assert pool.run(lambda: deep(800)) == 0
    pool.stop()
