"""Stone Web Viewer behind the request filter: identifiers are UIDs, and every one of them must belong to the share."""

from __future__ import annotations

import pytest

from orthanc_plugin.domain.policy import Reason
from orthanc_plugin.domain.study import Level, Place, ResourceName, StudySummary
from orthanc_plugin.viewers.stone_web_viewer import StoneWebViewer

from ..support.door import reason
from ..support.world import World


@pytest.fixture
def session(world: World) -> dict[str, str]:
    """A recipient's cookie, in a practice that has enabled Stone."""
    known: dict[ResourceName, Place] = {}
    for study in (world.mine, world.sibling, world.foreign):
        known[ResourceName(Level.STUDY, study.study_instance_uid, by_uid=True)] = Place(study.id)
        for series in study.series:
            known[ResourceName(Level.SERIES, series.uid, by_uid=True)] = Place(study.id, series.id)
    world.gate.resolve = known.get
    world.services.viewers.enabled = [StoneWebViewer()]
    assert world.services.viewers.discover(["stone-webviewer", "dicom-web"]) == []
    return {"cookie": f"patient-share={world.session_of(world.share())}"}


def metadata(study: StudySummary, other: StudySummary) -> str:
    return f"/dicom-web/studies/{study.study_instance_uid}/series/{other.series[0].uid}/metadata"


def test_the_shared_study_is_open(world: World, session: dict[str, str]) -> None:
    uid = {"0020000D": world.mine.study_instance_uid}
    assert reason(world, "/dicom-web/studies", session, **uid) is Reason.SHARE_OPEN
    assert reason(world, "/dicom-web/series", session, **uid) is Reason.SHARE_OPEN
    assert reason(world, metadata(world.mine, world.mine), session) is Reason.SHARE_OPEN
    assert reason(world, "/stone-webviewer/index.html", session, study="1.2") is Reason.SHARE_OPEN


def test_another_study_is_closed_wherever_it_is_named(world: World, session: dict[str, str]) -> None:
    for other in (world.sibling, world.foreign):
        uid = {"0020000D": other.study_instance_uid}
        assert reason(world, "/dicom-web/studies", session, **uid) is Reason.OUTSIDE_SHARE
        both = {"0020000D": world.mine.study_instance_uid, "0020000E": other.series[0].uid}
        assert reason(world, "/dicom-web/series", session, **both) is Reason.OUTSIDE_SHARE
        for path in (metadata(other, other), metadata(world.mine, other), metadata(other, world.mine)):
            assert reason(world, path, session) is Reason.OUTSIDE_SHARE


def test_what_orthanc_does_not_know_is_closed(world: World, session: dict[str, str]) -> None:
    assert reason(world, "/dicom-web/studies", session, **{"0020000D": "1.2.3"}) is Reason.OUTSIDE_SHARE


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_reading_is_open(world: World, session: dict[str, str], method: str) -> None:
    assert reason(world, metadata(world.mine, world.mine), session, method) is Reason.NOT_FOR_RECIPIENTS


@pytest.mark.parametrize(
    "path", ["/system", "/tools/lookup", "/tools/find", "/dicom-web/servers", "/dicom-web/studies"]
)
def test_the_rest_stays_closed(world: World, session: dict[str, str], path: str) -> None:
    assert reason(world, path, session) is Reason.NOT_FOR_RECIPIENTS
