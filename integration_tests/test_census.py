"""The route census in its short form, and a proof that it finds a gate with a hole; `make census` is the long one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.server import OrthancServer

from .census import announced, loosened
from .census.around_start import stop_and_start
from .census.run import CONFIGURATION, Census, Report
from .census.table import RouteClass, Table

SHORT = 7000
# The routes that the test of the census itself walks: the loosened ones, and some of every class.
FEW = ("/instances/{id}/file", "/instances/{id}/tags", "/instances/{id}/preview", "/tools", "/studies/{id}",
       "/portal/study", "/web-viewer/series/{path}", "/patient-share/api/v1/shares")  # fmt: skip


@pytest.fixture(scope="module")
def census(orthanc_image: str) -> Iterator[Census]:
    with OrthancServer(orthanc_image, configuration=CONFIGURATION) as server:
        server.wait_ready()
        yield Census.prepare(server)


@pytest.fixture(scope="module")
def report(census: Census, orthanc_image: str) -> Report:
    table = Table.load()
    # Static files are looked at in `make census`.
    with ThreadPoolExecutor(1) as pool:
        routes = pool.submit(announced.routes, orthanc_image)
        found = census.take({**table.routes, **table.probes}, SHORT, table.named_viewer_files, staff=False)
        found.unknown, found.vanished = table.unknown(routes.result()), table.vanished(routes.result())
    return found


def test_every_route_is_in_the_table(report: Report) -> None:
    assert report.unknown == []
    assert report.vanished == []


def test_nobody_sees_what_is_not_theirs(report: Report) -> None:
    assert report.requests >= SHORT
    assert report.leaks == []
    assert report.findings == []


def test_nothing_was_changed_and_nothing_crashed(report: Report) -> None:
    assert report.changed == []
    assert report.same_process


def test_strangers_are_refused_while_orthanc_stops_and_starts(census: Census, report: Report) -> None:
    assert report.requests  # this one comes last, since it restarts the server
    poll = stop_and_start(census)
    assert poll.findings == []
    assert poll.statuses[403] > 10


def test_the_census_finds_a_gate_with_a_hole(orthanc_image: str) -> None:
    with loosened.server(orthanc_image, *loosened.LOOSER, configuration=CONFIGURATION) as server:
        server.wait_ready()
        found = Census.prepare(server).take({route: Table.load().routes[route] for route in FEW}, 300, staff=False)
    for _, _, route in loosened.LOOSER.values():
        before, _, after = route.partition("{id}")
        assert any(before in fault and after in fault for fault in found.leaks + found.findings), route
    leaked = "\n".join(found.leaks)
    assert "recipient: GET" in leaked and "study:C" in leaked and "pixels" in leaked
    assert any(fault.startswith("finding: passed the gate: anonymous: GET /tools") for fault in found.findings)


def test_a_route_that_the_table_does_not_know_is_reported() -> None:
    table = Table({"/a": RouteClass.NATIVE, "/b": RouteClass.NATIVE}, {"/f/{path}": RouteClass.NATIVE}, {})
    assert table.unknown(["/a", "/new"], ["/f/x.js", "/g/x.js"]) == ["/g/x.js", "/new"]
    assert table.vanished(["/a"]) == ["/b"]
