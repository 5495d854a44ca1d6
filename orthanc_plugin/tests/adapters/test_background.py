from __future__ import annotations

import threading

from orthanc_plugin.adapters.background import Background

LONG = 3600.0


def test_it_works_sleeps_and_can_be_woken() -> None:
    called = threading.Semaphore(0)

    def work() -> float:
        called.release()
        return LONG

    thread = Background("x", work, lambda _line: None)
    thread.start()
    assert called.acquire(timeout=30)
    thread.wake()
    assert called.acquire(timeout=30)
    thread.stop()


def test_a_wake_during_the_work_is_not_lost() -> None:
    called = threading.Semaphore(0)

    def work() -> float:
        called.release()
        thread.wake()
        return LONG

    thread = Background("x", work, lambda _line: None)
    thread.start()
    assert all(called.acquire(timeout=30) for _ in range(3))
    thread.stop()


def test_a_fault_is_reported_by_its_type_alone_and_the_work_goes_on() -> None:
    lines: list[str] = []
    called = threading.Semaphore(0)

    def work() -> float:
        called.release()
        raise ValueError("erika@example.org")

    thread = Background("outbox", work, lines.append)
    thread.start()
    assert called.acquire(timeout=30)
    for _ in range(3000):
        thread.wake()
        if called.acquire(timeout=0.01):
            break
    else:
        raise AssertionError("it has given up")
    thread.stop()
    assert lines[0] == "outbox: ValueError"


def test_it_can_be_stopped_before_it_was_started() -> None:
    Background("x", lambda: LONG, lambda _line: None).stop()
