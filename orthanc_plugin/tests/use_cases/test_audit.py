"""What the use cases write to the audit log, and that nothing happens where it cannot be written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from orthanc_plugin.domain.audit import SYSTEM
from orthanc_plugin.domain.audit_terms import Action, Outcome
from orthanc_plugin.domain.device import Device
from orthanc_plugin.domain.errors import ShareClosed, Throttled, Unavailable, WrongCredentials
from orthanc_plugin.domain.principal import Recipient
from orthanc_plugin.domain.study import Place
from orthanc_plugin.ports import AuditFilter, AuditMark
from orthanc_plugin.use_cases import record_view as record_view_module
from orthanc_plugin.use_cases.keep_audit import KeepAudit
from orthanc_plugin.use_cases.open_share import session_hash
from orthanc_plugin.use_cases.record_event import RecordEvent

from ..support.memory_store import MemoryTransaction
from ..support.world import World

HERE = "192.0.2.1"
WRONG = "00000-00000"


def told(world: World) -> list[dict[str, Any]]:
    return [json.loads(event.canonical()) for event in world.store.events]


def actions(world: World) -> list[str]:
    return [event.action.value for event in world.store.events]


def recipient(world: World) -> Recipient:
    session_id = world.session_of(world.share())
    principal = world.services.authenticator.principal("", session_id)
    assert isinstance(principal, Recipient)
    world.store.events.clear()
    return principal


def test_the_life_of_a_share_is_told(world: World) -> None:
    new = world.share()
    world.services.manage_share.extend(new.share.id, 5, "reception")
    first = world.services.open_share(new.code.text, new.password.text, HERE, "", kind=Device.PHONE).session_id
    second = world.services.open_share(new.code.text, new.password.text, HERE, first).session_id
    world.services.open_share.close(second)
    world.services.manage_share.revoke(new.share.id, "doctor")
    world.services.manage_share.revoke(new.share.id, "doctor")
    assert actions(world) == [
        "share-created", "share-extended", "login", "logout", "login", "logout", "share-revoked",
    ]  # fmt: skip
    for entry in told(world):
        assert (entry["share_id"], entry["studies"]) == (new.share.id, [world.mine.study_instance_uid])
    created, extended, login, *_, revoked = told(world)
    assert [created["who"], extended["who"], revoked["who"]] == ["staff:reception", "staff:reception", "staff:doctor"]
    assert created["detail"] == {"expires_at": new.share.expires_at}
    assert extended["detail"] == {"expires_at": world.store.shares[new.share.id].expires_at}
    assert login["who"] == f"recipient:{new.share.id}"
    assert login["detail"] == {"device": "phone", "session": session_hash(first)[:16]}


def test_a_failed_login_to_a_known_share_is_told(world: World) -> None:
    new = world.share()
    world.store.events.clear()
    with pytest.raises(WrongCredentials):
        world.services.open_share(new.code.text, WRONG, HERE, "", kind=Device.TABLET)
    (entry,) = told(world)
    assert (entry["action"], entry["outcome"], entry["share_id"]) == ("login-failed", 4, new.share.id)
    assert entry["detail"] == {"device": "tablet", "reason": "wrong-password"}


def test_attempts_that_are_throttled_do_not_fill_the_log(world: World) -> None:
    new = world.share()
    world.store.events.clear()
    for _ in range(50):
        with pytest.raises((WrongCredentials, Throttled)):
            world.services.open_share(new.code.text, WRONG, HERE, "")
    assert actions(world) == ["login-failed"] * 5


def test_a_failed_login_with_an_unknown_code_is_not_told(world: World) -> None:
    with pytest.raises(WrongCredentials):
        world.services.open_share("ATA42-81ZXD-KH3N", WRONG, HERE, "")
    assert actions(world) == []


@pytest.mark.parametrize("how", ["revoked", "expired", "gone"])
def test_the_right_password_of_a_closed_share_is_told(world: World, how: str) -> None:
    new = world.share()
    world.close(new, how)
    world.store.events.clear()
    with pytest.raises(ShareClosed):
        world.services.open_share(new.code.text, new.password.text, HERE, "")
    # That the study has gone is noticed at the door, and told before.
    *noticed, entry = told(world)
    assert [each["action"] for each in noticed] == (["study-gone"] if how == "gone" else [])
    assert (entry["action"], entry["outcome"], entry["detail"]["reason"]) == ("login-failed", 4, how)


def test_a_session_that_is_none_logs_nobody_out(world: World) -> None:
    world.services.open_share.close("nonsense")
    world.services.open_share.close("")
    assert actions(world) == []


STAFF_CHANGES: dict[str, Callable[[World, str], object]] = {
    "create": lambda world, _: world.share(),
    "extend": lambda world, share_id: world.services.manage_share.extend(share_id, 90, "reception"),
    "revoke": lambda world, share_id: world.services.manage_share.revoke(share_id, "reception"),
}


@pytest.mark.parametrize("change", STAFF_CHANGES)
def test_what_cannot_be_recorded_does_not_happen(world: World, change: str) -> None:
    new = world.share()
    before = repr(world.store)
    world.audit.broken = True
    with pytest.raises(Unavailable):
        STAFF_CHANGES[change](world, new.share.id)
    assert repr(world.store) == before


def test_a_login_that_cannot_be_recorded_starts_and_ends_no_session(world: World) -> None:
    new = world.share()
    old = world.session_of(new)
    world.audit.broken = True
    with pytest.raises(Unavailable):
        world.services.open_share(new.code.text, new.password.text, HERE, old)
    assert [session.id_hash for session in world.store.sessions.values()] == [session_hash(old)]
    assert world.sessions.find(session_hash(old)) is not None


def test_a_failure_that_cannot_be_recorded_stays_counted(world: World) -> None:
    new = world.share()
    world.audit.broken = True
    with pytest.raises(Unavailable):
        world.services.open_share(new.code.text, WRONG, HERE, "")
    assert world.attempts.failures(new.share.id, world.clock.now()) == 1


def test_a_view_is_told_once_per_session_and_series(world: World) -> None:
    view, mine = world.services.record_view, recipient(world)
    ordered = world.services.view_study.ordered_series(mine.share)
    for _ in range(3):
        view.study(mine)
        view.series(mine, 1, ordered[0])
        view.place(mine, Place(world.mine.id, ordered[0].id))
        view.place(mine, Place(world.mine.id, ordered[1].id))
        view.place(mine, Place(world.mine.id))
    assert [(entry["action"], entry["series"]) for entry in told(world)] == [
        ("study-viewed", None),
        ("series-viewed", 1),
        ("series-viewed", 2),
    ]
    entry = told(world)[1]
    assert entry["detail"] == {"session": mine.session_hash[:16], "series_instance_uid": ordered[0].uid}
    view.study(Recipient(mine.share, "f" * 64))
    assert actions(world).count("study-viewed") == 2


def test_a_view_that_could_not_be_recorded_is_tried_again(world: World) -> None:
    mine = recipient(world)
    world.audit.broken = True
    with pytest.raises(Unavailable):
        world.services.record_view.study(mine)
    assert not world.services.record_view.knows(mine, Place(world.mine.id))
    world.audit.broken = False
    world.services.record_view.study(mine)
    assert actions(world) == ["study-viewed"]


def test_what_was_forgotten_is_told_twice_and_never_left_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_view_module, "_REMEMBERED", 1)
    view, mine = world.services.record_view, recipient(world)
    first, second, *_ = world.services.view_study.ordered_series(mine.share)
    for ordinal, series in ((1, first), (2, second), (1, first)):
        view.series(mine, ordinal, series)
    assert [entry["series"] for entry in told(world)] == [1, 2, 1]


def test_a_series_that_nobody_lists_yet_is_not_served_unrecorded(world: World) -> None:
    mine = recipient(world)
    with pytest.raises(Unavailable):
        world.services.record_view.place(mine, Place(world.mine.id, "just arrived"))
    assert actions(world) == []


def test_reading_exporting_and_verifying_are_told_with_the_names_of_filters(world: World) -> None:
    world.share()
    world.store.events.clear()
    read = world.services.read_audit
    read.page("doctor", AuditFilter(who="staff:reception", since=0), 10, None)
    read.export("doctor", AuditFilter(), 10, None)
    read.verify("doctor", AuditMark(0, "0" * 64))
    assert [(e["action"], e["who"], e["detail"]["what"], e["detail"]["filters"]) for e in told(world)] == [
        ("audit-read", "staff:doctor", "entries", "who,since"),
        ("audit-exported", "staff:doctor", "entries", "none"),
        ("audit-read", "staff:doctor", "verification", "none"),
    ]
    world.audit.broken = True
    for reading in (
        lambda: read.page("doctor", AuditFilter(), 10, None),
        lambda: read.export("doctor", AuditFilter(), 10, None),
        lambda: read.verify("doctor", None),
    ):
        with pytest.raises(Unavailable):
            reading()


def test_every_filter_can_be_told(world: World) -> None:
    every = AuditFilter("", "", Action.LOGIN, "", "", Outcome.SUCCESS, 0, 0)
    world.services.read_audit.page("doctor", every, 1, None)
    assert told(world)[0]["detail"]["filters"] == "share_id,study_instance_uid,action,event,who,outcome,since,until"


class Retention:
    """Removes one entry per call, as often as it is told."""

    def __init__(self, entries: int) -> None:
        self.left = entries
        self.before: list[int] = []

    def purge(self, before: int) -> AuditMark | None:
        self.before.append(before)
        self.left -= 1
        return AuditMark(7, "0" * 64) if self.left >= 0 else None


def test_maintenance_removes_what_is_too_old_and_tells_so(world: World) -> None:
    retention, record = Retention(1), RecordEvent(world.audit, world.clock)
    keep = KeepAudit(retention, world.audit, record, MemoryTransaction(world.store), world.clock, 30)
    assert [keep.purge(), keep.purge()] == [True, False]
    assert retention.before == [int(world.clock.now()) - 30 * 86400] * 2
    (entry,) = told(world)
    assert (entry["action"], entry["who"]) == ("purged", SYSTEM.text)
    assert entry["detail"] == {"what": "audit", "up_to": 7}
    assert keep.head_line().endswith(f"entry 1:{1:064x}")
