from __future__ import annotations

from collections.abc import Callable

import pytest

from orthanc_plugin.domain.principal import Anonymous, Principal, Recipient, Staff
from orthanc_plugin.domain.session import Session
from orthanc_plugin.domain.share import Share
from orthanc_plugin.use_cases import authenticate
from orthanc_plugin.use_cases.authenticate import FRESH_SECONDS, Authenticator
from orthanc_plugin.use_cases.open_share import session_hash

from ..support.memory_store import MemorySessions
from ..support.world import STAFF_USER, World, basic


def who(world: World, session_id: str = "", authorization: str = "") -> Principal:
    return world.services.authenticator.principal(authorization, session_id)


def test_a_session_makes_a_recipient_of_its_share(world: World) -> None:
    new = world.share()
    session_id = world.session_of(new)
    assert who(world, session_id) == Recipient(world.store.shares[new.share.id], session_hash(session_id))


@pytest.mark.parametrize("session_id", ["", "x", "0" * 64, "a" * 5000, "\ud800"])
def test_no_session_makes_nobody(world: World, session_id: str) -> None:
    world.session_of(world.share())
    assert who(world, session_id) == Anonymous()


def test_an_overlong_session_identifier_is_refused_without_a_look_up(world: World) -> None:
    who(world, "a" * 5000)
    assert world.sessions.finds == 0


def test_staff_credentials_make_staff_even_with_a_session(world: World) -> None:
    session_id = world.session_of(world.share())
    assert who(world, session_id, basic()) == Staff(STAFF_USER)


@pytest.mark.parametrize("header", [basic(STAFF_USER, "wrong"), "Bearer x", "nonsense", " "])
def test_wrong_staff_credentials_never_fall_back_to_the_session(world: World, header: str) -> None:
    session_id = world.session_of(world.share())
    assert who(world, session_id, header) == Anonymous()
    assert world.services.authenticator.remembered(header, session_id) == Anonymous()


def test_a_session_is_remembered_for_half_a_second_and_no_longer(world: World) -> None:
    session_id = world.session_of(world.share())
    assert world.services.authenticator.remembered("", session_id) is None
    who(world, session_id)
    world.clock.advance(FRESH_SECONDS - 0.01)
    assert isinstance(who(world, session_id), Recipient)
    assert world.sessions.finds == 1
    world.clock.advance(0.01)
    assert world.services.authenticator.remembered("", session_id) is None
    who(world, session_id)
    assert world.sessions.finds == 2
    assert FRESH_SECONDS <= 0.5


def test_a_clock_that_was_set_back_does_not_make_old_knowledge_fresh(world: World) -> None:
    session_id = world.session_of(world.share())
    who(world, session_id)
    world.clock.advance(-60)
    assert world.services.authenticator.remembered("", session_id) is None


def test_a_revocation_by_another_process_is_seen_within_half_a_second(world: World) -> None:
    new = world.share()
    session_id = world.session_of(new)
    who(world, session_id)
    world.services.manage_share.shares.revoke(new.share.id, int(world.clock.now()))
    world.clock.advance(FRESH_SECONDS)
    assert who(world, session_id) == Anonymous()


def test_a_revocation_here_is_seen_at_once(world: World) -> None:
    new = world.share()
    session_id, other = world.session_of(new), world.session_of(world.share(world.sibling))
    who(world, session_id), who(world, other)
    world.services.manage_share.revoke(new.share.id, "reception")
    assert who(world, session_id) == Anonymous()
    assert isinstance(who(world, other), Recipient)


def test_an_extension_is_seen_at_once(world: World) -> None:
    new = world.share()
    session_id = world.session_of(new)
    who(world, session_id)
    extended = world.services.manage_share.extend(new.share.id, 100, "reception")
    assert who(world, session_id) == Recipient(extended, session_hash(session_id))


