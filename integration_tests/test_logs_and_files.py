"""Secrets and names reach no log, no temporary file and no database file, at whatever level Orthanc logs."""

from __future__ import annotations

import base64
import io
import json
import signal
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from harness.container import Contained
from harness.server import KEY_FILE, OrthancServer

from .support.practice import Practice, Recipient, Share
from .support.proxied import Proxied, proxied
from .support.studies import make_studies

NOTE = "Notiz-über-Anna-4711"
LEVEL = "/tools/log-level"
CRASH = 'for p in /proc/[0-9]*; do [ "$(cat $p/comm)" = Orthanc ] && kill -SEGV "${p#/proc/}"; done'
NAMES = ("Beispiel", "Anna", "TEST-1", "ACC-A")


@dataclass
class Life:
    """A server that a share has lived on, and what must be found nowhere."""

    server: OrthancServer
    share: Share
    secrets: dict[str, str]

    def found_in(self, content: bytes) -> list[str]:
        return [name for name, secret in self.secrets.items() if secret.encode() in content]


@pytest.fixture(scope="module", params=["--verbose", "--trace"])
def life(request: pytest.FixtureRequest, orthanc_image: str) -> Iterator[Life]:
    command = ["Orthanc", request.param, "/etc/orthanc"]
    with OrthancServer(orthanc_image, command=command, environment={"PYTHONFAULTHANDLER": "1"}) as server:
        yield live(server)


def live(server: OrthancServer) -> Life:
    """Create, fail to log in, log in, look, log out, log in again, revoke, and all the while log as much as can be."""
    studies, practice = make_studies(server), Practice(server)
    for path in (LEVEL, f"{LEVEL}-http", f"{LEVEL}-http/", "/tools/%6cog-level-http", "//tools/./log-level-http"):
        assert practice.api("PUT", path, data="trace").status_code in (200, 403), path
    share = practice.share(studies.a.id, note=NOTE)
    wrong = {"code": share.code, "password": "00000-00000"}
    assert Recipient(server.url).post("/portal/login", data=wrong).status_code == 401
    visits = [practice.login(share), practice.login(share)]
    secrets = secrets_of(share, server)
    for number, visitor in enumerate(visits):
        for path in ("/portal/study", "/portal/series/1/images/1", f"/instances/{studies.a.instances[0]}/file"):
            assert visitor.get(path).status_code == 200
        for name, value in visitor.http.cookies.items():
            secrets[f"cookie {name} {number}"] = value
    origin = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    assert visits[0].post("/portal/logout", headers=origin).status_code == 303
    practice.revoke(share)
    assert visits[1].get("/portal/study").status_code == 403
    assert len([name for name in secrets if name.startswith("cookie")]) >= 2
    return Life(server, share, secrets)


def secrets_of(share: Share, server: OrthancServer) -> dict[str, str]:
    ((user, password),) = server.staff.items()
    key = (server.key or b"").decode().strip().split(":", 1)[1]
    return {
        "code": share.code,
        "code in one word": share.code.replace("-", ""),
        "password": share.password,
        "password in one word": share.password.replace("-", ""),
        "note": NOTE,
        "key": key,
        "key in hexadecimal": base64.b64decode(key).hex(),
        "password of staff": password,
        "Authorization of staff": base64.b64encode(f"{user}:{password}".encode()).decode(),
    }


def test_no_secret_is_in_the_log(life: Life) -> None:
    log = life.server.logs()
    assert "GET /portal/study" in log, "Orthanc does log requests"
    assert life.found_in(log.encode()) == []
    own = "\n".join(line for line in log.splitlines() if "Patient Share" in line)
    assert "ready" in own and [name for name in NAMES if name in own] == []


def test_the_log_says_why_it_tells_less_than_was_asked_for(life: Life) -> None:
    assert 'category "http" stays at level "verbose"' in life.server.logs()
    answers = [life.server.staff_request("PUT", path, data="trace") for path in (LEVEL, f"{LEVEL}-http")]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert all("verbose" in answer.text for answer in answers)
    assert life.server.staff_request("GET", f"{LEVEL}-http").text == "verbose"
    for category in ("generic", "dicom", "plugins"):
        assert life.server.staff_request("GET", f"{LEVEL}-{category}").text == "trace"


def test_levels_that_tell_no_secret_are_set_as_before(life: Life) -> None:
    for level in ("default", "verbose"):
        assert life.server.staff_request("PUT", f"{LEVEL}-http", data=level).text == ""
        assert life.server.staff_request("GET", f"{LEVEL}-http").text == level
    assert life.server.staff_request("PUT", f"{LEVEL}-http", data="nonsense").status_code == 400
    assert life.server.request("PUT", f"{LEVEL}-http", data="trace").status_code == 403
    assert life.server.request("GET", LEVEL).status_code == 403


def test_no_secret_is_in_any_file_that_orthanc_or_the_plugin_wrote(life: Life) -> None:
    written: dict[str, bytes] = {}
    for folder in ("/var/lib/orthanc", "/tmp", "/var/tmp", "/var/log"):
        written |= files(life.server, folder)
    assert len(written) > 10
    assert {name: life.found_in(data) for name, data in written.items() if life.found_in(data)} == {}
    store = {name: data for name, data in written.items() if "patient-share.sqlite3" in name}
    assert life.share.id.encode() in b"".join(store.values())
    named = [(name, word) for name, data in store.items() for word in NAMES if word.encode() in data]
    assert named == []


