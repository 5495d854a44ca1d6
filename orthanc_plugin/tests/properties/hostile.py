"""What hostile input must never bring about, as functions of raw bytes: for fuzzing and for replaying its corpus.

What a recipient may reach is said here a second time and in another way: path components compared with lists of
names, where the viewers use regular expressions. Whatever only the product lets pass is a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from orthanc_plugin.domain.credential import ALPHABET, AccessCode, Password, check_character
from orthanc_plugin.domain.errors import MistypedCode, MistypedPassword
from orthanc_plugin.domain.share import Audience
from orthanc_plugin.domain.study import Level, Place, ResourceName, SeriesSummary, StudyKey, StudyKeyKind
from orthanc_plugin.use_cases.create_share import ShareOrder
from orthanc_plugin.viewers.orthanc_web_viewer import OrthancWebViewer
from orthanc_plugin.viewers.stone_web_viewer import StoneWebViewer
from orthanc_plugin.web.request import Request
from orthanc_plugin.web.wsgi_bridge import call

from ..support.studies import orthanc_id, uid
from ..support.world import STAFF_USER, World, build_world

CORPUS = Path(__file__).parents[3] / "benchmarks" / "fuzz" / "corpus"
COOKIE = "patient-share"
_DIGITS = frozenset("0123456789")
_NAME = _DIGITS | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.")


@dataclass(frozen=True)
class Reach:
    """What one session may reach: resources by level and value, whichever kind of identifier it is."""

    session: str
    names: frozenset[tuple[Level, str]]


@dataclass(frozen=True)
class Scene:
    """A practice with live and closed sessions; `whole` holds a study, `partial` the same without one series."""

    world: World
    whole: Reach
    partial: Reach
    closed: tuple[str, ...]
    places: Mapping[ResourceName, Place]

    def allowed(self, cookie: str, path: str, query: Mapping[str, str]) -> bool:
        headers = {"cookie": cookie} if cookie else {}
        return self.world.gate.admits(Request("GET", path, query, headers, "192.0.2.1"))


def _resources(study_id: str, entry: SeriesSummary) -> dict[ResourceName, Place]:
    place = Place(study_id, entry.id)
    found = {ResourceName(Level.SERIES, entry.id): place, ResourceName(Level.SERIES, entry.uid, by_uid=True): place}
    for number in range(entry.instance_count):
        name = f"{entry.id}/{number}"
        found[ResourceName(Level.INSTANCE, orthanc_id(name))] = place
        found[ResourceName(Level.INSTANCE, uid(name), by_uid=True)] = place
    return found


@cache
def scene() -> Scene:
    """The same for all inputs: nothing that the filter decides changes it."""
    world = build_world()
    world.services.viewers.enabled = [OrthancWebViewer(), StoneWebViewer()]
    assert world.services.viewers.discover(["web-viewer", "stone-webviewer", "dicom-web"]) == []
    places: dict[ResourceName, Place] = {}
    for study in (world.mine, world.sibling, world.foreign):
        places[ResourceName(Level.STUDY, study.id)] = Place(study.id)
        places[ResourceName(Level.STUDY, study.study_instance_uid, by_uid=True)] = Place(study.id)
        for entry in study.series:
            places |= _resources(study.id, entry)
    world.gate.resolve = places.get
    left_out = world.mine.series[1].id
    key = StudyKey(StudyKeyKind.ORTHANC_ID, world.mine.id)
    order = ShareOrder((key,), Audience.PATIENT, "de", 30, "", STAFF_USER, (left_out,))
    partial = world.session_of(world.services.create_share(order))
    revoked, expired = world.share(), world.share()
    closed = (world.session_of(revoked), world.session_of(expired))
    world.services.manage_share.revoke(revoked.share.id, "reception")
    world.store.shares[expired.share.id] = replace(expired.share, expires_at=int(world.clock.now()))
    mine = {name: place for name, place in places.items() if place.study_id == world.mine.id}
    kept = {name: place for name, place in mine.items() if place.series_id not in (None, left_out)}
    return Scene(
        world,
        Reach(world.session_of(world.share()), frozenset((name.level, name.value) for name in mine)),
        Reach(partial, frozenset((name.level, name.value) for name in kept)),
        closed,
        places,
    )


def is_own(path: str) -> bool:
    """Whether Orthanc hands the path to the product, said without a regular expression."""
    if not path.strip("/"):
        return True
    if not path.startswith("/") or "\n" in path:
        return False
    parts = path.rstrip("/").split("/")[1:]
    return parts == ["robots.txt"] or parts[0] in ("portal", "patient-share")


def _plain(name: str) -> bool:
    return bool(name) and set(name) <= _NAME and all(name.split("."))


def _number(text: str, longest: int) -> bool:
    return 0 < len(text) <= longest and set(text) <= _DIGITS


def _page_of(path: list[str], query: Mapping[str, str]) -> bool:
    """A file of a viewer's program, which holds nothing of any study."""
    match path:
        case ["favicon.ico"] | ["app", "images", "favicon.ico"]:
            return set(query) <= {"series"}
        case ["web-viewer", "app", "viewer.html" | "viewer.css" | "viewer.js" | "jpeg-decoder.js"]:
            return set(query) <= {"series"}
        case ["web-viewer", "app", "images", name]:
            return _plain(name) and set(query) <= {"series"}
        case ["web-viewer", "libs", *names]:
            return 1 <= len(names) <= 4 and all(map(_plain, names)) and set(query) <= {"series"}
        case ["stone-webviewer", "index.html"]:
            return set(query) <= {"study", "series"}
        case ["stone-webviewer", name] | ["stone-webviewer", "css" | "img" | "js" | "webfonts", name]:
            return _plain(name) and "." in name and not query
    return False


