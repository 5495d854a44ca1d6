from __future__ import annotations

import pytest

from orthanc_plugin.domain.errors import ShareClosed
from orthanc_plugin.use_cases.view_study import NotInShare, ViewStudy

from ..support.world import World


@pytest.fixture
def view(world: World) -> ViewStudy:
    return world.services.view_study


def test_series_count_from_one_in_the_order_of_their_numbers(world: World, view: ViewStudy) -> None:
    share = world.share().share
    assert [view.series(share, n).description for n in (1, 2, 3, 4)] == ["Scout", "Axial", "Report", ""]


@pytest.mark.parametrize("ordinal", [0, -1, 5, 10**30])
def test_a_series_that_the_share_does_not_have(world: World, view: ViewStudy, ordinal: int) -> None:
    with pytest.raises(NotInShare):
        view.series(world.share().share, ordinal)
    with pytest.raises(NotInShare):
        view.image(world.share().share, ordinal, 1)


@pytest.mark.parametrize("number", [0, -1, 4, 10**30])
def test_an_image_that_the_series_does_not_have(world: World, view: ViewStudy, number: int) -> None:
    with pytest.raises(NotInShare):
        view.image(world.share().share, 2, number)


def test_images_count_from_one(world: World, view: ViewStudy) -> None:
    share = world.share().share
    images = view.images(share, 2)
    assert len(images) == 3
    assert [view.image(share, 2, n) for n in (1, 2, 3)] == list(images)


def test_a_share_shows_its_own_study_and_no_other_of_the_same_patient(world: World, view: ViewStudy) -> None:
    assert [study.id for study in view.studies(world.share().share)] == [world.mine.id]
    assert [study.id for study in view.studies(world.share(world.sibling).share)] == [world.sibling.id]


def test_a_study_that_orthanc_has_no_more_is_gone(world: World, view: ViewStudy) -> None:
    share = world.share().share
    world.archive.studies.clear()
    with pytest.raises(ShareClosed) as refusal:
        view.studies(share)
    assert refusal.value.state == "gone"
    with pytest.raises(ShareClosed):
        view.image(share, 1, 1)
