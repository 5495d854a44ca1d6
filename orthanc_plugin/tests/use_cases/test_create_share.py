from __future__ import annotations

import pytest

from orthanc_plugin.domain.errors import AmbiguousStudy, Busy, InvalidInput, StudyNotFound
from orthanc_plugin.domain.share import Audience
from orthanc_plugin.domain.study import StudyKey, StudyKeyKind
from orthanc_plugin.use_cases.create_share import NewShare, ShareOrder

from ..support.clock import at
from ..support.studies import orthanc_id
from ..support.world import World


def order(world: World, days: int | None = None, key: StudyKey | None = None) -> NewShare:
    wanted = key or StudyKey(StudyKeyKind.ORTHANC_ID, world.mine.id)
    return world.services.create_share(ShareOrder((wanted,), Audience.REFERRER, "en", days, "a note", "reception"))


def test_a_share_is_filed_with_all_that_staff_ordered(world: World) -> None:
    new = order(world, 7)
    filed = world.store.shares[new.share.id]
    assert filed == new.share
    assert [(s.id, s.study_instance_uid) for s in filed.studies] == [(world.mine.id, world.mine.study_instance_uid)]
    assert (filed.audience, filed.language, filed.note) == (Audience.REFERRER, "en", "a note")
    assert (filed.created_by, filed.created_at) == ("reception", int(world.clock.now()))
    assert filed.expires_at == at(2026, 6, 18, 0)
    assert filed.revoked_at is None


def test_the_practices_default_holds_where_no_validity_is_given(world: World) -> None:
    assert order(world).share.expires_at == at(2026, 7, 11, 0)


@pytest.mark.parametrize("days", [1, 365])
def test_the_limits_of_the_validity_are_allowed(world: World, days: int) -> None:
    assert order(world, days).share.expires_at > world.clock.now()


@pytest.mark.parametrize("days", [0, -1, 366, 10**20, -(10**20)])
def test_a_validity_out_of_range_is_refused_and_nothing_is_filed(world: World, days: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        order(world, days)
    assert refusal.value.field == "validity_days"
    assert "365" in refusal.value.detail
    assert world.store.shares == {}


def test_only_hashes_of_code_and_password_are_filed(world: World) -> None:
    new = order(world)
    assert world.store.indexes == {f"new:{new.code.text}": new.share.id}
    assert world.store.hashes[new.share.id] == f"cheap:{new.password.text[::-1]}"
    assert new.code.text not in repr(new.share)
    assert new.password.text not in repr(new.share)


def test_two_shares_of_one_study_have_nothing_secret_in_common(world: World) -> None:
    first, second = order(world), order(world)
    assert first.share.id != second.share.id
    assert first.code != second.code
    assert first.password != second.password


def test_nothing_is_filed_when_hashing_is_busy(world: World) -> None:
    world.hasher.busy = True
    with pytest.raises(Busy):
        order(world)
    assert world.store.shares == {}


def test_nothing_is_filed_for_a_study_that_cannot_be_found(world: World) -> None:
    with pytest.raises(StudyNotFound):
        order(world, key=StudyKey(StudyKeyKind.ORTHANC_ID, orthanc_id("nothing")))
    with pytest.raises(AmbiguousStudy):
        order(world, key=StudyKey(StudyKeyKind.ACCESSION_NUMBER, "A-2"))
    assert world.store.shares == {}


def test_the_code_and_password_of_a_new_share_do_not_appear_in_a_traceback(world: World) -> None:
    new = order(world)
    assert new.code.text not in repr(new)
    assert new.password.text not in repr(new)
