from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import argon2
import pytest

from orthanc_plugin.adapters import hasher as module
from orthanc_plugin.adapters.hasher import AT_ONCE, WAITING, Argon2Hasher
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


def test_nothing_to_compare_is_never_right(hasher: Argon2Hasher) -> None:
    encoded = hasher.hash(RIGHT)
    assert not hasher.verify(None, RIGHT)
    assert not hasher.verify(encoded, None)
    assert not hasher.verify(None, None)
    assert not hasher.verify("rubbish", RIGHT)
    assert not hasher.verify("", RIGHT)


def test_nothing_to_compare_still_costs_a_whole_verification(
    hasher: Argon2Hasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    real = argon2.PasswordHasher.verify

    def spy(self: argon2.PasswordHasher, encoded: str, password: str) -> bool:
        verified.append(encoded)
        return bool(real(self, encoded, password))

    monkeypatch.setattr(argon2.PasswordHasher, "verify", spy)
    hasher.verify(None, RIGHT)
    hasher.verify(hasher.hash(RIGHT), None)
    assert len(verified) == 2
    assert argon2.extract_parameters(verified[0]) == argon2.extract_parameters(verified[1])


def test_even_the_password_of_the_decoy_is_wrong_where_no_share_matches(hasher: Argon2Hasher) -> None:
    decoy = Password("decoy")
    assert not hasher.verify(None, decoy)


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
        while hasher._admitted._value:
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
            hasher.verify(None, RIGHT)
    for _ in range(AT_ONCE):
        hasher._running.release()
    assert hasher.verify(hasher.hash(RIGHT), RIGHT)
