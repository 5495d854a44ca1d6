"""Events reach another system over TLS and as files; the example scripts of the documentation do what they say."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.engine import ROOT
from harness.server import File, OrthancServer

from .support.mail_server import Authority, make_authority, until
from .support.practice import SHARES, Practice
from .support.studies import Studies

pytestmark = pytest.mark.one_suite

EXAMPLES = ROOT / "docs" / "examples"
SECRET = "a secret of both sides"


@pytest.fixture(scope="module")
def host(server: OrthancServer) -> str:
    network = server.container.attrs["NetworkSettings"]
    gateways = [network.get("Gateway"), *(found.get("Gateway") for found in network.get("Networks", {}).values())]
    return next(str(gateway) for gateway in gateways if gateway)


@pytest.fixture(scope="module")
def authority(host: str, tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("events"), [host])


class Example:
    """docs/examples/receive_events.py, and what it prints."""

    def __init__(self, authority: Authority, folder: Path) -> None:
        (folder / "secret").write_text(SECRET + "\n")
        command = [sys.executable, str(EXAMPLES / "receive_events.py"), "0", str(authority.chain)]
        environment = {**os.environ, "SECRET_FILE": str(folder / "secret")}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        started: queue.Queue[str] = queue.Queue()

        def read() -> None:
            assert self.process.stdout is not None
            for line in self.process.stdout:
                if line.startswith("listening"):
                    started.put(line)
                else:
                    self.lines.append(line)

        self.thread = threading.Thread(target=read, daemon=True)
        self.thread.start()
        self.port = int(started.get(timeout=30).split()[-1])

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.thread.join(30)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def receiver(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    running = Example(authority, tmp_path_factory.mktemp("receiver"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def office(orthanc_image: str, host: str, authority: Authority, receiver: Example) -> Iterator[Practice]:
    events = {
        "WebhookUrl": f"https://{host}:{receiver.port}/patient-share",
        "SecretFile": "/run/secrets/webhook",
        "CaFile": "/etc/orthanc/ca.pem",
        "Folder": "/var/lib/orthanc/events",
        "RetrySeconds": [1],
    }
    files = {
        "/etc/orthanc/ca.pem": File(authority.ca),
        "/run/secrets/webhook": File(f"{SECRET}\n".encode(), 0o600),
        # Makes the folder.
        "/var/lib/orthanc/events/.keep": File(b""),
    }
    server = OrthancServer(orthanc_image, {"PatientShare": {"Events": events}}, files=files)
    server.create()
    with server:
        server.container.start()
        server.execute("chown", "-R", "orthanc", "/var/lib/orthanc/events", user="root")
        yield Practice(server.wait_ready())


def test_a_share_is_told_of_by_request_and_by_file(office: Practice, receiver: Example) -> None:
    body = {"accession_number": "ACC-LATER", "may_arrive_later": True, "note": "Muster^Erika"}
    share = office.api("POST", SHARES, json=body).json()
    office.api("POST", f"{SHARES}/{share['id']}/revoke")
    until(lambda: sum(share["id"] in line for line in receiver.lines) == 2)
    names = {line.split()[1] for line in receiver.lines if share["id"] in line}
    assert names == {"share-created", "share-revoked"}

    def files() -> list[dict[str, str]]:
        found = office.server.execute("sh", "-c", "cat /var/lib/orthanc/events/*.json").log
        return [event for event in map(json.loads, found.splitlines()) if event["share_id"] == share["id"]]

    until(lambda: len(files()) == 2)
    assert {event["event"] for event in files()} == names
    text = json.dumps(files())
    for secret in (share["access_code"], share["password"], "Muster", "ACC-LATER"):
        assert secret not in text
    modes = office.server.execute("sh", "-c", "stat -c %a /var/lib/orthanc/events/*.json").log.split()
    assert set(modes) == {"600"}


@pytest.mark.parametrize("script", ["share.sh", "share.py"])
def test_the_examples_share_a_study_and_write_the_letter(
    server: OrthancServer, studies: Studies, tmp_path: Path, script: str
) -> None:
    user, password = next(iter(server.staff.items()))
    program = ["sh"] if script.endswith(".sh") else [sys.executable]
    found = subprocess.run(
        [*program, str(EXAMPLES / script), "ACC-A", str(tmp_path / "letter.html")],
        env={**os.environ, "ORTHANC": server.url, "STAFF": f"{user}:{password}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    share = server.staff_request("GET", f"{SHARES}/{found.stdout.split()[0]}").json()
    assert share["orthanc_id"] == studies.a.id
    assert "<!doctype html>" in (tmp_path / "letter.html").read_text()
