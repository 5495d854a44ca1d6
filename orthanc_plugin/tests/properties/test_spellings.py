"""No two spellings of one request are decided differently from how Orthanc routes them.

How Orthanc takes a request apart is said here once more: its HTTP server decodes the path once, cuts it at a zero byte
and resolves doubled slashes, dots and back-slashes; its dispatcher splits what is left at the slashes, of which the
last one does not count. integration_tests/test_spellings.py asks real servers the same.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orthanc_plugin.settings import Role
from orthanc_plugin.viewers.orthanc_web_viewer import OrthancWebViewer
from orthanc_plugin.viewers.stone_web_viewer import StoneWebViewer
from orthanc_plugin.web.own_paths import OwnPaths

from ..support.studies import orthanc_id, uid
from . import hostile
from .hostile import COOKIE, Reach, scene

VIEWERS = (OrthancWebViewer(), StoneWebViewer())


def dispatched(path: str) -> list[str] | None:
    """The components by which Orthanc looks a handler up; None where it answers that the address is malformed."""
    if not path.startswith("/"):
        return None
    parts = path[1:].split("/")
    if parts[-1] == "":
        parts.pop()
    return None if "" in parts else parts


def arrived(raw: str) -> str:
    """What Orthanc's HTTP server makes of the path in a request line, before anybody sees it."""
    decoded = unquote_to_bytes(raw).split(b"\0")[0].decode("utf-8", "surrogateescape").replace("\\", "/")
    kept: list[str] = []
    parts = re.sub("/+", "/", decoded).split("/")
    for place, part in enumerate(parts):
        if part in (".", ".."):
            if part == ".." and len(kept) > 1:
                kept.pop()
            if place == len(parts) - 1:
                kept.append("")
        else:
            kept.append(part)
    return "/".join(kept) or "/"


def reaches() -> tuple[tuple[str, Reach | None], ...]:
    at = scene()
    closed = tuple((f"{COOKIE}={session}", None) for session in at.closed)
    open_ = tuple((f"{COOKIE}={reach.session}", reach) for reach in (at.whole, at.partial))
    return (("", None), *closed, *open_)


def known_paths() -> list[str]:
    """Canonical paths: own ones, and those of the shared study, the series left out, and a foreign study."""
    world = scene().world
    shared = [hostile.place_to_ask(number) for number in range(len(hostile.PLACES_TO_ASK))]
    ours = world.mine.series[0]
    found = ["/", "/robots.txt", "/portal", "/portal/study", "/portal/series/1", "/patient-share", *shared]
    for other in (world.mine.series[1], world.sibling.series[0], world.foreign.series[0]):
        for path in shared:
            moved = path.replace(ours.id, other.id).replace(ours.uid, other.uid)
            moved = moved.replace(orthanc_id(f"{ours.id}/0"), orthanc_id(f"{other.id}/0"))
            found.append(moved.replace(uid(f"{ours.id}/0"), uid(f"{other.id}/0")))
    return sorted({*found, "/studies", f"/studies/{world.mine.id}", f"/series/{ours.id}", "/system", "/dicom-web"})


KNOWN = known_paths()
# What is put into a path; each of them once meant something to some server.
_ODD = r"""/ // /. /.. /./ /../ \ %2f %2F %5c %2e %2e%2e/ ..%2f %00 %0a %0d%0a %25 %252e %3f %20 %2c %c0%af %ef%bc%8f %
    %zz ; ;x=1 ? # + * , ~ x A portal patient-share studies"""
ODD = st.sampled_from([*_ODD.split(), " ", "\t", "\n", "\r", "\u00a0", "\u2044"])
paths = st.sampled_from(KNOWN)


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """A known path in which something was inserted, removed, encoded or put into capitals, several times."""
    path = draw(paths)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(path)))
        match draw(st.sampled_from(["insert", "slash", "encode", "capitals", "remove", "append", "climb"])):
            case "insert":
                path = path[:place] + draw(ODD) + path[place:]
            case "slash":
                path = "/".join(part + draw(st.sampled_from(["", "", "/", "/.", "%2f"])) for part in path.split("/"))
            case "encode":
                path = (
                    path[:place] + "".join(f"%{ord(c) & 0xFF:02x}" for c in path[place : place + 2]) + path[place + 2 :]
                )
            case "capitals":
                path = path[:place] + path[place:].upper()
            case "remove":
                path = path[:place] + path[place + 1 :]
            case "append":
                path += draw(ODD)
            case "climb":
                path += "/.." * draw(st.integers(1, 4)) + draw(paths)
    return path


