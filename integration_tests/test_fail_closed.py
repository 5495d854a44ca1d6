"""Whatever breaks, nothing is served that should not be: 403 or 503, never data."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest
import requests

from harness.server import OrthancServer

from .support.practice import Practice, Recipient
from .support.studies import Studies, make_studies

STORE = "/var/lib/orthanc/db/patient-share.sqlite3"
PYTHON = "/opt/patient-share/bin/python"
LOCKED_SECONDS = 12
LOCK = f"""
import sqlite3, time
connection = sqlite3.connect({STORE!r}, isolation_level=None, timeout=20)
connection.execute("BEGIN IMMEDIATE")
open("/tmp/locked", "w").close()
time.sleep({LOCKED_SECONDS})
"""


@pytest.fixture
def own_server(orthanc_image: str) -> Iterator[OrthancServer]:
    with OrthancServer(orthanc_image, {"PatientShare": {"Threads": 4}}) as server:
        server.wait_ready()
        yield server


def lock(server: OrthancServer) -> threading.Thread:
    """Hold the store's write lock for a while, from another process in the container."""
    holder = threading.Thread(target=lambda: server.container.exec_run([PYTHON, "-c", LOCK]))
    holder.start()
    while server.container.exec_run(["test", "-e", "/tmp/locked"]).exit_code != 0:
        time.sleep(0.1)
    return holder


def test_before_it_is_ready_strangers_and_staff_alike_get_nothing(orthanc_image: str) -> None:
    server = OrthancServer(orthanc_image).start()
    try:
        seen: Counter[int] = Counter()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and 200 not in seen:
            try:
                seen[requests.get(server.url + "/system", timeout=5).status_code] += 1
                seen[server.staff_request("GET", "/system").status_code] += 1
            except requests.ConnectionError:
                time.sleep(0.005)
        assert set(seen) <= {200, 403} and seen[200] == 1, seen
    finally:
        server.remove()


def test_after_the_stop_begins_nothing_is_served(own_server: OrthancServer) -> None:
    stopper = threading.Thread(target=own_server.stop)
    stopper.start()
    seen: Counter[int] = Counter()
    while stopper.is_alive():
        try:
            seen[requests.get(own_server.url + "/system", timeout=5).status_code] += 1
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.005)
    stopper.join()
    assert set(seen) <= {403}, seen


def test_while_the_store_is_locked_nobody_new_is_let_in(own_server: OrthancServer) -> None:
    practice, studies = Practice(own_server), make_studies(own_server)
    share = practice.share(studies.a.id)
    holder = lock(own_server)
    began = time.monotonic()
    login = Recipient(own_server.url).post("/portal/login", data={"code": share.code, "password": share.password})
    if time.monotonic() - began < LOCKED_SECONDS - 1:
        assert login.status_code == 503 and "patient-share" not in login.cookies
    holder.join()
    file = f"/instances/{studies.a.instances[0]}/file"
    assert practice.login(share).get(file).status_code == 200, "it recovers by itself"


def test_a_damaged_store_is_no_open_door(own_server: OrthancServer) -> None:
    # The write-ahead log could heal the file, since it may hold every page.
    damage = f"import os; os.unlink({STORE!r} + '-wal'); open({STORE!r}, 'wb').write(b'not a database' * 1000)"
    assert own_server.container.exec_run([PYTHON, "-c", damage]).exit_code == 0
    own_server.kill()
    own_server.container.start()
    ended = own_server.wait_exit()
    assert ended.code != 0 and "The share store cannot be opened" in ended.log


def test_an_exhausted_pool_asks_for_patience_and_serves_nothing_to_strangers(own_server: OrthancServer) -> None:
    studies: Studies = make_studies(own_server)
    share = Practice(own_server).share(studies.a.id)
    seen: Counter[tuple[str, int]] = Counter()

    def stranger() -> None:
        for _ in range(6):
            for path in ("/portal/study", f"/instances/{studies.a.instances[0]}/file"):
                seen[path[:5], Recipient(own_server.url).get(path).status_code] += 1
            wrong = {"code": share.code, "password": "00000-00000"}
            seen["login", Recipient(own_server.url).post("/portal/login", data=wrong).status_code] += 1

    threads = [threading.Thread(target=stranger) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for (path, status) in seen if path == "/inst"} == {403}
    assert {status for (path, status) in seen if path == "/port"} <= {403, 503}
    assert {status for (path, status) in seen if path == "login"} <= {401, 503}
    assert Recipient(own_server.url).get("/portal").status_code == 200, "it recovers at once"