def _web_viewer_names(path: list[str], query: Mapping[str, str]) -> list[tuple[Level, str]]:
    if not (set(query) <= {"_"} and all(value == "" or _number(value, 20) for value in query.values())):
        return []
    match path:
        case ["web-viewer", "series" | "is-stable-series", value]:
            return [(Level.SERIES, value)]
        case ["web-viewer", "instances", token]:
            quality, _, rest = token.partition("-")
            value, _, frame = rest.rpartition("_")
            known = quality == "deflate" or (quality.startswith("jpeg") and _number(quality[4:], 3))
            return [(Level.INSTANCE, value)] if known and _number(frame, 5) else []
        case ["instances", value, "file"]:
            return [(Level.INSTANCE, value)]
    return []


_TAGS = {"0020000D": Level.STUDY, "0020000E": Level.SERIES, "00080018": Level.INSTANCE}


def _stone_names(path: list[str], query: Mapping[str, str]) -> list[tuple[Level, str]]:
    match path:
        case ["dicom-web", "studies" | "series" | "instances"]:
            if not set(query) <= {*_TAGS, "includefield", "limit"} or "0020000D" not in query:
                return []
            return [(level, query[tag]) for tag, level in _TAGS.items() if tag in query]
        case ["dicom-web", "studies", study, "series", series, "metadata" | "rendered" as what]:
            if query and not (what == "rendered" and set(query) <= {"viewport", "window"}):
                return []
            return [(Level.STUDY, study), (Level.SERIES, series)]
        case ["dicom-web", "studies", study, "series", series, "instances", one, "metadata"] if not query:
            return [(Level.STUDY, study), (Level.SERIES, series), (Level.INSTANCE, one)]
        case ["dicom-web", "studies", study, "series", series, "instances", one, "frames", frame, "rendered"]:
            if not (_number(frame, 5) and set(query) <= {"viewport", "window"}):
                return []
            return [(Level.STUDY, study), (Level.SERIES, series), (Level.INSTANCE, one)]
    return []


def may_reach(reach: Reach, path: str, query: Mapping[str, str]) -> bool:
    """Whether a recipient may have what Orthanc answers to this path and query."""
    if is_own(path):
        return True
    if not path.startswith("/"):
        return False
    parts = path.split("/")[1:]
    named = _web_viewer_names(parts, query) or _stone_names(parts, query)
    return _page_of(parts, query) or (bool(named) and all(name in reach.names for name in named))


def check(path: str, query: Mapping[str, str]) -> None:
    """Nobody is let through to more than he may have, whatever stands in path and query."""
    at = scene()
    own = is_own(path) and "_method" not in query
    assert at.allowed("", path, query) == own, "stranger"
    for reach in (at.whole, at.partial):
        if at.allowed(f"{COOKIE}={reach.session}", path, query):
            assert may_reach(reach, path, query), "recipient"
    for session in at.closed:
        assert at.allowed(f"{COOKIE}={session}", path, query) == own, "closed session"


def check_path(data: bytes) -> None:
    """A path as Orthanc hands it over: percent-decoded, in UTF-8 or not."""
    path = data.decode("utf-8", "surrogateescape")
    check(path, {})
    if is_own(path):
        answer = call(scene().world.app, Request("GET", path, {}, {"host": "127.0.0.1"}, "192.0.2.1"))
        assert answer.status < 500, answer.status


PLACES_TO_ASK = (
    "/instances/{i}/file",
    "/web-viewer/series/{s}",
    "/web-viewer/app/viewer.html",
    "/dicom-web/studies",
    "/dicom-web/series",
    "/dicom-web/instances",
    "/dicom-web/studies/{su}/series/{eu}/rendered",
    "/dicom-web/studies/{su}/series/{eu}/instances/{iu}/frames/1/rendered",
    "/stone-webviewer/index.html",
    "/portal",
)