def test_a_logout_is_seen_at_once(world: World) -> None:
    session_id = world.session_of(world.share())
    who(world, session_id)
    world.services.open_share.close(session_id)
    assert who(world, session_id) == Anonymous()


class Interrupted(MemorySessions):
    """Something happens between the read of a session and its being remembered."""

    def __init__(self, world: World) -> None:
        super().__init__(world.store)
        self.happens: Callable[[], None] = lambda: None

    def find(self, id_hash: str) -> tuple[Session, Share] | None:
        found = super().find(id_hash)
        self.happens()
        return found


@pytest.mark.parametrize("what", ["revocation", "logout"])
def test_a_read_that_began_before_a_change_is_not_remembered_after_it(world: World, what: str) -> None:
    new = world.share()
    session_id = world.session_of(new)
    sessions = Interrupted(world)
    used = world.services.authenticator
    authenticator = Authenticator(used.staff, sessions, used.clock, used.limits)

    def change() -> None:
        if what == "revocation":
            world.services.manage_share.shares.revoke(new.share.id, int(world.clock.now()))
            authenticator.forget_share(new.share.id)
        else:
            sessions.end(session_hash(session_id), int(world.clock.now()))
            authenticator.forget_session(session_hash(session_id))

    sessions.happens = change
    authenticator.principal("", session_id)
    assert authenticator.remembered("", session_id) is None
    assert authenticator.principal("", session_id) == Anonymous()


def test_a_session_ends_after_fifteen_idle_minutes(world: World) -> None:
    session_id = world.session_of(world.share())
    world.clock.advance(minutes=15, seconds=-1)
    assert isinstance(who(world, session_id), Recipient)
    world.clock.advance(minutes=15)
    assert who(world, session_id) == Anonymous()


def test_use_keeps_a_session_alive_up_to_the_absolute_limit(world: World) -> None:
    session_id = world.session_of(world.share())
    for _ in range(23):
        world.clock.advance(minutes=10)
        assert isinstance(who(world, session_id), Recipient)
    world.clock.advance(minutes=10)
    assert who(world, session_id) == Anonymous()


def test_a_remembered_session_ends_in_the_very_moment(world: World) -> None:
    session_id = world.session_of(world.share())
    world.clock.advance(minutes=15, seconds=-0.2)
    authenticator = world.services.authenticator
    world.store.sessions[session_hash(session_id)] = Session(
        session_hash(session_id),
        next(iter(world.store.shares)),
        int(world.clock.now()) - 4 * 3600 + 1,
        int(world.clock.now()),
    )
    assert isinstance(authenticator.principal("", session_id), Recipient)
    world.clock.advance(0.4)
    # Still within the half second of memory, but over the absolute limit.
    world.clock.time = int(world.clock.time) + 1
    assert authenticator.principal("", session_id) == Anonymous()


def test_use_is_written_down_every_half_minute_at_most(world: World) -> None:
    session_id = world.session_of(world.share())
    began = int(world.clock.now())
    for _ in range(29):
        world.clock.advance(1)
        who(world, session_id)
    assert world.store.sessions[session_hash(session_id)].seen_at == began
    world.clock.advance(1)
    who(world, session_id)
    assert world.store.sessions[session_hash(session_id)].seen_at == began + 30


def test_a_dead_session_is_not_kept_alive_by_knocking(world: World) -> None:
    session_id = world.session_of(world.share())
    world.clock.advance(minutes=16)
    who(world, session_id)
    assert world.store.sessions[session_hash(session_id)].seen_at == int(world.clock.now()) - 16 * 60


def test_the_memory_for_sessions_is_bounded_and_the_oldest_goes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authenticate, "_REMEMBERED_SESSIONS", 2)
    new = world.share()
    first, second, third = (world.session_of(new) for _ in range(3))
    for session_id in (first, second, third):
        who(world, session_id)
    remembered = world.services.authenticator.remembered
    assert remembered("", first) is None
    assert isinstance(remembered("", second), Recipient)
    assert isinstance(remembered("", third), Recipient)
