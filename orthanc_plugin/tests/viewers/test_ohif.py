from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.domain.study import Level, ResourceName
from orthanc_plugin.viewers.native_viewer import Opening, ResourceRoute
from orthanc_plugin.viewers.ohif import Ohif

from ..support.ohif_folder import FILES, VERSION, install
from ..support.studies import orthanc_id

ID = orthanc_id("instance")
PATH = f"/instances/{ID}/file"
NOWHERE = Ohif(Path("/nonexistent"))


@pytest.fixture
def ohif(tmp_path: Path) -> Ohif:
    viewer = Ohif(install(tmp_path / "ohif"))
    assert viewer.missing([]) is None
    return viewer


def test_the_file_of_an_image_is_the_only_native_route() -> None:
    assert NOWHERE.route(PATH, {}) == ResourceRoute((ResourceName(Level.INSTANCE, ID),))


@pytest.mark.parametrize("query", [{"transcode": "1.2.840.10008.1.2.4.90"}, {"frame": "1"}, {"": ""}, {"x": "y"}])
def test_a_query_closes_it(query: dict[str, str]) -> None:
    assert NOWHERE.route(PATH, query) is None


@pytest.mark.parametrize(
    "path",
    [
        f"{PATH}\n",
        f"{PATH}/",
        f"{PATH}/x",
        f"/{PATH}",
        f"/instances/{ID.upper()}/file",
        f"/instances/{ID},{ID}/file",
        f"/instances/{ID}",
        f"/instances/{ID}/tags",
        f"/instances/{ID}/attachments/dicom/data",
        f"/series/{ID}/archive",
        "/dicom-web/studies",
        "/ohif/",
        "",
    ],
)
def test_other_native_routes_are_refused(path: str) -> None:
    assert NOWHERE.route(path, {}) is None


@given(st.integers(0, 70), st.characters())
def test_one_inserted_character_never_leads_to_another_resource(place: int, extra: str) -> None:
    assert NOWHERE.route(PATH[:place] + extra + PATH[place:], {}) is None


def test_the_entry_names_the_document_by_ordinal_alone(ohif: Ohif) -> None:
    entry = ohif.entry(Opening(3, orthanc_id("series"), "1.2", "1.3"))
    assert entry == f"/portal/ohif/{VERSION}/basic?url=/portal/series/3/ohif.json"


@pytest.mark.parametrize("name", FILES)
def test_files_come_compressed_or_plain(ohif: Ohif, name: str) -> None:
    packed, plain = ohif.file(VERSION, name, True), ohif.file(VERSION, name, False)
    assert packed is not None and plain is not None
    assert (packed.encoding, plain.encoding, plain.content) == ("gzip", "", FILES[name])
    assert packed.content_type == plain.content_type != "application/octet-stream"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x.js",
        "../ohif/index.html",
        "patient-share.json",
        "index.html.gz",
        "/etc/passwd",
        "assets",
        "assets/../0d.wasm",
    ],
)
def test_what_was_not_installed_is_not_served(ohif: Ohif, name: str) -> None:
    assert ohif.file(VERSION, name, True) is None


def test_another_version_is_not_served(ohif: Ohif) -> None:
    assert ohif.file("3.0.0-abd", "index.html", True) is None
    assert ohif.file("", "index.html", True) is None
    assert NOWHERE.file("", "index.html", True) is None


def test_a_file_that_was_lost_since_the_start_is_not_served(ohif: Ohif, tmp_path: Path) -> None:
    (tmp_path / "ohif" / "0d.wasm.gz").unlink()
    assert ohif.file(VERSION, "0d.wasm", True) is None


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"url": ""},
        {"url": "/portal/series/0/ohif.json"},
        {"url": "/portal/series/1/ohif.json\n"},
        {"url": "/portal/series/1/ohif.json?x"},
        {"url": "//other.example/portal/series/1/ohif.json"},
        {"url": "https://other.example/x.json"},
        {"url": "%2Fportal%2Fseries%2F1%2Fohif.json"},
        {"URL": "/portal/series/1/ohif.json"},
        {"url": "/portal/series/1/ohif.json", "customization": "x"},
        {"url": "/portal/series/1/ohif.json", "StudyInstanceUIDs": "1.2"},
    ],
)
def test_the_page_opens_with_nothing_but_a_document_of_the_portal(ohif: Ohif, query: dict[str, str]) -> None:
    assert ohif.page(VERSION, {"url": "/portal/series/12/ohif.json"}, False) is not None
    assert ohif.page(VERSION, query, False) is None


def test_an_empty_folder_is_said_to_hold_nothing(tmp_path: Path) -> None:
    assert "holds no OHIF" in (Ohif(tmp_path).missing([]) or "")
    assert "holds no OHIF" in (NOWHERE.missing(["web-viewer"]) or "")


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"format": 1}', '{"format": 1, "version": 3, "files": []}'])
def test_a_manifest_that_cannot_be_read_means_not_installed(tmp_path: Path, text: str) -> None:
    (install(tmp_path / "ohif") / "patient-share.json").write_text(text)
    assert "holds no OHIF" in (Ohif(tmp_path / "ohif").missing([]) or "")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": 2}, "another version of the installer"),
        ({"version": "../x"}, "another version of the installer"),
        ({"version": "1\n"}, "another version of the installer"),
        ({"files": ["index.html", "lost.js"]}, "not complete"),
        ({"files": ["0d.wasm"]}, "not complete"),
        ({"files": ["index.html", "../ohif/0d.wasm"]}, "not complete"),
        ({"files": ["index.html", "/etc/passwd"]}, "not complete"),
    ],
)
def test_an_installation_that_does_not_fit_is_named(tmp_path: Path, changes: dict[str, object], sentence: str) -> None:
    viewer = Ohif(install(tmp_path / "ohif"))
    assert viewer.missing([]) is None
    install(tmp_path / "ohif", **changes)  # type: ignore[arg-type]
    assert sentence in (Ohif(tmp_path / "ohif").missing([]) or "")
