from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.domain.study import Level, ResourceName
from orthanc_plugin.viewers.native_viewer import FileRoute, Opening, ResourceRoute
from orthanc_plugin.viewers.orthanc_web_viewer import OrthancWebViewer

from ..support.studies import orthanc_id

ID = orthanc_id("series")
OTHER = orthanc_id("other")
VIEWER = OrthancWebViewer()

FILES = [
    "/web-viewer/app/viewer.html",
    "/web-viewer/app/viewer.css",
    "/web-viewer/app/viewer.js",
    "/web-viewer/app/jpeg-decoder.js",
    "/web-viewer/app/images/logo.png",
    "/web-viewer/libs/jquery.min.js",
    "/web-viewer/libs/css/smoothness/images/ui-bg.png",
    "/favicon.ico",
    "/app/images/favicon.ico",
]
RESOURCES = [
    (f"/web-viewer/series/{ID}", "series"),
    (f"/web-viewer/is-stable-series/{ID}", "series"),
    (f"/web-viewer/instances/jpeg95-{ID}_0", "instances"),
    (f"/web-viewer/instances/jpeg100-{ID}_12345", "instances"),
    (f"/web-viewer/instances/deflate-{ID}_7", "instances"),
    (f"/instances/{ID}/file", "instances"),
]


@pytest.mark.parametrize("path", FILES)
def test_files_of_the_viewer_are_files(path: str) -> None:
    assert VIEWER.route(path, {}) == FileRoute()


@pytest.mark.parametrize(("path", "level"), RESOURCES)
def test_data_routes_name_level_and_identifier(path: str, level: str) -> None:
    # Pictures are decoded by Orthanc, and nothing else is.
    decodes = path.startswith("/web-viewer/instances/")
    assert VIEWER.route(path, {}) == ResourceRoute((ResourceName(Level(level), ID),), decodes)


def test_the_page_may_be_asked_for_with_its_series() -> None:
    address = urlsplit(VIEWER.entry(Opening(1, ID, "1.2", "1.3")))
    assert VIEWER.route(address.path, {"series": ID}) == FileRoute()


ALL = [*FILES, *(path for path, _ in RESOURCES)]


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize("tail", ["\n", "/", "/x", "%0a", "\r", "\x00", " ", ";x", "?x", "/../x", "\n/x", "\\"])
def test_anything_behind_an_exact_route_is_refused(path: str, tail: str) -> None:
    if "/libs/" in path and tail == "/x":
        return  # a file in a folder of libraries: no data lies there
    assert VIEWER.route(path + tail, {}) is None


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize("head", ["\n", "/", "/x", " ", ".", "/dicom-web"])
def test_anything_before_an_exact_route_is_refused(path: str, head: str) -> None:
    assert VIEWER.route(head + path, {}) is None


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize(
    "query", [{"transcode": "1.2.840"}, {"x": ""}, {"": ""}, {"series": ID, "study": ID}, {"Series": ID}]
)
def test_other_query_keys_are_refused(path: str, query: dict[str, str]) -> None:
    assert VIEWER.route(path, query) is None


@pytest.mark.parametrize(("path", "_level"), RESOURCES)
def test_data_routes_take_no_query_at_all(path: str, _level: str) -> None:
    assert VIEWER.route(path, {"series": ID}) is None


@pytest.mark.parametrize(("path", "_level"), RESOURCES)
def test_identifiers_in_capitals_or_of_another_shape_are_refused(path: str, _level: str) -> None:
    for wrong in (ID.upper(), ID[:-1], ID + "0", ID.replace("-", ""), f"{ID},{OTHER}", f"{ID}\\{OTHER}", "*", "", "."):
        assert VIEWER.route(path.replace(ID, wrong), {}) is None


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/web-viewer",
        "/web-viewer/app",
        "/web-viewer/app/",
        "/web-viewer/app/other.html",
        "/web-viewer/app/images/../viewer.html",
        "/web-viewer/app/images/.hidden",
        "/web-viewer/libs/",
        "/web-viewer/libs/../app/viewer.html",
        "/web-viewer/libs/a/b/c/d/e",
        f"/web-viewer/instances/jpeg95-{ID}",
        f"/web-viewer/instances/jpeg95-{ID}_",
        f"/web-viewer/instances/jpeg95-{ID}_-1",
        f"/web-viewer/instances/jpeg95-{ID}_123456",
        f"/web-viewer/instances/jpeg-{ID}_0",
        f"/web-viewer/instances/png-{ID}_0",
        f"/instances/{ID}",
        f"/instances/{ID}/tags",
        f"/instances/{ID}/attachments/dicom/data",
        f"/series/{ID}",
        f"/studies/{ID}",
        f"/studies/{ID}/archive",
        "/system",
        "/dicom-web/studies",
        f"/WEB-VIEWER/series/{ID}",
    ],
)
def test_other_routes_are_refused(path: str) -> None:
    assert VIEWER.route(path, {}) is None


@given(st.sampled_from(ALL), st.integers(0, 80), st.characters())
def test_one_inserted_character_never_leads_to_another_resource(path: str, place: int, extra: str) -> None:
    found = VIEWER.route(path[:place] + extra + path[place:], {})
    assert (
        found is None
        or found == FileRoute()
        or (isinstance(found, ResourceRoute) and [n.value for n in found.names] == [ID])
    )
