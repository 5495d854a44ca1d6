"""However a route is spelt, the product decides on what Orthanc makes of it, and on nothing else.

Hundreds of spellings go to a real server as they are, without a client's normalisation: as staff, to see what Orthanc
answers to them; as the recipient of study A without its second series, and as nobody, to see what the filter lets
through. Whoever is let through may have got nothing but what a canonical address open to him answers.
"""

from __future__ import annotations

import base64
import http.client
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from urllib.parse import unquote_to_bytes

import pytest

from harness.server import OrthancServer

from .support.practice import Practice, Recipient
from .support.studies import Stored, Studies

RANDOM_SPELLINGS = 250
# Statuses that carry nothing: to the start page, refused, not there, malformed, wrong method, too long.
EMPTY_HANDED = {303, 400, 401, 403, 404, 405, 410, 414, 501}

ENDINGS = (
    "/", "//", "/.", "/./", "/..", "/x/..", "/%2e", "/%2e%2e/%2e", "%2f", "%2F", "%5c", "\\", "%00", "%00.html",
    "%00/x", "%0a", "%0d%0a", "%20", "+", ";", ";x=1", "%3b", "%3f", "%23", ".", "..", "~", "*", "%25", "%2500",
    "%252f", "?", "?x", "?%00", "?_=1", "?_=1&_=2", "?_=1%26transcode=1.2.840.10008.1.2.1", "?series=x",
    "?/../system", "?_%3d1", "?&", "?_=1;x=1", "/" + "x" * 1000, "?" + "x" * 3000, "/.." * 30, "/./" * 50, "%c0%af",
    "%ef%bc%8f", "%u002f", "/%00",
)  # fmt: skip
BEGINNINGS = (
    "/", "//", "/.", "/..", "/../..", "/x/..", "/portal/..", "/portal/%2e%2e", "/portal%2f..", "/portal/..%2f..",
    "/portal\\..", "/patient-share/..", "/robots.txt/..", "/web-viewer/app/..", "/web-viewer/app/images/../../..",
    "/favicon.ico/..", "/%2e", "/%2e%2e", "/%2f", "/%5c..", "\\", "/%00", "/;", "/%20", "/dicom-web/..", "/app/..",
    "/webdav/..", "/studies/..",
)  # fmt: skip


def inside(path: str) -> Iterator[str]:
    """Spellings that change every component or one."""
    yield path.upper()
    yield path.title()
    yield path.replace("/", "//")
    yield path.replace("/", "/./")
    yield path.replace("/", "\\")
    yield path.replace("/", "%2f")
    yield path.replace("/", "%2F", 1)
    yield path.replace("/", "/%2e/")
    yield path.replace("/", "%5c")
    yield path.replace("/", "/;/")
    yield path.replace("-", "%2d")
    yield path.replace("-", "%252d")
    yield path.replace("a", "%61").replace("e", "%65")
    yield "/" + "".join(f"%{ord(letter):02x}" for letter in path[1:])
    yield "/" + "".join(f"%{ord(letter):02X}" for letter in path[1:])
    yield "/" + "".join(f"%25{ord(letter):02x}" for letter in path[1:])
    head, _, last = path.rpartition("/")
    for between in ("/x/../", "//", "/./", "/%2e/", "/%2e%2e/x/../", "/\\", "/%00/", "/%0a/", "/..;/", "/ /"):
        yield (head + between + last).replace(" ", "%20")
    yield head + "/" + last[:-1]
    yield head