def decided_as_routed(path: str) -> None:
    """For a path as the filter sees it: whoever may have it may have what Orthanc takes it for."""
    at = scene()
    parts = dispatched(path)
    canonical = "/" + "/".join(parts) if parts is not None else None
    for cookie, reach in reaches():
        if not at.allowed(cookie, path, {}):
            continue
        if canonical is None:
            # Nothing is behind a malformed address, and the product's own routes answer it themselves.
            assert hostile.is_own(path)
        else:
            assert at.allowed(cookie, canonical, {})
            assert hostile.is_own(canonical) or (reach is not None and hostile.may_reach(reach, canonical, {}))
    hostile.check(path, {})


@settings(max_examples=800)
@given(spellings())
def test_spellings_are_decided_as_they_are_routed(raw: str) -> None:
    decided_as_routed(arrived(raw))
    decided_as_routed(raw)
    decided_as_routed(unquote(raw, errors="surrogateescape"))


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["/", "portal", "patient-share", "\n", ".", "robots.txt"])).map("".join)
)
def test_any_text_is_decided_as_it_is_routed(path: str) -> None:
    decided_as_routed(path)
    decided_as_routed("/" + path)


@given(spellings(), st.sampled_from(Role))
def test_the_filter_takes_for_own_what_orthanc_hands_over(raw: str, role: Role) -> None:
    own = OwnPaths(role)
    for path in (raw, arrived(raw)):
        parts = dispatched(path)
        if parts is not None:
            flat = "/" + "/".join(parts)
            assert own.include(path) == any(re.fullmatch(pattern, flat) for pattern in own.patterns)


@settings(max_examples=500)
@given(spellings())
def test_viewers_know_one_spelling_of_a_resource(raw: str) -> None:
    """Two paths that name the same resource by the same route are the same path."""
    path = arrived(raw)
    for viewer in VIEWERS:
        found = viewer.route(path, {})
        parts = dispatched(path)
        if found is not None:
            assert parts is not None and path == "/" + "/".join(parts)
            assert path.isascii() and path.isprintable() and not set(path) & set(" %\\;?#,*")


@pytest.mark.parametrize("path", [path for path in KNOWN if not hostile.is_own(path)])
def test_a_trailing_slash_or_another_case_opens_nothing(path: str) -> None:
    for spelling in (
        path + "/",
        path + "//",
        "/" + path,
        path.upper(),
        path.replace("/", "//"),
        path + "%00",
        path + ";",
    ):
        assert not any(scene().allowed(cookie, spelling, {}) for cookie, _ in reaches())


_KEYS = """0020000D 0020000E 00080018 0020000d StudyInstanceUID SeriesInstanceUID limit includefield _ viewport window
    transcode _method PatientID 00100020 %30020000D 0020,000D study patient"""
keys = st.sampled_from([*_KEYS.split(), ""])


@st.composite
def query_values(draw: st.DrawFn) -> str:
    world = scene().world
    ours, other = world.mine.series[0], world.foreign.series[0]
    known = [
        world.mine.study_instance_uid,
        ours.uid,
        uid(f"{ours.id}/0"),
        other.uid,
        "1",
        "200,200",
        "1764000000000",
    ]
    pieces = st.sampled_from(
        [*known, world.foreign.study_instance_uid, ",", "\\", "%2C", "%5c", "*", "?", "%2a", "", " ", "%"]
    )
    return "".join(draw(st.lists(pieces, min_size=1, max_size=3)))


@settings(max_examples=600)
@given(st.integers(0, len(hostile.PLACES_TO_ASK) - 1), st.dictionaries(keys, query_values(), max_size=4))
def test_a_query_means_the_same_to_the_filter_however_often_it_is_decoded(number: int, query: dict[str, str]) -> None:
    """Orthanc 1.12 leaves the query encoded, 1.13 decodes it, and a plugin may decode it once more."""
    at, path = scene(), hostile.place_to_ask(number)
    decoded = {unquote(key): unquote(value) for key, value in query.items()}
    for reach in (at.whole, at.partial):
        for given_query in (query, decoded):
            if at.allowed(f"{COOKIE}={reach.session}", path, given_query):
                assert hostile.may_reach(reach, path, given_query)
                assert hostile.may_reach(reach, path, decoded)
    hostile.check(path, query)
