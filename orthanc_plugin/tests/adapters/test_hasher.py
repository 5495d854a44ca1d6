from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import argon2
import pytest

from orthanc_plugin.adapters import hasher as module
from orthanc_plugin.adapters.hasher import AT_ONCE, DECOYS_AT_ONCE, DECOYS_PER_SECOND, WAITING, Argon2Hasher
from orthanc_plugin.domain.credential import Password
from orthanc_plugin.domain.errors import Busy

RIGHT, WRONG = Password.from_number(1), Password.from_number(2)


@pytest.fixture
def hasher() -> Argon2Hasher:
    return Argon2Hasher(memory_kib=8)


def test_the_right_password_is_right_and_a_wrong_one_wrong(hasher: Argon2Hasher) -> None:
    encoded = hasher.hash(RIGHT)
    assert hasher.verify(encoded, RIGHT)
    assert not hasher.verify(encoded, WRONG)


def test_hashes_of_one_password_differ_and_hold_no_password(hasher: Argon2Hasher) -> None:
    first, second = hasher.hash(RIGHT), hasher.hash(RIGHT)
    assert first != second
    assert RIGHT.text not in first
    assert len(first) <= 200


def test_production_hashes_are_argon2id_with_64_mib() -> None:
    encoded = Argon2Hasher().hash(RIGHT)
    parameters = argon2.extract_parameters(encoded)
    assert parameters.type is argon2.Type.ID
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (65536, 2, 1)
    assert len(encoded) <= 200


@pytest.mark.parametrize("encoded", ["rubbish", "", "$argon2id$"])
def test_a_hash_that_is_none_is_never_right(hasher: Argon2Hasher, encoded: str) -> None:
    assert not hasher.verify(encoded, RIGHT)


class Watched(Argon2Hasher):
    """Counts real computations; each takes `cost` seconds of a clock that tests move."""

    def __init__(self) -> None:
        self.now, self.cost, self.computed = 1000.0, 0.1, 0
        super().__init__(memory_kib=8, monotonic=lambda: self.now)

    def _matches(self, encoded: str, text: str) -> bool:
        self.computed += 1
        self.now += self.cost
        return super()._matches(encoded, text)


def test_pretending_computes_really_within_its_budget_and_owes_the_time_beyond_it() -> None:
    hasher = Watched()
    hasher.cost, hasher.computed = 0.0, 0
    owed = [hasher.pretend() for _ in range(200)]
    # One of ten was used at the start, to learn how long a verification takes.
    assert hasher.computed == DECOYS_AT_ONCE - 1
    assert owed[: DECOYS_AT_ONCE - 1] == [0.0] * (DECOYS_AT_ONCE - 1)
    # Drawn from the first, which took 0.1 s, and the later ones, which took no time.
    assert {round(seconds, 6) for seconds in owed[DECOYS_AT_ONCE:]} == {0.0, 0.1}
    hasher.now += 1
    for _ in range(50):
        hasher.pretend()
    assert hasher.computed == DECOYS_AT_ONCE - 1 + DECOYS_PER_SECOND


def test_a_slow_spell_shows_alike_in_what_is_only_pretended() -> None:
    hasher = Watched()
    encoded = hasher.hash(RIGHT)
    for cost in (0.1, 0.4):
        hasher.cost = cost
        for _ in range(16):
            hasher.verify(encoded, WRONG)
    for _ in range(DECOYS_AT_ONCE + 100):
        hasher._decoys.take()
    owed = [round(hasher.pretend(), 6) for _ in range(2000)]
    assert set(owed) == {0.1, 0.4}
    assert 800 < owed.count(0.4) < 1200
    # Thirty-two later ones, and the old times are forgotten.
    hasher.cost = 0.2
    for _ in range(32):
        hasher.verify(encoded, WRONG)
    for _ in range(100):
        hasher._decoys.take()
    assert {round(hasher.pretend(), 6) for _ in range(100)} == {0.2}


def test_no_decoy_is_computed_while_a_password_is_being_verified() -> None:
    hasher = Watched()
    hasher.computed = 0
    assert hasher._enter(AT_ONCE + WAITING)
    assert hasher.pretend() > 0
    assert hasher.computed == 0
    hasher._leave()
    assert hasher.pretend() == 0
    assert hasher.computed == 1


def test_time_in_the_queue_is_part_of_what_is_pretended(hasher: Argon2Hasher) -> None:
    encoded = hasher.hash(RIGHT)
    for _ in range(AT_ONCE):
        hasher._running.acquire()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(hasher.verify, encoded, RIGHT)
        time.sleep(0.2)
        for _ in range(AT_ONCE):
            hasher._running.release()
        assert waiting.result()
    assert max(hasher._durations) >= 0.2


def test_pretending_is_busy_when_verifying_would_be(hasher: Argon2Hasher) -> None:
    for place in range(AT_ONCE + WAITING):
        assert hasher.pretend() >= 0
        assert hasher._enter(AT_ONCE + WAITING), place
    for work in (hasher.pretend, lambda: hasher.verify("", RIGHT), lambda: hasher.hash(RIGHT)):
        with pytest.raises(Busy):
            work()
    hasher._leave()
    assert hasher.pretend() >= 0


def test_the_queue_is_bounded(hasher: Argon2Hasher, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = hasher.hash(RIGHT)
    gate, running = threading.Event(), threading.Semaphore(0)
    most, now, lock = 0, 0, threading.Lock()

    def slow(self: argon2.PasswordHasher, _encoded: str, _password: str) -> bool:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        running.release()
        gate.wait(10)
        with lock:
            now -= 1
        return True

    monkeypatch.setattr(argon2.PasswordHasher, "verify", slow)
    with ThreadPoolExecutor(AT_ONCE + WAITING) as pool:
        waiting = [pool.submit(hasher.verify, encoded, RIGHT) for _ in range(AT_ONCE + WAITING)]
        for _ in range(AT_ONCE):
            assert running.acquire(timeout=10)
        while hasher._admitted < AT_ONCE + WAITING:
            pass
        with pytest.raises(Busy):
            hasher.verify(encoded, RIGHT)
        with pytest.raises(Busy):
            hasher.hash(RIGHT)
        gate.set()
        assert all(future.result() for future in waiting)
    assert most == AT_ONCE
    assert hasher.verify(encoded, RIGHT)


def test_who_waits_too_long_is_sent_away_and_leaves_no_trace(
    hasher: Argon2Hasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.01)
    for _ in range(AT_ONCE):
        hasher._running.acquire()
    for _ in range(AT_ONCE + WAITING + 5):
        with pytest.raises(Busy):
            hasher.verify("rubbish", RIGHT)
    for _ in range(AT_ONCE):
        hasher._running.release()
    assert hasher.verify(hasher.hash(RIGHT), RIGHT)
