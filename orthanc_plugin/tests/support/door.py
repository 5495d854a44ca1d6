"""What tests of the request filter share."""

from __future__ import annotations

from orthanc_plugin.domain.policy import Reason
from orthanc_plugin.web.request import Request

from .studies import orthanc_id
from .world import World, basic

STAFF = {"authorization": basic()}


def reason(world: World, path: str, headers: dict[str, str], method: str = "GET", **query: str) -> Reason:
    request = Request(method, path, query, headers, "192.0.2.1")
    decision = world.gate.decision(request)
    assert world.gate.admits(request) is decision.allowed
    assert decision.allowed == (
        decision.reason in (Reason.SHARE_OPEN, Reason.STAFF_EVERYWHERE, Reason.OWN_ROUTE, Reason.FOR_EVERYBODY)
    )
    return decision.reason


def series_of(world: World, which: str) -> str:
    found = {"mine": world.mine, "sibling": world.sibling, "foreign": world.foreign}[which]
    return found.series[0].id


def image_of(world: World, which: str) -> str:
    return orthanc_id(f"{series_of(world, which)}/0")
