"""Secrets and names reach no log, and the share store holds no name; seen with Orthanc's verbose log."""

from __future__ import annotations

import io
import tarfile

import pytest

from harness.server import OrthancServer

from .support.practice import Practice, Recipient, Share
from .support.studies import make_studies

NOTE = "Notiz-über-Anna-4711"


@pytest.fixture(scope="module")
def talkative(orthanc_image: str) -> OrthancServer:
    with OrthancServer(orthanc_image, command=["Orthanc", "--verbose", "/etc/orthanc"]) as server:
        server.wait_ready()
        yield server


def secrets_of(share: Share, recipient: Recipient, server: OrthancServer) -> list[str]:
    code, password = share.code, share.password
    spellings = [code, code.replace("-", ""), password, password.replace("-", "")]
    key = (server.key or b"").decode().strip().split(":", 1)[1]
    return [*spellings, *recipient.http.cookies.values(), NOTE, key]


def test_no_secret_and_no_name_in_the_log_or_the_store(talkative: OrthancServer) -> None:
    studies = make_studies(talkative)
    practice = Practice(talkative)
    share = practice.share(studies.a.id, note=NOTE)
    recipient = practice.login(share)
    for path in ("/portal/study", "/portal/series/1/images/1", f"/instances/{studies.a.instances[0]}/file"):
        assert recipient.get(path).status_code == 200
    Recipient(talkative.url).post("/portal/login", data={"code": share.code, "password": "00000-00000"})
    secrets = secrets_of(share, recipient, talkative)
    log = talkative.logs()
    assert "(http)" in log or "I1" in log or "I0" in log
    assert [secret for secret in secrets if secret in log] == []
    store = b"".join(content for name, content in files(talkative).items() if "patient-share" in name)
    assert share.id.encode() in store
    for text in (*secrets[:-1], NOTE, "Beispiel", "Anna", "TEST-1", "ACC-A"):
        assert text.encode() not in store


def test_the_store_is_closed_to_others(talkative: OrthancServer) -> None:
    modes = {name: mode for name, mode in file_modes(talkative).items() if "patient-share.sqlite3" in name}
    assert modes and all(mode & 0o077 == 0 for mode in modes.values()), modes


def files(server: OrthancServer) -> dict[str, bytes]:
    return {m.name: t.extractfile(m).read() for t in [archive(server)] for m in t.getmembers() if m.isfile()}  # type: ignore[union-attr]


def file_modes(server: OrthancServer) -> dict[str, int]:
    return {member.name: member.mode for member in archive(server).getmembers() if member.isfile()}


def archive(server: OrthancServer) -> tarfile.TarFile:
    chunks, _ = server.container.get_archive("/var/lib/orthanc/db")
    return tarfile.open(fileobj=io.BytesIO(b"".join(chunks)))