def place_to_ask(number: int) -> str:
    """A path with identifiers of the shared study."""
    mine = scene().world.mine
    entry = mine.series[0]
    image = f"{entry.id}/0"
    return PLACES_TO_ASK[number % len(PLACES_TO_ASK)].format(
        i=orthanc_id(image), iu=uid(image), s=entry.id, eu=entry.uid, su=mine.study_instance_uid
    )


def check_query(data: bytes) -> None:
    """A query: the first byte chooses a path, the rest is `key=value&key=value`, of which the last value counts."""
    text = data[1:].decode("utf-8", "surrogateescape")
    pairs = (part.partition("=") for part in text.split("&") if part)
    query = {key: value for key, _, value in pairs}
    path = place_to_ask(data[0] if data else 0)
    check(path, query)
    if is_own(path):
        answer = call(scene().world.app, Request("GET", path, query, {"host": "127.0.0.1"}, "192.0.2.1"))
        assert answer.status < 500, answer.status


def check_cookie(data: bytes) -> None:
    """A Cookie header; `{0}` stands for the session of the whole study, `{1}` for the partial one, then closed ones."""
    at = scene()
    header = data.decode("utf-8", "surrogateescape")
    for number, session in enumerate((at.whole.session, at.partial.session, *at.closed)):
        header = header.replace(f"{{{number}}}", session)
    found = Request("GET", "/", {}, {"cookie": header}).cookie(COOKIE)
    live = {at.whole.session: at.whole, at.partial.session: at.partial}
    for number in range(2):
        path = place_to_ask(number)
        for name in ("mine", "left out", "foreign"):
            asked = path if name == "mine" else _elsewhere(path, name)
            if at.allowed(header, asked, {}):
                assert found in live and may_reach(live[found], asked, {}), name
    assert not at.allowed(header, "/studies", {})
    if found in live:
        # Whoever gets in knows the secret: it stands in the header, plainly or in the octal spelling of RFC 2109.
        assert found in header or "\\" in header


def _elsewhere(path: str, name: str) -> str:
    world = scene().world
    entry = world.mine.series[1] if name == "left out" else world.foreign.series[0]
    mine = world.mine.series[0]
    return path.replace(mine.id, entry.id).replace(orthanc_id(f"{mine.id}/0"), orthanc_id(f"{entry.id}/0"))


def check_code(data: bytes) -> None:
    """What somebody types as access code and as password."""
    typed = data.decode("utf-8", "surrogateescape")
    try:
        code = AccessCode.parse(typed)
    except MistypedCode:
        pass
    else:
        assert len(code.text) == 14 and set(code.text) <= set(ALPHABET)
        assert check_character(code.text[:-1]) == code.text[-1]
        assert AccessCode.parse(code.grouped) == code == AccessCode.parse(code.text.lower())
    try:
        password = Password.parse(typed)
    except MistypedPassword:
        pass
    else:
        assert len(password.text) == 10 and set(password.text) <= set(ALPHABET)
        assert Password.parse(password.grouped) == password == Password.parse(password.text.lower())


CHECKS: dict[str, Callable[[bytes], None]] = {
    "path": check_path,
    "query": check_query,
    "cookie": check_cookie,
    "code": check_code,
}


_WORDS = r"""/portal /patient-share /robots.txt /portal/study /portal/series/1 /portal/series/1/images/1 /portal/static/
    /patient-share/api/v1/shares /web-viewer/series/ /web-viewer/is-stable-series/ /web-viewer/app/ viewer.html
    /web-viewer/instances/ jpeg95- deflate- _0 /instances/ /file /web-viewer/libs/ /images/ /favicon.ico /app
    /dicom-web /studies/ /series/ /instances/ /metadata /rendered /frames/ /stone-webviewer/ index.html .js
    0020000D= 0020000E= 00080018= includefield= limit=1 viewport= window= _= series= study= transcode= _method=
    StudyInstanceUID= & , %2C \ %00 .. // patient-share= __Host-patient-share= ; {0} {1} {2} {3} - O I L"""


def words() -> list[str]:
    """What a fuzzer should know: components of routes, identifiers, keys."""
    at = scene()
    entry, other = at.world.mine.series[0], at.world.foreign.series[0]
    values = [orthanc_id(f"{one.id}/0") for one in (entry, other)] + [uid(f"{one.id}/0") for one in (entry, other)]
    values += [entry.id, entry.uid, at.world.mine.series[1].id, at.world.mine.study_instance_uid]
    values += [other.id, other.uid, at.world.foreign.study_instance_uid, at.world.foreign.id]
    code, password = AccessCode.from_number(12345678901234567890), Password.from_number(987654321012345)
    return [*_WORDS.split(), "\u2013", *values, code.grouped, code.text, password.grouped, password.text]
