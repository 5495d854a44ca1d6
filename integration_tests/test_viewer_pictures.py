"""How pictures come to the viewer in a real Chromium: in runs, one by one where runs do not work, not after the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Request, Route

from harness.dicom import Geometry, Patient, Study, ct_series
from harness.modality import send
from harness.server import OrthancServer

from .support.practice import Practice, Share
from .support.studies import Stored, stored
from .test_portal_in_a_browser import DESKTOP, open_link, open_viewer

pytestmark = pytest.mark.one_suite

SLICES = 40
BATCH = re.compile(r"/portal/series/1/batch/[0-9]+\?")
IMAGE = re.compile(r"/portal/series/1/images/[0-9]+\?")
WAIT = 60_000

Answer = Callable[[Route], None]


@pytest.fixture(scope="module")
def stack(server: OrthancServer) -> Stored:
    """One series of many small images; the thirtieth is damaged."""
    study = Study(Patient(id="TEST-RUNS", name="Stapel^S"), "ACC-RUNS", "CT")
    volume = np.random.default_rng(7).normal(0, 300, (SLICES, 64, 64))
    datasets = ct_series(study, 1, "Stapel", volume, Geometry())
    del datasets[29].PixelData
    send(datasets, server.dicom_port)
    return stored(server, study.uid)


@pytest.fixture
def share(practice: Practice, stack: Stored) -> Share:
    return practice.share(stack.id)


@pytest.fixture
def page(chromium: Browser, share: Share) -> Iterator[Page]:
    context = chromium.new_context(**DESKTOP)  # type: ignore[arg-type]
    opened = open_link(context, share)
    yield opened
    # A request that is still held when the context closes would keep it from closing.
    opened.unroute_all(behavior="ignoreErrors")
    context.close()


def asked(page: Page, kind: re.Pattern[str]) -> list[str]:
    """Fills with the addresses of one kind that the page asks for from now on."""
    found: list[str] = []

    def note(request: Request) -> None:
        if kind.search(request.url):
            found.append(request.url)

    page.on("request", note)
    return found


def everything_came(page: Page) -> None:
    page.wait_for_function(f"() => window.__viewer.loaded === {SLICES - 1}", timeout=WAIT)
    page.wait_for_function("() => window.__viewer.failed === 1", timeout=WAIT)


def status(code: int, **headers: str) -> Answer:
    return lambda route: route.fulfill(status=code, headers=headers, body="no")


def body(content: bytes, kind: str = "application/octet-stream") -> Answer:
    return lambda route: route.fulfill(status=200, content_type=kind, body=content)


def test_pictures_come_in_runs(page: Page, server: OrthancServer) -> None:
    batches, images = asked(page, BATCH), asked(page, IMAGE)
    open_viewer(page, server.url)
    everything_came(page)
    assert 2 <= len(batches) < SLICES / 2
    # The first one, its neighbours at the ends of runs, and the damaged one once more.
    assert len(images) < SLICES / 4
    assert sum("/30?" in url for url in images) == 1


@pytest.mark.parametrize(
    "answer",
    [
        status(500),
        status(404),
        status(503, **{"Retry-After": "1"}),
        body(b""),
        body(b"\xff\xff\xff\xff and no picture"),
        body(b"\x00\x00\x00\x09no JPEG."),
        body(b"\x00\x00\x00\x06\xff\xd8\xff\xe0\x00\x00" * 16),
        body(b"<html>a page of some proxy</html>", "text/html"),
        lambda route: route.abort(),
    ],
    ids=["500", "404", "503", "empty", "huge", "cut", "damaged", "page", "broken line"],
)
def test_where_runs_fail_pictures_come_one_by_one(page: Page, server: OrthancServer, answer: Answer) -> None:
    page.route(BATCH, answer)
    open_viewer(page, server.url)
    everything_came(page)


def test_a_run_that_ends_early_is_asked_on(page: Page, server: OrthancServer) -> None:
    def shorten(route: Route) -> None:
        route.continue_(url=re.sub(r"count=[0-9]+", "count=2", route.request.url))

    images = asked(page, IMAGE)
    page.route(BATCH, shorten)
    open_viewer(page, server.url)
    everything_came(page)
    assert len(images) < SLICES / 4


def test_a_jump_does_not_wait_for_the_run_ahead(page: Page, server: OrthancServer) -> None:
    def hold(_route: Route) -> None:
        """Answer nothing."""

    page.route(BATCH, hold)
    open_viewer(page, server.url)
    page.focus("#stage")
    page.keyboard.press("Home")
    page.wait_for_function("() => window.__viewer.shown === 1", timeout=WAIT)
    # What is held goes on by this.
    page.unroute(BATCH)
    everything_came(page)


def test_the_end_of_the_share_in_the_middle_ends_the_viewer(
    page: Page, server: OrthancServer, practice: Practice, share: Share
) -> None:
    def revoke_then_ask(route: Route) -> None:
        practice.revoke(share)
        route.continue_()

    page.route(BATCH, revoke_then_ask, times=1)
    page.goto(f"{server.url}/portal/series/1")
    page.wait_for_url("**/portal?ended=1", timeout=WAIT)
    assert page.locator("#password").is_visible()
