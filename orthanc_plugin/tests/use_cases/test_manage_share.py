from __future__ import annotations

from dataclasses import replace

import pytest

from orthanc_plugin.domain.errors import InvalidInput, ShareNotFound, ShareRevoked
from orthanc_plugin.domain.share import ShareState
from orthanc_plugin.ports import ShareFilter
from orthanc_plugin.use_cases.manage_share import ManageShare

from ..support.clock import at
from ..support.world import World


@pytest.fixture
def forgotten(world: World) -> list[str]:
    return []


@pytest.fixture
def manage(world: World, forgotten: list[str]) -> ManageShare:
    return replace(world.services.manage_share, forget=forgotten.append)


def test_a_share_is_extended_from_today_and_forgotten(world: World, manage: ManageShare, forgotten: list[str]) -> None:
    share_id = world.share(days=3).share.id
    world.clock.advance(days=2)
    assert manage.extend(share_id, 5, "reception").expires_at == at(2026, 6, 18, 0)
    assert forgotten == [share_id]


def test_a_share_can_be_made_shorter(world: World, manage: ManageShare) -> None:
    share_id = world.share(days=300).share.id
    assert manage.extend(share_id, 1, "reception").expires_at == at(2026, 6, 12, 0)


def test_an_expired_share_opens_again_with_the_same_credentials(world: World, manage: ManageShare) -> None:
    new = world.share(days=1)
    world.clock.advance(days=10)
    assert manage.get(new.share.id).state(world.clock.now()) is ShareState.EXPIRED
    assert manage.extend(new.share.id, 1, "reception").state(world.clock.now()) is ShareState.ACTIVE
    assert world.session_of(new)


def test_a_revoked_share_stays_revoked(world: World, manage: ManageShare) -> None:
    share_id = world.share().share.id
    manage.revoke(share_id, "reception")
    with pytest.raises(ShareRevoked):
        manage.extend(share_id, 30, "reception")
    assert manage.get(share_id).state(world.clock.now()) is ShareState.REVOKED


@pytest.mark.parametrize("days", [0, 366, -1])
def test_an_extension_out_of_range_changes_nothing(world: World, manage: ManageShare, days: int) -> None:
    share = world.share().share
    with pytest.raises(InvalidInput):
        manage.extend(share.id, days, "reception")
    assert manage.get(share.id) == share


def test_a_revocation_is_noted_with_its_moment_and_forgotten(
    world: World, manage: ManageShare, forgotten: list[str]
) -> None:
    share_id = world.share().share.id
    assert manage.revoke(share_id, "reception").revoked_at == int(world.clock.now())
    assert forgotten == [share_id]


def test_a_second_revocation_is_harmless_and_keeps_the_first_moment(world: World, manage: ManageShare) -> None:
    share_id = world.share().share.id
    first = manage.revoke(share_id, "reception")
    world.clock.advance(days=1)
    assert manage.revoke(share_id, "reception") == first


def test_what_does_not_exist_is_not_found(manage: ManageShare) -> None:
    with pytest.raises(ShareNotFound):
        manage.get("nothing")
    with pytest.raises(ShareNotFound):
        manage.extend("nothing", 1, "reception")
    with pytest.raises(ShareNotFound):
        manage.revoke("nothing", "reception")


def test_a_listing_judges_the_state_at_the_present_moment(world: World, manage: ManageShare) -> None:
    world.share(days=1)
    assert len(manage.page(ShareFilter(ShareState.ACTIVE), 10, None).shares) == 1
    world.clock.advance(days=3)
    assert manage.page(ShareFilter(ShareState.ACTIVE), 10, None).shares == ()
    assert len(manage.page(ShareFilter(ShareState.EXPIRED), 10, None).shares) == 1
