"""The edges of what Orthanc Web Viewer may read: the longest that passes, and one more that does not."""

from __future__ import annotations

import pytest

from orthanc_plugin.domain.study import Level, ResourceName
from orthanc_plugin.viewers.native_viewer import FileRoute, Opening, ResourceRoute
from orthanc_plugin.viewers.orthanc_web_viewer import OrthancWebViewer

from ..support.studies import orthanc_id

VIEWER = OrthancWebViewer()
ID = orthanc_id("a series")
IMAGE = ResourceRoute((ResourceName(Level.INSTANCE, ID),))


def test_what_the_viewer_says_of_itself() -> None:
    assert (VIEWER.name, VIEWER.key, VIEWER.needs_whole_study) == ("Orthanc Web Viewer", "orthanc-web-viewer", False)
    assert VIEWER.missing(["web-viewer"]) is None
    assert VIEWER.missing(["dicom-web"]) == "Orthanc has not loaded the plugin orthanc-webviewer"
    assert VIEWER.entry(Opening(1, ID, "1.2", "1.2.3")) == f"/web-viewer/app/viewer.html?series={ID}"


@pytest.mark.parametrize(
    ("last", "first_too_many"),
    [
        (f"/web-viewer/instances/jpeg999-{ID}_0", f"/web-viewer/instances/jpeg1000-{ID}_0"),
        (f"/web-viewer/instances/jpeg1-{ID}_0", f"/web-viewer/instances/jpeg-{ID}_0"),
        (f"/web-viewer/instances/deflate-{ID}_99999", f"/web-viewer/instances/deflate-{ID}_100000"),
        (f"/web-viewer/instances/deflate-{ID}_0", f"/web-viewer/instances/deflate-{ID}_"),
        (f"/instances/{ID}/file", f"/instances/{ID}-00000000/file"),
    ],
)
def test_numbers_are_as_long_as_they_may_be(last: str, first_too_many: str) -> None:
    decodes = last.startswith("/web-viewer/")
    assert VIEWER.route(last, {}) == ResourceRoute(IMAGE.names, decodes)
    assert VIEWER.route(first_too_many, {}) is None


def test_libraries_lie_at_most_four_folders_deep() -> None:
    assert VIEWER.route("/web-viewer/libs/a", {}) == VIEWER.route("/web-viewer/libs/a/b/c/d.js", {}) == FileRoute()
    assert VIEWER.route("/web-viewer/libs/a/b/c/d/e.js", {}) is None


def test_names_of_files_have_no_empty_part() -> None:
    for name in ("a", "A-b_9.z", "a.b.c"):
        assert VIEWER.route(f"/web-viewer/app/images/{name}", {}) == FileRoute()
    for name in ("", ".", "a.", ".a", "a..b", "..", "a b", "a%b"):
        assert VIEWER.route(f"/web-viewer/app/images/{name}", {}) is None


def test_the_number_against_caches_is_at_most_twenty_digits_and_may_be_empty() -> None:
    assert VIEWER.route(f"/instances/{ID}/file", {"_": "1" * 20}) == IMAGE
    assert VIEWER.route(f"/instances/{ID}/file", {"_": ""}) == IMAGE
    assert VIEWER.route(f"/instances/{ID}/file", {"_": "1" * 21}) is None


@pytest.mark.parametrize("path", ["/web-viewer/app/viewer.html", "/web-viewer/libs/a.js", "/favicon.ico"])
def test_a_file_is_asked_for_with_nothing_but_its_series(path: str) -> None:
    assert VIEWER.route(path, {"series": "anything"}) == FileRoute()
    assert VIEWER.route(path, {"series": ID, "_": "1"}) is None


@pytest.mark.parametrize(
    "path",
    [
        "/web-viewer/app/viewerXhtml",
        "/web-viewer/app/viewerXcss",
        "/web-viewer/app/viewerXjs",
        "/web-viewer/app/jpeg-decoderXjs",
        "/faviconXico",
        "/app/images/faviconXico",
    ],
)
def test_a_full_stop_stands_for_itself(path: str) -> None:
    assert VIEWER.route(path, {}) is None


SERIES = "/web-viewer/series/"
GROUPS = ID.split("-")


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize(
    "group", ["0123456", "012345678", "0123456g", "0123456A", "0123456.", "0123456\n", "", "\u0661" * 8]
)
def test_identifiers_have_five_groups_of_eight_small_hexadecimal_digits(place: int, group: str) -> None:
    wrong = "-".join([*GROUPS[:place], group, *GROUPS[place + 1 :]])
    assert VIEWER.route(SERIES + wrong, {}) is None
    assert VIEWER.route(f"/instances/{wrong}/file", {}) is None


@pytest.mark.parametrize("groups", [GROUPS[:4], [*GROUPS, GROUPS[0]], GROUPS[:1], []])
def test_identifiers_have_neither_more_nor_fewer_groups(groups: list[str]) -> None:
    assert VIEWER.route(SERIES + "-".join(groups), {}) is None
    assert VIEWER.route(SERIES + ID, {}) == ResourceRoute((ResourceName(Level.SERIES, ID),))


@pytest.mark.parametrize("odd", ["a", "x", "-1", "+1", "1.0", "", " 1", "1\n", "\u0661"])
def test_qualities_frames_and_numbers_against_caches_are_plain_digits(odd: str) -> None:
    assert VIEWER.route(f"/web-viewer/instances/jpeg{odd}-{ID}_0", {}) is None
    assert VIEWER.route(f"/web-viewer/instances/jpeg95-{ID}_{odd}", {}) is None
    assert odd == "" or VIEWER.route(SERIES + ID, {"_": odd}) is None


@pytest.mark.parametrize("kind", ["", "png", "jpeg", "raw", "Deflate", "deflate9", "xdeflate"])
def test_only_two_kinds_of_images_exist(kind: str) -> None:
    assert VIEWER.route(f"/web-viewer/instances/{kind}-{ID}_0", {}) is None
