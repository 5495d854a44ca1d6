from __future__ import annotations

import dataclasses

from orthanc_plugin.viewers.native_viewer import FileRoute, NativeViewer
from orthanc_plugin.viewers.orthanc_web_viewer import OrthancWebViewer
from orthanc_plugin.viewers.registry import Viewers
from orthanc_plugin.viewers.stone_web_viewer import StoneWebViewer

from ..support.studies import share

WEB, STONE = OrthancWebViewer(), StoneWebViewer()
FILE = "/web-viewer/app/viewer.html"
SHARE = share()


def test_every_viewer_fulfils_the_protocol() -> None:
    viewers: list[NativeViewer] = [WEB, STONE]
    assert len({viewer.key for viewer in viewers}) == len(viewers)


def test_no_viewer_is_available_before_orthanc_has_said_what_it_loaded() -> None:
    viewers = Viewers([WEB])
    assert viewers.usable(SHARE) == ()
    assert viewers.route(FILE, {}) is None


def test_a_viewer_that_orthanc_has_not_loaded_is_named_and_not_offered() -> None:
    viewers = Viewers([WEB, STONE])
    first, second = viewers.discover(["dicom-web"])
    assert "Orthanc Web Viewer" in first and "orthanc-webviewer" in first
    assert "Stone Web Viewer" in second and "stone-webviewer" in second
    assert viewers.usable(SHARE) == ()
    assert viewers.route(FILE, {}) is None


def test_stone_needs_dicomweb_as_well() -> None:
    (sentence,) = Viewers([STONE]).discover(["stone-webviewer"])
    assert "dicom-web" in sentence


def test_viewers_that_are_loaded_are_offered_in_order() -> None:
    viewers = Viewers([WEB, STONE])
    assert viewers.discover(["dicom-web", "web-viewer", "stone-webviewer"]) == []
    assert viewers.usable(SHARE) == (WEB, STONE)
    assert viewers.route(FILE, {}) == FileRoute()
    assert viewers.route("/stone-webviewer/index.html", {}) == FileRoute()


def test_a_viewer_that_is_loaded_but_not_enabled_is_not_offered() -> None:
    viewers = Viewers([])
    assert viewers.discover(["web-viewer"]) == []
    assert viewers.route(FILE, {}) is None


def test_a_viewer_that_needs_the_whole_study_is_not_offered_while_series_are_left_out() -> None:
    viewers = Viewers([STONE, WEB])
    viewers.discover(["dicom-web", "web-viewer", "stone-webviewer"])
    partly = dataclasses.replace(SHARE, excluded_series=frozenset({"series"}))
    assert viewers.usable(partly) == (WEB,)
