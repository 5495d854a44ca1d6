from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from orthanc_plugin.use_cases.login_failures import LoginFailures


def test_failures_are_taken_once() -> None:
    failures = LoginFailures()
    assert failures.take() == 0
    failures.add()
    failures.add()
    assert [failures.take(), failures.take()] == [2, 0]


def test_no_failure_is_lost_between_threads() -> None:
    failures = LoginFailures()

    def work(_number: int) -> int:
        for _ in range(500):
            failures.add()
        return failures.take()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(16))) + failures.take() == 8000
