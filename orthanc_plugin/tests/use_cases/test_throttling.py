from __future__ import annotations

import pytest

from orthanc_plugin.domain.credential import AccessCode, Password
from orthanc_plugin.domain.errors import (
    Busy,
    Throttled,
    WrongCredentials,
)
from orthanc_plugin.use_cases.create_share import NewShare
from orthanc_plugin.use_cases.open_share import session_hash

from ..support.world import World

HERE = "192.0.2.1"
UNKNOWN = AccessCode.from_number(4711).text
WRONG = Password.from_number(4711).text


@pytest.fixture
def new(world: World) -> NewShare:
    created = world.share()
    world.store.journal.clear()
    return created


def attempt(world: World, code: str, password: str, address: str = HERE, old: str = "") -> str:
    return world.services.open_share(code, password, address, old)


def test_an_unknown_code_counts_against_no_share(world: World, new: NewShare) -> None:
    for _ in range(20):
        with pytest.raises(WrongCredentials):
            attempt(world, UNKNOWN, WRONG)
    assert world.store.attempts == {}
    assert attempt(world, new.code.text, new.password.text)


def test_an_attempt_is_counted_before_its_password_is_verified(world: World, new: NewShare) -> None:
    counted: list[int] = []
    world.hasher.before = lambda: counted.append(world.attempts.failures(new.share.id, f"address:{HERE}"))
    with pytest.raises(WrongCredentials):
        attempt(world, new.code.text, WRONG)
    assert counted == [1]
    assert world.store.journal == ["reserve", "verify"]


def test_a_crash_during_the_verification_leaves_the_attempt_counted(world: World, new: NewShare) -> None:
    def crash() -> None:
        raise MemoryError

    world.hasher.before = crash
    with pytest.raises(MemoryError):
        attempt(world, new.code.text, WRONG)
    assert world.attempts.failures(new.share.id, f"address:{HERE}") == 1


def test_a_busy_server_gives_the_attempt_back(world: World, new: NewShare) -> None:
    world.hasher.busy = True
    for _ in range(20):
        with pytest.raises(Busy):
            attempt(world, new.code.text, new.password.text)
    assert world.attempts.failures(new.share.id, f"address:{HERE}") == 0
    world.hasher.busy = False
    assert attempt(world, new.code.text, new.password.text)


def test_after_five_failures_even_the_right_password_waits_and_is_not_verified(world: World, new: NewShare) -> None:
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            attempt(world, new.code.text, WRONG)
    world.store.journal.clear()
    with pytest.raises(Throttled) as refusal:
        attempt(world, new.code.text, new.password.text)
    assert refusal.value.retry_after == 30
    assert world.store.journal == []
    world.clock.advance(30)
    assert attempt(world, new.code.text, new.password.text)


def test_an_attacker_elsewhere_does_not_lock_the_patient_out(world: World, new: NewShare) -> None:
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            attempt(world, new.code.text, WRONG, address="203.0.113.9")
    with pytest.raises(Throttled):
        attempt(world, new.code.text, new.password.text, address="203.0.113.9")
    assert attempt(world, new.code.text, new.password.text)


def test_a_success_forgets_the_failures(world: World, new: NewShare) -> None:
    for _ in range(4):
        with pytest.raises(WrongCredentials):
            attempt(world, new.code.text, WRONG)
    attempt(world, new.code.text, new.password.text)
    assert world.store.attempts == {}


@pytest.mark.parametrize("how", ["revoked", "expired", "gone"])
def test_a_closed_share_throttles_like_an_open_one(world: World, new: NewShare, how: str) -> None:
    world.close(new, how)
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            attempt(world, new.code.text, WRONG)
    with pytest.raises(Throttled):
        attempt(world, new.code.text, new.password.text)


def test_logging_out_ends_the_session_and_forgets_it(world: World, new: NewShare) -> None:
    session_id = attempt(world, new.code.text, new.password.text)
    world.services.open_share.close(session_id)
    world.services.open_share.close(session_id)
    world.services.open_share.close("")
    assert world.sessions.find(session_hash(session_id)) is None