def scrambled(paths: list[str], count: int) -> Iterator[str]:
    """Random mixtures, the same in each run."""
    dice = Random(20261123)
    pieces = ["/", "//", "/../", "/./", "%2f", "%5c", "\\", "%2e%2e", "%00", "%0a", ";", "%25", "?", "/portal", "%"]
    for _ in range(count):
        path = dice.choice(paths)
        for _ in range(dice.randint(1, 3)):
            place = dice.randint(0, len(path))
            how = dice.randrange(4)
            if how == 0:
                path = path[:place] + dice.choice(pieces) + path[place:]
            elif how == 1:
                path = path + "/.." * dice.randint(1, 5) + dice.choice(paths)
            elif how == 2:
                path = (
                    path[:place]
                    + "".join(f"%{ord(letter):02x}" for letter in path[place : place + 3])
                    + path[place + 3 :]
                )
            else:
                path = path[:place] + path[place + 1 :]
        yield path if path.startswith(("/", "\\", "%")) else "/" + path


def is_text(target: str) -> bool:
    """Whether Orthanc can hand the path over: it answers 500 itself to one that is no UTF-8."""
    try:
        return bool(unquote_to_bytes(target.partition("?")[0]).decode("utf-8"))
    except UnicodeDecodeError:
        return False


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


class Wire:
    """Sends request lines as they are; the server may close the connection at any time."""

    def __init__(self, server: OrthancServer, headers: dict[str, str]) -> None:
        self._port = server.http_port
        self._headers = headers
        self._connection: http.client.HTTPConnection | None = None

    def get(self, target: str) -> Answer:
        for attempt in range(3):
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            try:
                # Past the client's own check of the address.
                self._connection.putrequest("GET", "/", skip_host=True, skip_accept_encoding=True)
                self._connection._buffer[0] = f"GET {target} HTTP/1.1".encode("latin-1")  # type: ignore[attr-defined]
                for name, value in {"Host": f"127.0.0.1:{self._port}", **self._headers}.items():
                    self._connection.putheader(name, value)
                self._connection.endheaders()
                answer = self._connection.getresponse()
                return Answer(answer.status, answer.read())
            except (http.client.HTTPException, ConnectionError):
                self._connection.close()
                self._connection = None
                if attempt == 2:
                    raise
        raise AssertionError


def ways(study: Stored, place: int) -> list[str]:
    """Native addresses of one series of a study and of the study as a whole."""
    series, series_uid, instance = study.series[place], study.series_uids[place], study.instances[place]
    return [
        f"/instances/{instance}/file",
        f"/instances/{instance}/tags",
        f"/web-viewer/series/{series}",
        f"/web-viewer/instances/jpeg95-{instance}_0",
        f"/series/{series}",
        f"/studies/{study.id}",
        f"/dicom-web/studies/{study.uid}/series/{series_uid}/metadata",
    ]


OWN = ("/portal", "/portal/study", "/portal/series/1", "/portal/series/1/thumbnail", "/patient-share",
       "/patient-share/api/v1/shares", "/patient-share/api/v1/openapi.json", "/robots.txt", "/", "/system", "/patients",
       "/web-viewer/app/viewer.html", "/app/explorer.html")  # fmt: skip


@dataclass(frozen=True)
class Scene:
    staff: Wire
    recipient: Wire
    stranger: Wire
    spellings: list[str]
    # Bodies that canonical addresses answer to each of the two.
    open_to_recipient: set[bytes]
    open_to_stranger: set[bytes]
    forbidden: list[bytes]


