from __future__ import annotations

import dataclasses

import pytest

from orthanc_plugin.domain.audit_terms import Action
from orthanc_plugin.domain.session import SessionLimits
from orthanc_plugin.use_cases.keep_audit import KeepAudit
from orthanc_plugin.use_cases.login_failures import LoginFailures
from orthanc_plugin.use_cases.maintain import Maintain
from orthanc_plugin.use_cases.note_session_end import NoteSessionEnd
from orthanc_plugin.use_cases.record_event import RecordEvent

from ..support.memory_store import MemoryShares, MemoryTransaction
from ..support.world import World
from .test_audit import Retention


@pytest.fixture
def maintain(world: World) -> Maintain:
    record, transaction = RecordEvent(world.audit, world.clock), MemoryTransaction(world.store)
    limits = SessionLimits(15 * 60, 4 * 3600)
    return Maintain(
        MemoryShares(world.store),
        world.sessions,
        world.attempts,
        world.services.arrivals,
        NoteSessionEnd(world.sessions, world.clock, limits, transaction, record),
        KeepAudit(Retention(2), world.audit, record, transaction, world.clock, 30),
        LoginFailures(),
        world.clock,
        limits,
        transaction,
        record,
        keep_shares_days=90,
    )


def actions(world: World) -> list[Action]:
    return [event.action for event in world.store.events]


def test_sessions_that_nobody_asks_for_any_more_are_ended_and_forgotten(world: World, maintain: Maintain) -> None:
    world.session_of(world.share())
    maintain.end_sessions()
    assert Action.SESSION_ENDED not in actions(world)
    world.clock.advance(minutes=15)
    maintain.end_sessions()
    maintain.end_sessions()
    assert actions(world).count(Action.SESSION_ENDED) == 1
    assert len(world.store.sessions) == 1
    world.clock.advance(days=2)
    maintain.end_sessions()
    assert not world.store.sessions


def test_shares_go_long_after_their_end_and_the_study_stays(world: World, maintain: Maintain) -> None:
    world.share(days=1)
    revoked = world.share(days=365)
    world.services.manage_share.revoke(revoked.share.id, "reception")
    kept = world.share(days=365)
    world.clock.advance(days=80)
    maintain.remove_shares()
    assert Action.PURGED not in actions(world)
    world.clock.advance(days=20)
    maintain.remove_shares()
    assert list(world.store.shares) == [kept.share.id]
    (event,) = [event for event in world.store.events if event.action is Action.PURGED]
    assert dict(event.detail) == {"what": "shares", "count": 2}
    assert world.archive.study(world.mine.id) is not None


def test_failures_with_unknown_codes_are_one_entry(world: World, maintain: Maintain) -> None:
    maintain.report_failures()
    assert Action.UNKNOWN_CODE_FAILURES not in actions(world)
    for _ in range(3):
        maintain.login_failures.add()
    maintain.report_failures()
    maintain.report_failures()
    (event,) = [event for event in world.store.events if event.action is Action.UNKNOWN_CODE_FAILURES]
    assert dict(event.detail) == {"count": 3}


def test_a_new_key_is_told_once(world: World, maintain: Maintain) -> None:
    versions = iter([None, 2, None])
    keeping = dataclasses.replace(maintain, new_key=lambda: next(versions))
    for _ in range(3):
        keeping.note_key()
    (event,) = [event for event in world.store.events if event.action is Action.KEY_ROTATED]
    assert dict(event.detail) == {"key_version": 2}


def test_texts_are_renewed_until_none_is_left(maintain: Maintain) -> None:
    left = iter([200, 200, 7])
    dataclasses.replace(maintain, reseal=lambda limit: min(limit, next(left))).renew_seals()
    assert next(left, None) is None


def test_a_round_takes_all_steps(world: World, maintain: Maintain) -> None:
    for step in maintain.steps.values():
        step()
    # Two portions of the audit log were old enough.
    assert actions(world).count(Action.PURGED) == 2
