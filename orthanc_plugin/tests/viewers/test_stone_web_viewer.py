from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.domain.study import Level, ResourceName
from orthanc_plugin.viewers.native_viewer import FileRoute, Opening, ResourceRoute
from orthanc_plugin.viewers.stone_web_viewer import StoneWebViewer

VIEWER = StoneWebViewer()
A, S, I, OTHER = "1.2.3", "1.2.3.4", "1.2.3.4.5", "1.9"  # noqa: E741 - as in the paths below
STUDY = ResourceName(Level.STUDY, A, by_uid=True)
SERIES = ResourceName(Level.SERIES, S, by_uid=True)
INSTANCE = ResourceName(Level.INSTANCE, I, by_uid=True)
PATHS = f"/dicom-web/studies/{A}/series/{S}"

FILES = [
    "/stone-webviewer/index.html",
    "/stone-webviewer/configuration.json",
    "/stone-webviewer/StoneWebViewer.wasm",
    "/stone-webviewer/stone.js",
    "/stone-webviewer/js/jquery-3.7.1.min.js",
    "/stone-webviewer/css/all.css",
    "/stone-webviewer/img/grid1x1.png",
    "/stone-webviewer/webfonts/fa-solid-900.woff2",
]
DATA: list[tuple[str, dict[str, str], tuple[ResourceName, ...]]] = [
    ("/dicom-web/studies", {"0020000D": A, "includefield": "00081030"}, (STUDY,)),
    ("/dicom-web/series", {"0020000D": A, "0020000E": S, "includefield": "00081030,00200011"}, (STUDY, SERIES)),
    ("/dicom-web/series", {"0020000D": A}, (STUDY,)),
    (
        "/dicom-web/instances",
        {"0020000D": A, "0020000E": S, "includefield": "00080016", "limit": "1"},
        (STUDY, SERIES),
    ),
    ("/dicom-web/instances", {"0020000D": A, "0020000E": S, "00080018": I}, (STUDY, SERIES, INSTANCE)),
    (f"{PATHS}/metadata", {}, (STUDY, SERIES)),
    (f"{PATHS}/rendered", {"viewport": "128,128"}, (STUDY, SERIES)),
    (f"{PATHS}/instances/{I}/metadata", {}, (STUDY, SERIES, INSTANCE)),
    (f"{PATHS}/instances/{I}/frames/1/rendered", {"window": "40,400,linear"}, (STUDY, SERIES, INSTANCE)),
    (f"{PATHS}/instances/{I}/frames/12/rendered", {"window": "-0.5,1e+06,linear"}, (STUDY, SERIES, INSTANCE)),
    (f"{PATHS}/instances/{I}/frames/1/rendered", {"viewport": "128%2C128"}, (STUDY, SERIES, INSTANCE)),
]


@pytest.mark.parametrize("path", FILES)
def test_files_of_the_viewer_are_files(path: str) -> None:
    assert VIEWER.route(path, {}) == FileRoute()


@pytest.mark.parametrize(("path", "query", "names"), DATA)
def test_data_routes_name_every_identifier_of_the_request(
    path: str, query: dict[str, str], names: tuple[ResourceName, ...]
) -> None:
    assert VIEWER.route(path, query) == ResourceRoute(names, decodes=path.endswith("/rendered"))


def test_the_page_names_study_and_series() -> None:
    address = urlsplit(VIEWER.entry(Opening(1, "id", S, A)))
    query = dict(parse_qsl(address.query, strict_parsing=True))
    assert query == {"study": A, "series": S}
    assert VIEWER.route(address.path, query) == FileRoute()


@pytest.mark.parametrize(
    "query", [{"patient": "P"}, {"study": A, "patient": "P"}, {"study": f"{A},{OTHER}"}, {"token": "x"}, {"study": ""}]
)
def test_the_page_opens_for_nothing_else(query: dict[str, str]) -> None:
    assert VIEWER.route("/stone-webviewer/index.html", query) is None


@pytest.mark.parametrize(("path", "query", "_names"), DATA)
@pytest.mark.parametrize(
    "extra",
    [
        {"fuzzymatching": "true"},
        {"offset": "1"},
        {"00100020": "P"},
        {"PatientID": "P"},
        {"StudyInstanceUID": OTHER},
        {"0020000d": OTHER},
        {"%30020000D": OTHER},
        {"0020000D%00": OTHER},
        {"0020,000D": OTHER},
        {"": ""},
        {"limit": "0"},
        {"limit": "1\n"},
        {"includefield": "all"},
        {"includefield": ""},
        {"includefield": "00081030,all"},
        {"viewport": "99999,99999"},
        {"viewport": "128,128,0,0,9,9"},
        {"window": "40,400,sigmoid"},
        {"quality": "100"},
        {"accept": "multipart/related; transfer-syntax=1.2.840.10008.1.2.4.90"},
        {"transcode": "1.2.840.10008.1.2"},
    ],
)
def test_any_other_parameter_closes_the_route(
    path: str, query: dict[str, str], _names: object, extra: dict[str, str]
) -> None:
    assert VIEWER.route(path, {**query, **extra}) is None


