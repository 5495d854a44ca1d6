"""A session that ends, for whatever reason, ends at once."""

from __future__ import annotations

from orthanc_plugin.domain.principal import Anonymous, Recipient
from orthanc_plugin.domain.session import CLOCK_TOLERANCE, Session, SessionLimits

from ..support.world import build_world


def test_the_oldest_session_ends_in_the_moment_in_which_the_fourth_begins() -> None:
    world = build_world()
    new = world.share()
    first = world.session_of(new)
    authenticator = world.services.authenticator
    for _ in range(2):
        world.clock.advance(1)
        world.session_of(new)
    world.clock.advance(1)
    assert isinstance(authenticator.principal("", first), Recipient)
    world.session_of(new)
    assert authenticator.principal("", first) == Anonymous()


def test_a_session_made_while_the_clock_was_ahead_does_not_outlive_its_correction() -> None:
    limits = SessionLimits(900, 14_400)
    session = Session("hash", "share", 1_000_000, 1_000_000)
    assert session.alive(1_000_000 - CLOCK_TOLERANCE, limits)
    assert not session.alive(1_000_000 - CLOCK_TOLERANCE - 1, limits)
