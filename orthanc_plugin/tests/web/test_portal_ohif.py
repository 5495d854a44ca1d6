from __future__ import annotations

import dataclasses
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orthanc_plugin.viewers import ohif_document
from orthanc_plugin.viewers.ohif import Ohif
from orthanc_plugin.viewers.orthanc_web_viewer import OrthancWebViewer

from ..support.browser import Browser, recipient, staff, stranger
from ..support.ohif_folder import FILES, VERSION, install
from ..support.world import World

PAGE = f"/portal/ohif/{VERSION}/basic?url=/portal/series/2/ohif.json"
FILE = f"/portal/ohif/{VERSION}/app.bundle.0a.js"
DOCUMENT = "/portal/series/2/ohif.json"


def with_ohif(world: World, folder: Path, **changes: Any) -> World:
    def tags(series_id: str) -> Mapping[str, Mapping[str, Any]]:
        return {image.instance_id: {"Rows": "4", "PatientID": "P"} for image in world.archive.images(series_id)}

    world.services = dataclasses.replace(world.services, series_tags=tags, **changes)
    world.services.viewers.enabled = [OrthancWebViewer(), Ohif(install(folder / "ohif"))]
    assert world.services.viewers.discover(["web-viewer"]) == []
    return world


@pytest.fixture
def browser(world: World, tmp_path: Path) -> Browser:
    return recipient(with_ohif(world, tmp_path))


def test_the_document_holds_the_series_of_the_ordinal(world: World, browser: Browser) -> None:
    answer = browser.get(DOCUMENT)
    assert (answer.status, answer.header("content-type")) == (200, "application/json")
    assert answer.header("cache-control") == "no-store"
    (study,) = json.loads(answer.body)["studies"]
    (series,) = study["series"]
    assert study["StudyInstanceUID"] == world.mine.study_instance_uid
    assert series["SeriesInstanceUID"] == world.mine.ordered_series[1].uid
    assert [instance["url"] for instance in series["instances"]] == [
        f"dicomweb:/instances/{image.instance_id}/file"
        for image in world.archive.images(world.mine.ordered_series[1].id)
    ]


@pytest.mark.parametrize("ordinal", ["0", "3", "5", "99", "-1", "x", "1\n"])
def test_there_is_no_document_of_anything_else(browser: Browser, ordinal: str) -> None:
    assert browser.get(f"/portal/series/{ordinal}/ohif.json").status == 404


def test_a_series_that_is_too_long_is_left_to_other_viewers(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orthanc_plugin.web.portal_ohif.MOST_IMAGES", 2)
    assert ohif_document.MOST_IMAGES == 5000
    assert browser.get(DOCUMENT).status == 404


def test_the_page_may_be_framed_by_the_portal_and_speak_to_this_origin_alone(browser: Browser) -> None:
    answer = browser.get(PAGE)
    assert (answer.status, answer.body) == (200, FILES["index.html"])
    assert answer.header("x-frame-options") == "SAMEORIGIN"
    policy = dict(part.split(" ", 1) for part in answer.header("content-security-policy").split("; "))
    assert policy["frame-ancestors"] == "'self'"
    assert not any("http" in sources or "*" in sources for sources in policy.values())
    assert answer.header("cache-control") == "no-store"


def test_files_are_sent_as_the_browser_likes_them(browser: Browser) -> None:
    packed, plain = browser.get(FILE, accept_encoding="gzip, br"), browser.get(FILE)
    assert packed.header("content-encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body == FILES["app.bundle.0a.js"]
    assert plain.header("content-encoding") == ""
    assert packed.header("vary") == plain.header("vary") == "Accept-Encoding"
    assert packed.header("cache-control") == "private, max-age=31536000, immutable"
    assert packed.header("content-type") == "text/javascript; charset=utf-8"


def test_nothing_is_compressed_where_orthanc_does_it(world: World, tmp_path: Path) -> None:
    browser = recipient(with_ohif(world, tmp_path, may_compress=False))
    assert browser.get(FILE, accept_encoding="gzip").header("content-encoding") == ""


@pytest.mark.parametrize(
    "address",
    [
        PAGE.partition("?")[0],
        PAGE + "&x=y",
        PAGE.replace("/portal/series/2/ohif.json", "/studies"),
        PAGE.replace(VERSION, "0"),
        FILE + "x",
        FILE.replace(VERSION, "0"),
        f"/portal/ohif/{VERSION}/patient-share.json",
        f"/portal/ohif/{VERSION}/",
        "/portal/ohif",
    ],
)
def test_other_addresses_are_not_found(browser: Browser, address: str) -> None:
    assert browser.get(address).status == 404


@pytest.mark.parametrize("address", [PAGE, FILE, DOCUMENT])
def test_it_is_for_recipients_alone(world: World, tmp_path: Path, address: str) -> None:
    with_ohif(world, tmp_path)
    assert stranger(world).get(address).status == 403
    assert staff(world).get(address).status == 403


@pytest.mark.parametrize("address", [PAGE, FILE, DOCUMENT, "/portal/full-viewer/2/ohif"])
def test_it_does_not_exist_where_it_is_not_enabled(world: World, address: str) -> None:
    assert recipient(world).get(address).status == 404


def test_the_page_of_a_viewer_links_to_the_others(browser: Browser) -> None:
    first = browser.get("/portal/full-viewer/2").body.decode()
    assert "/web-viewer/app/viewer.html?series=" in first and 'href="/portal/full-viewer/2/ohif"' in first
    second = browser.get("/portal/full-viewer/2/ohif").body.decode()
    assert f'src="{PAGE}"' in second and 'href="/portal/full-viewer/2/orthanc-web-viewer"' in second
    assert browser.get("/portal/full-viewer/2/stone-web-viewer").status == 404
    assert browser.get("/portal/full-viewer/3/ohif").status == 404
