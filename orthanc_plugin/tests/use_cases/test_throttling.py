from __future__ import annotations

import pytest

from orthanc_plugin.domain.credential import AccessCode, Password
from orthanc_plugin.domain.errors import (
    Busy,
    Throttled,
    WrongCredentials,
)
from orthanc_plugin.domain.throttle import UNKNOWN_DEVICES
from orthanc_plugin.use_cases.create_share import NewShare
from orthanc_plugin.use_cases.open_share import Opened, session_hash

from ..support.world import World

HERE = "192.0.2.1"
UNKNOWN = AccessCode.from_number(4711).text
WRONG = Password.from_number(4711).text


@pytest.fixture
def new(world: World) -> NewShare:
    created = world.share()
    world.store.journal.clear()
    return created


def attempt(world: World, code: str, password: str, address: str = HERE, device: str = "") -> Opened:
    return world.services.open_share(code, password, address, "", device)


def refused(world: World, code: str, address: str = HERE, device: str = "") -> int:
    """Try with a wrong password: the seconds to wait, 0 where it was verified."""
    with pytest.raises((WrongCredentials, Throttled)) as refusal:
        attempt(world, code, WRONG, address, device)
    return refusal.value.retry_after if isinstance(refusal.value, Throttled) else 0


def test_an_unknown_code_counts_against_no_share(world: World, new: NewShare) -> None:
    for _ in range(20):
        refused(world, UNKNOWN)
    assert world.store.attempts == {}
    assert "reserve" not in world.store.journal
    assert attempt(world, new.code.text, new.password.text)


def test_an_attempt_is_counted_before_its_password_is_verified(world: World, new: NewShare) -> None:
    counted: list[int] = []
    world.hasher.before = lambda: counted.append(world.attempts.counted(new.share.id, f"address:{HERE}"))
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
    assert world.attempts.counted(new.share.id, f"address:{HERE}") == 1


def test_a_busy_server_gives_the_attempt_back(world: World, new: NewShare) -> None:
    world.hasher.busy = True
    for _ in range(20):
        with pytest.raises(Busy):
            attempt(world, new.code.text, new.password.text)
    assert world.attempts.counted(new.share.id, f"address:{HERE}") == 0
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
    assert world.attempts.counted(new.share.id, f"address:{HERE}") == 0
    assert world.attempts.counted(new.share.id, UNKNOWN_DEVICES) == 4


@pytest.mark.parametrize("how", ["revoked", "expired", "gone"])
def test_a_closed_share_throttles_like_an_open_one(world: World, new: NewShare, how: str) -> None:
    world.close(new, how)
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            attempt(world, new.code.text, WRONG)
    with pytest.raises(Throttled):
        attempt(world, new.code.text, new.password.text)


def test_logging_out_ends_the_session_and_forgets_it(world: World, new: NewShare) -> None:
    session_id = attempt(world, new.code.text, new.password.text).session_id
    world.services.open_share.close(session_id)
    world.services.open_share.close(session_id)
    world.services.open_share.close("")
    assert world.sessions.find(session_hash(session_id)) is None


def test_an_unknown_code_meets_the_same_waits_as_a_known_one(world: World, new: NewShare) -> None:
    """Step by step, over addresses and time, with a clock that moves in both directions."""
    told: dict[str, list[int]] = {}
    start = world.clock.time
    for code in (UNKNOWN, new.code.text):
        world.clock.time = start
        told[code] = []
        for step in range(120):
            told[code].append(refused(world, code, f"192.0.2.{step % 7}", "ab" * 16))
            world.clock.advance((0.3, 31, 0, 700.7, -200)[step % 5])
    assert told[UNKNOWN] == told[new.code.text]
    assert {0, 30, 60} & set(told[UNKNOWN])
    assert max(told[UNKNOWN]) >= 800


def test_a_busy_server_gives_an_attempt_with_an_unknown_code_back_as_well(world: World, new: NewShare) -> None:
    world.hasher.busy = True
    for code in (UNKNOWN, new.code.text):
        for _ in range(10):
            with pytest.raises(Busy):
                attempt(world, code, WRONG)
    world.hasher.busy = False
    for code in (UNKNOWN, new.code.text):
        assert [refused(world, code) for _ in range(6)] == [0, 0, 0, 0, 0, 30]


def test_failures_with_unknown_codes_are_counted_for_the_alarm(world: World, new: NewShare) -> None:
    for _ in range(7):
        refused(world, UNKNOWN)
    refused(world, new.code.text)
    attempt(world, new.code.text, new.password.text)
    assert world.services.open_share.login_failures.take() == 7


def test_strangers_with_the_code_bring_new_devices_to_one_try_a_quarter_of_an_hour(world: World, new: NewShare) -> None:
    assert [refused(world, new.code.text, f"203.0.113.{n}") for n in range(20)] == [0] * 20
    with pytest.raises(Throttled) as refusal:
        attempt(world, new.code.text, new.password.text)
    assert refusal.value.retry_after == 900
    world.clock.advance(900)
    assert attempt(world, new.code.text, new.password.text)


def test_a_device_that_has_logged_in_is_slowed_by_nobody(world: World, new: NewShare) -> None:
    device = attempt(world, new.code.text, new.password.text).device_id
    for n in range(40):
        refused(world, new.code.text, f"203.0.113.{n}")
    for _ in range(6):
        refused(world, new.code.text, HERE)
    assert attempt(world, new.code.text, new.password.text, device=device).device_id == device
    assert attempt(world, new.code.text, new.password.text, "198.51.100.1", device).device_id == device


def test_a_known_device_guesses_no_faster_than_anybody(world: World, new: NewShare) -> None:
    device = attempt(world, new.code.text, new.password.text).device_id
    waits = [refused(world, new.code.text, f"203.0.113.{n}", device) for n in range(7)]
    assert waits == [0, 0, 0, 0, 0, 30, 30]
    assert attempt(world, new.code.text, new.password.text)


def test_a_successful_login_is_no_failure_of_anybody(world: World, new: NewShare) -> None:
    for n in range(50):
        attempt(world, new.code.text, new.password.text, f"203.0.113.{n}")
    assert world.attempts.failures(new.share.id, world.clock.now()) == 0


@pytest.mark.parametrize("planted", ["", "x", "ab" * 16, "AB" * 16, "ab" * 15, "ab" * 17, "\ud800", "ab" * 16 + "\n"])
def test_a_name_for_the_device_that_was_never_given_out_is_not_taken_over(
    world: World, new: NewShare, planted: str
) -> None:
    device = attempt(world, new.code.text, new.password.text, device=planted).device_id
    assert device != planted
    assert len(device) == 32 and int(device, 16) >= 0
    assert list(world.store.devices) == [(new.share.id, f"device:{device}")]


def test_one_device_is_known_to_all_shares_that_it_has_opened(world: World, new: NewShare) -> None:
    other = world.share()
    device = attempt(world, new.code.text, new.password.text).device_id
    assert attempt(world, other.code.text, other.password.text, device=device).device_id == device
    assert set(world.store.devices) == {(s.share.id, f"device:{device}") for s in (new, other)}


def test_a_failed_login_makes_no_device_known(world: World, new: NewShare) -> None:
    refused(world, new.code.text)
    assert world.store.devices == {}