def test_the_store_is_closed_to_others(life: Life) -> None:
    modes = {m.name: m.mode for m in archive(life.server, "/var/lib/orthanc/db").getmembers() if m.isfile()}
    modes = {name: mode for name, mode in modes.items() if "patient-share.sqlite3" in name}
    assert modes and all(mode & 0o077 == 0 for mode in modes.values()), modes


def test_a_crash_tells_no_secret(orthanc_image: str) -> None:
    # Not as the first process of its container, which the kernel protects from signals.
    command = ["sh", "-c", "Orthanc --trace /etc/orthanc; exit $?"]
    with OrthancServer(orthanc_image, command=command, environment={"PYTHONFAULTHANDLER": "1"}) as server:
        lived = live(server)
        server.execute("sh", "-c", CRASH)
        assert server.wait_exit().code == 128 + signal.SIGSEGV
        assert lived.found_in(server.logs().encode()) == []
        left = {**files(server, "/var/lib/orthanc"), **files(server, "/tmp")}
        assert {name: lived.found_in(data) for name, data in left.items() if lived.found_in(data)} == {}


@pytest.mark.one_suite
def test_no_secret_is_in_any_log_or_file_of_the_proxy(orthanc_image: str, helpers_image: str) -> None:
    command = ["Orthanc", "--trace", "/etc/orthanc"]
    # The keys come from a program here, and every request leaves a line.
    settings = {"RequestLog": REQUEST_LOG, "KeyFile": None, "KeyCommand": ["/bin/cat", KEY_FILE]}
    with proxied(orthanc_image, helpers_image, settings, command=command) as site:
        share = site.practice.share(site.studies.a.id, note=NOTE)
        secrets = secrets_of(share, site.orthanc)
        code = share.code.replace("-", "")
        staff = {"Authorization": f"Basic {secrets['Authorization of staff']}"}
        assert site.log_in(share, "00000-00000").status == 401
        opened = site.log_in(share)
        secrets |= {f"cookie {name}": value for name, value in opened.cookies.items()}
        assert len(opened.cookies) == 2
        session = {"Cookie": "; ".join(f"{name}={value}" for name, value in opened.cookies.items())}
        for path in ("/portal/study", "/portal/series/1/images/1"):
            assert site.ask(path, headers=session).status == 200
        # What people do to links, and what lies in headers.
        for path in (f"/portal/{share.code}", f"/portal/{code}", f"/portal?code={code}", f"/portal/{code.lower()}/x"):
            site.ask(path, headers=session | staff | {"Referer": f"{site.proxy.url}/portal/{code}", "User-Agent": code})
        provoke_errors(site, code, session)
        secrets["code in small letters"] = code.lower()
        written = {**files(site.proxy, "/var/log"), **files(site.proxy, "/var/lib/nginx"), **files(site.proxy, "/tmp")}
        written |= {"what nginx said": site.proxy.logs().encode(), "what Orthanc said": site.orthanc.logs().encode()}
        written |= {"the requests": site.orthanc.fetch(REQUEST_LOG)}
        log = written["log/nginx/patient-share-access.log"].decode()
        lines = [json.loads(line) for line in written["the requests"].splitlines()]
        numbers = {line["request"]: line["route"] for line in lines if line["who"] == "recipient"}
        assert {line.split()[-1] for line in log.splitlines() if " /portal/study 200" in line} <= set(numbers)
        assert "/portal/study" in numbers.values()
        assert "GET /portal/study 200" in log and "GET /portal/series/1/images/1 200" in log and "(other)" in log
        life = Life(site.orthanc, share, secrets)
        found = {name: life.found_in(data) for name, data in written.items() if life.found_in(data)}
        # Who types the code into the path tells it to Orthanc's log at this level: see docs/security.md.
        assert found.pop("what Orthanc said", []) in ([], KNOWN_TO_ORTHANC)
        assert found == {}
        ids = (site.studies.a.id, site.studies.a.uid, *site.studies.a.series)
        assert [identifier for identifier in ids if identifier in log] == []


REQUEST_LOG = "/tmp/requests.jsonl"
# Orthanc logs the path of each request at level verbose, and a code in it.
KNOWN_TO_ORTHANC = ["code", "code in one word", "code in small letters"]


def provoke_errors(site: Proxied, code: str, session: dict[str, str]) -> None:
    """Everything that makes nginx write to its error log: limits, bad requests, an Orthanc that is gone."""
    for _ in range(15):
        site.ask(f"/portal/login?code={code}", "POST", session, {"code": code, "password": code})
    site.ask("/portal/login", "POST", session, {"code": code * 6000})
    with site.connect() as connection:
        connection.sendall(f"GET /{code} HTTP/9.9\r\n{code}: {code}\r\n\r\n".encode())
        connection.recv(1000)
    site.ask(f"/web-viewer/series/{site.studies.a.series[0]}?{code}", headers=session)
    # Orthanc is gone for a moment: the answer is the proxy's own.
    site.orthanc.stop()
    assert site.ask(f"/portal/{code}?{code}", headers=session | {"Referer": f"{site.proxy.url}/{code}"}).status == 503


def files(server: Contained, folder: str) -> dict[str, bytes]:
    opened = archive(server, folder)
    return {m.name: opened.extractfile(m).read() for m in opened.getmembers() if m.isfile()}  # type: ignore[union-attr]


def archive(server: Contained, folder: str) -> tarfile.TarFile:
    chunks, _ = server.container.get_archive(folder)
    return tarfile.open(fileobj=io.BytesIO(b"".join(chunks)))
