from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from orthanc_plugin.domain.credential import AccessCode, Password
from orthanc_plugin.domain.errors import (
    MistypedCode,
    MistypedPassword,
    PatientShareError,
    ShareClosed,
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
    return world.services.open_share(code, password, address, old).session_id


def test_the_right_code_and_password_open_the_share(world: World, new: NewShare) -> None:
    session_id = attempt(world, new.code.grouped.lower(), f" {new.password.grouped} ")
    found = world.sessions.find(session_hash(session_id))
    assert found is not None
    assert found[1].id == new.share.id
    assert found[0].created_at == found[0].seen_at == int(world.clock.now())


def test_the_session_identifier_holds_256_bits_and_only_its_hash_is_stored(world: World, new: NewShare) -> None:
    session_id = attempt(world, new.code.text, new.password.text)
    assert len(session_id) == 64
    assert int(session_id, 16) >= 0
    assert list(world.store.sessions) == [hashlib.sha256(session_id.encode()).hexdigest()]
    assert session_id not in repr(world.store)


def test_a_mistyped_code_is_told_before_anything_is_asked_or_counted(world: World, new: NewShare) -> None:
    mistyped = new.code.text[:-1] + ("0" if new.code.text[-1] != "0" else "1")
    with pytest.raises(MistypedCode):
        attempt(world, mistyped, new.password.text)
    with pytest.raises(MistypedPassword):
        attempt(world, new.code.text, new.password.text[:-1])
    assert world.store.journal == []


def test_an_unknown_code_and_a_wrong_password_are_one_error_and_cost_the_same(world: World, new: NewShare) -> None:
    with pytest.raises(WrongCredentials) as unknown:
        attempt(world, UNKNOWN, new.password.text)
    with pytest.raises(WrongCredentials) as wrong:
        attempt(world, new.code.text, WRONG)
    assert str(unknown.value) == str(wrong.value)
    assert world.store.journal == ["pretend", "reserve", "verify"]
    # What was not computed is owed: the answer has to wait as long.
    assert (unknown.value.owed, wrong.value.owed) == (world.hasher.owed, 0.0)


@pytest.mark.parametrize("how", ["revoked", "expired", "gone"])
def test_why_a_share_is_closed_is_told_only_after_the_right_password(world: World, new: NewShare, how: str) -> None:
    world.close(new, how)
    with pytest.raises(WrongCredentials):
        attempt(world, new.code.text, WRONG)
    with pytest.raises(ShareClosed) as refusal:
        attempt(world, new.code.text, new.password.text)
    assert refusal.value.state == how
    assert world.store.sessions == {}


def test_a_login_ends_the_session_that_the_browser_brought_along(world: World, new: NewShare) -> None:
    forgotten: list[str] = []
    opening = replace(world.services.open_share, forget_session=forgotten.append)
    first = opening(new.code.text, new.password.text, HERE, "").session_id
    second = opening(new.code.text, new.password.text, HERE, first).session_id
    assert first != second
    assert world.sessions.find(session_hash(first)) is None
    assert world.sessions.find(session_hash(second)) is not None
    assert forgotten == [session_hash(first)]


def test_a_failed_login_leaves_the_running_session_alone(world: World, new: NewShare) -> None:
    running = attempt(world, new.code.text, new.password.text)
    with pytest.raises(WrongCredentials):
        attempt(world, new.code.text, WRONG, old=running)
    assert world.sessions.find(session_hash(running)) is not None


def test_an_identifier_from_the_browser_is_never_taken_over(world: World, new: NewShare) -> None:
    planted = "a" * 64
    assert attempt(world, new.code.text, new.password.text, old=planted) != planted
    assert world.sessions.find(session_hash(planted)) is None


def test_a_share_has_three_sessions_at_most_and_the_oldest_ends(world: World, new: NewShare) -> None:
    opened = []
    for _ in range(4):
        opened.append(attempt(world, new.code.text, new.password.text))
        world.clock.advance(1)
    alive = [session_id for session_id in opened if world.sessions.find(session_hash(session_id))]
    assert alive == opened[1:]


@pytest.mark.parametrize("hostile", ["\ud800", "\x00", "é" * 5000, "'; drop table sessions"])
def test_hostile_session_identifiers_are_harmless(world: World, hostile: str) -> None:
    world.services.open_share.close(hostile)
    assert session_hash(hostile) not in world.store.sessions


def test_no_refusal_quotes_what_was_typed(world: World, new: NewShare) -> None:
    for code, password in ((UNKNOWN, WRONG), (new.code.text, WRONG), ("x", WRONG), (new.code.text, "y")):
        with pytest.raises(PatientShareError) as refusal:
            attempt(world, code, password)
        assert str(refusal.value) == ""
        assert refusal.value.args == ()