@pytest.fixture(scope="module")
def scene(server: OrthancServer, practice: Practice, studies: Studies) -> Scene:
    kept, left_out = studies.a.series
    instances: dict[str, list[str]] = {
        series: practice.api("GET", f"/series/{series}").json()["Instances"]
        for study in (studies.a, studies.b, studies.c)
        for series in study.series
    }

    def at(study: Stored, place: int) -> Stored:
        """The study with one instance for each series."""
        first = tuple(instances[series][0] for series in study.series)
        return Stored(study.id, study.uid, study.accession_number, study.series, study.series_uids, first, ())

    share = practice.share(studies.a.id, exclude_series=[left_out])
    login: Recipient = practice.login(share)
    cookie = "; ".join(f"{name}={value}" for name, value in login.http.cookies.items())
    user, password = next(iter(server.staff.items()))
    basic = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    staff, recipient = Wire(server, {"Authorization": basic}), Wire(server, {"Cookie": cookie})
    stranger = Wire(server, {})
    mine = ways(at(studies.a, 0), 0)
    others = [*ways(at(studies.a, 1), 1)[:5], *ways(at(studies.b, 0), 0), *ways(at(studies.c, 0), 0)]
    known = [*mine, *others, *OWN]
    spellings = [path + ending for path in (mine[0], mine[2], others[0], others[7], *OWN[:6]) for ending in ENDINGS]
    spellings += [begin + path for path in (mine[0], others[5], others[14], *OWN[1:7]) for begin in BEGINNINGS]
    spellings += [spelling for path in known for spelling in inside(path)]
    spellings += scrambled(known, RANDOM_SPELLINGS)
    open_to_recipient = {recipient.get(path).body for path in (mine[0], mine[2], mine[3])}
    assert all(open_to_recipient)
    files = ("/web-viewer/app/viewer.html", "/portal", "/robots.txt", "/", "/portal/study", "/portal/series/1",
             "/portal/series/1/thumbnail", "/favicon.ico", "/app/images/favicon.ico")  # fmt: skip
    open_to_recipient |= {recipient.get(path).body for path in files}
    open_to_stranger = {stranger.get(path).body for path in ("/portal", "/robots.txt", "/")}
    forbidden = [
        mark.encode()
        for study in (studies.b, studies.c)
        for mark in (
            study.id,
            study.uid,
            study.accession_number,
            *study.series,
            *study.series_uids,
            *study.instance_uids,
        )
    ]
    forbidden += [left_out.encode(), studies.a.series_uids[1].encode(), b"Koronar", b"Anders"]
    forbidden += [i.encode() for series, found in instances.items() if series != kept for i in found]
    unique = sorted({spelling for spelling in spellings if spelling not in known})
    return Scene(staff, recipient, stranger, unique, open_to_recipient, open_to_stranger, forbidden)


def test_no_spelling_opens_what_its_canonical_form_does_not(scene: Scene, server: OrthancServer) -> None:
    assert len(scene.spellings) >= 500
    seen: Counter[str] = Counter()
    faults: list[str] = []
    for spelling in scene.spellings:
        answers = {
            "staff": scene.staff.get(spelling),
            "recipient": scene.recipient.get(spelling),
            "stranger": scene.stranger.get(spelling),
        }
        for who, known in (("recipient", scene.open_to_recipient), ("stranger", scene.open_to_stranger)):
            answer = answers[who]
            seen[f"{who} {answer.status}"] += 1
            leaked = [mark for mark in scene.forbidden if mark in answer.body and mark.decode() not in spelling]
            empty = answer.status in EMPTY_HANDED or (answer.status == 500 and not is_text(spelling))
            if leaked or not (empty or answer.body in known):
                faults.append(f"{who} {answer.status} {spelling[:200]!r}: {leaked or answer.body[:80]}")
        seen[f"staff {answers['staff'].status}"] += 1
        if answers["staff"].status == 200 and answers["recipient"].status == 403:
            seen["answered to staff, refused to the recipient"] += 1
    print(len(scene.spellings), "spellings:", dict(sorted(seen.items())))
    assert not faults, "\n".join(faults[:20])
    # The spellings do reach data: else this would prove nothing.
    assert seen["answered to staff, refused to the recipient"] >= 100
    assert seen["recipient 200"] >= 20
    assert server.staff_request("GET", "/system").status_code == 200


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1/system", "http://other.test/system", "*", "//other.test/system", "system"]
)
def test_other_forms_of_a_request_line_lead_to_nothing(scene: Scene, target: str) -> None:
    """RFC 9112 section 3.2: absolute form, asterisk form; and what is none of them."""
    for wire in (scene.recipient, scene.stranger):
        try:
            answer = wire.get(target)
        except (http.client.HTTPException, ConnectionError):
            continue
        assert answer.status in EMPTY_HANDED
        assert b"DicomAet" not in answer.body