@pytest.mark.parametrize(("path", "query", "_names"), DATA)
@pytest.mark.parametrize(
    "wrong", [f"{A},{OTHER}", f"{A}\\{OTHER}", f"{A}%5C{OTHER}", "*", "1.2*", "", "?", "1..2", "."]
)
def test_lists_and_wildcards_are_no_identifiers(path: str, query: dict[str, str], _names: object, wrong: str) -> None:
    for value in (A, S, I):
        if f"/{value}/" in path:
            assert VIEWER.route(path.replace(f"/{value}/", f"/{wrong}/"), query) is None
        for key, given_value in query.items():
            if given_value == value:
                assert VIEWER.route(path, {**query, key: wrong}) is None


@pytest.mark.parametrize(("path", "query", "_names"), DATA)
@pytest.mark.parametrize("tail", ["\n", "/", "/x", "%0a", "\r", "\x00", " ", ";x", "?x", "/../x", "\n/x", "\\"])
def test_anything_behind_an_exact_route_is_refused(path: str, query: dict[str, str], _names: object, tail: str) -> None:
    assert VIEWER.route(path + tail, query) is None


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("tail", ["\n", "/", "/x", "\r", "\x00", " ", ";x", "/../x", "\\"])
def test_anything_behind_a_file_is_refused(path: str, tail: str) -> None:
    assert VIEWER.route(path + tail, {}) is None


@pytest.mark.parametrize("path", FILES[1:])
def test_files_take_no_query(path: str) -> None:
    assert VIEWER.route(path, {"study": A}) is None


@pytest.mark.parametrize("path", [f"/dicom-web/{level}" for level in ("studies", "series", "instances")])
@pytest.mark.parametrize("query", [{}, {"includefield": "00081030"}, {"limit": "1"}, {"0020000E": S}, {"00080018": I}])
def test_a_search_without_a_study_is_refused(path: str, query: dict[str, str]) -> None:
    assert VIEWER.route(path, query) is None


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/system",
        "/tools/lookup",
        "/tools/find",
        "/stone-webviewer",
        "/stone-webviewer/",
        "/stone-webviewer/js/../index.html",
        "/stone-webviewer/a/b.js",
        "/stone-webviewer/.hidden",
        f"/dicom-web/studies/{A}",
        f"/dicom-web/studies/{A}/metadata",
        f"/dicom-web/studies/{A}/rendered",
        f"/dicom-web/studies/{A}/series",
        PATHS,
        f"{PATHS}/instances",
        # Their Accept header decides whether Orthanc transcodes.
        f"{PATHS}/instances/{I}",
        f"{PATHS}/instances/{I}/frames/1",
        f"{PATHS}/instances/{I}/frames/1,2/rendered",
        f"{PATHS}/instances/{I}/frames/0/rendered",
        f"{PATHS}/instances/{I}/bulk/7fe00010",
        f"{PATHS}/instances/{I}/rendered",
        f"/DICOM-WEB/studies/{A}/series/{S}/metadata",
        "/dicom-web/servers",
        "/wado",
    ],
)
def test_other_routes_are_refused(path: str) -> None:
    assert VIEWER.route(path, {}) is None


@given(st.sampled_from(DATA), st.integers(0, 160), st.characters())
def test_one_inserted_character_never_hides_a_resource(
    data: tuple[str, dict[str, str], tuple[ResourceName, ...]], place: int, extra: str
) -> None:
    path, query, names = data
    changed = path[:place] + extra + path[place:]
    found = VIEWER.route(changed, query)
    # Whatever is allowed names as many resources as the request does, each of them as it stands in the request.
    if isinstance(found, ResourceRoute):
        assert [name.level for name in found.names] == [name.level for name in names]
        text = changed + "".join(query.values())
        assert all(name.value in text and set(name.value) <= set("0123456789.") for name in found.names)


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=20), min_size=1, max_size=4))
def test_no_arbitrary_query_opens_a_search(query: dict[str, str]) -> None:
    if "0020000D" not in query:
        for level in ("studies", "series", "instances"):
            assert VIEWER.route(f"/dicom-web/{level}", query) is None
