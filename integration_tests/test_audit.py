"""The audit log of a real Orthanc: the life of a share, and what somebody with the database can and cannot hide."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from harness.server import OrthancServer

from .support.practice import SHARES, Practice, Recipient
from .support.studies import Studies, make_studies

AUDIT = "/patient-share/api/v1/audit"
STORE = "/var/lib/orthanc/db/patient-share.sqlite3"
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 3, "has_touch": True, "is_mobile": True}
ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36"
WRONG = "00000-00000"
NOTE = "Notiz-über-Anna-4711"


@pytest.fixture(scope="module")
def own(orthanc_image: str) -> Iterator[OrthancServer]:
    """A server that may be stopped and whose store may be damaged."""
    with OrthancServer(orthanc_image) as running:
        running.wait_ready()
        yield running


@pytest.fixture(scope="module")
def own_studies(own: OrthancServer) -> Studies:
    return make_studies(own)


def entries(server: OrthancServer, query: str = "") -> list[dict[str, Any]]:
    """The log, oldest first."""
    found: list[dict[str, Any]] = server.staff_request("GET", f"{AUDIT}?limit=200&{query}").json()["entries"]
    return found[::-1]


def command(server: OrthancServer, *arguments: str) -> tuple[int, str]:
    ended = server.execute("patient-share", "audit", *arguments, "--configuration", "/etc/orthanc")
    return ended.code, ended.log


def test_the_life_of_a_share(own: OrthancServer, own_studies: Studies) -> None:
    practice, study = Practice(own), own_studies.a
    share = practice.share(study.id, note=NOTE)
    practice.api("POST", f"{SHARES}/{share.id}/extend", json={"validity_days": 9})
    stranger = Recipient(own.url)
    stranger.post("/portal/login", data={"code": share.code, "password": WRONG})
    stranger.post("/portal/login", data={"code": "ATA42-81ZXD-KH3N", "password": WRONG})
    recipient = Recipient(own.url)
    recipient.http.headers["User-Agent"] = "Mozilla/5.0 (iPhone) Mobile CANARY-AGENT"
    recipient.post("/portal/login", data={"code": share.code, "password": share.password})
    for _ in range(2):
        assert recipient.get("/portal/study").status_code == 200
        assert recipient.get("/portal/series/1").status_code == 200
        for number in (1, 2, 3):
            assert recipient.get(f"/portal/series/1/images/{number}").status_code == 200
        # As Orthanc Web Viewer reads it: the other series, past the portal.
        assert recipient.get(f"/web-viewer/series/{study.series[1]}").status_code == 200
    cookies = list(recipient.http.cookies.values())
    recipient.post("/portal/logout")
    practice.revoke(share)
    recipient.post("/portal/login", data={"code": share.code, "password": share.password})
    found = entries(own, f"share_id={share.id}")
    assert [(entry["action"], entry["outcome"], entry["series"]) for entry in found] == [
        ("share-created", 0, None),
        ("share-extended", 0, None),
        ("login-failed", 4, None),
        ("login", 0, None),
        ("study-viewed", 0, None),
        ("series-viewed", 0, 1),
        ("series-viewed", 0, 2),
        ("logout", 0, None),
        ("share-revoked", 0, None),
        ("login-failed", 4, None),
    ]
    assert {tuple(entry["studies"]) for entry in found} == {(study.uid,)}
    assert found[3]["detail"]["device"] == "phone"
    assert found[9]["detail"]["reason"] == "revoked"
    assert [e["action"] for e in entries(own, "who=system")] == ["started"]
    assert {e["who"] for e in found} == {"staff:staff", f"recipient:{share.id}"}
    log = own.staff_request("GET", f"{AUDIT}/export").text
    secrets = [share.code, share.code.replace("-", ""), share.password, share.password.replace("-", ""), *cookies]
    secrets += [WRONG, "ATA42", NOTE, "Notiz", "Beispiel", "Anna", "TEST-1", "ACC-A", "CANARY", "172.", "127.0", "10.8"]
    assert [secret for secret in secrets if secret in log] == []
    assert len(log.splitlines()) >= len(found)


def test_the_log_verifies_over_the_api_and_on_the_command_line(own: OrthancServer, own_studies: Studies) -> None:
    Practice(own).share(own_studies.a.id)
    found = own.staff_request("GET", f"{AUDIT}/verify").json()
    assert found["intact"] and found["reason"] == ""
    mark = f"{found['head_seq']}:{found['head_mac']}"
    code, told = command(own, "verify", "--expect", mark)
    assert (code, told[:17]) == (0, "The log is whole:"), told
    code, told = command(own, "export")
    lines = [json.loads(line) for line in told.splitlines()]
    assert code == 0
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert all(after["previous"] == before["mac"] for before, after in pairwise(lines))
    answer = own.staff_request("GET", f"{AUDIT}/export?limit=2")
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert answer.headers["X-Next-Cursor"] == "2"


def test_strangers_and_recipients_do_not_read_it(own: OrthancServer, own_studies: Studies) -> None:
    practice = Practice(own)
    recipient = practice.login(practice.share(own_studies.a.id))
    for path in (AUDIT, f"{AUDIT}/export", f"{AUDIT}/verify"):
        for who in (Recipient(own.url), recipient):
            answer = who.get(path)
            assert (answer.status_code, "share-created" in answer.text) == (401, False)


def test_start_and_stop_are_recorded(own: OrthancServer) -> None:
    before = [entry["action"] for entry in entries(own, "who=system")]
    own.restart()
    assert [entry["action"] for entry in entries(own, "who=system")] == [*before, "stopped", "started"]
    assert own.staff_request("GET", f"{AUDIT}/verify").json()["intact"]


def test_every_revocation_has_its_entry_and_every_entry_its_revocation_after_a_kill(
    own: OrthancServer, own_studies: Studies
) -> None:
    practice = Practice(own)
    for _ in range(3):
        shares = [practice.share(own_studies.b.id) for _ in range(20)]

        def revoke_all(chosen: list[Any] = shares) -> None:
            for share in chosen:
                try:
                    practice.api("POST", f"{SHARES}/{share.id}/revoke", timeout=5)
                except OSError:
                    return

        revoking = threading.Thread(target=revoke_all)
        revoking.start()
        own.kill()
        revoking.join()
        own.container.start()
        own.wait_ready()
        recorded = {entry["share_id"] for entry in entries(own, "action=share-revoked")}
        for share in shares:
            state = practice.api("GET", f"{SHARES}/{share.id}").json()["state"]
            assert (state == "revoked") == (share.id in recorded)
        assert own.staff_request("GET", f"{AUDIT}/verify").json()["intact"]


@pytest.mark.parametrize("language", ["de-DE", "en-GB"])
def test_a_patient_sees_who_has_opened_the_images(
    chromium: Browser, own: OrthancServer, own_studies: Studies, screenshots: Path, language: str
) -> None:
    practice = Practice(own)
    share = practice.share(own_studies.a.id)
    for agent in ("Mozilla/5.0 (Windows NT 10.0)", "Mozilla/5.0 (iPad) Mobile"):
        visitor = Recipient(own.url)
        visitor.http.headers["User-Agent"] = agent
        visitor.post("/portal/login", data={"code": share.code, "password": share.password})
    context = chromium.new_context(**PHONE, locale=language, user_agent=ANDROID)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(share.link)
    page.fill("#password", share.password)
    page.press("#password", "Enter")
    page.wait_for_url("**/portal/study")
    page.locator("a[href='/portal/openings']").click()
    page.wait_for_url("**/portal/openings")
    lines = page.locator(".openings li").all_inner_texts()
    words = {
        "de-DE": ("Handy", "Tablet", "Computer", "diese Anmeldung"),
        "en-GB": ("phone", "tablet", "computer", "this login"),
    }
    phone, tablet, computer, current = words[language]
    assert len(lines) == 3
    assert current in lines[0] and phone in lines[0] and tablet in lines[1] and computer in lines[2]
    assert current not in lines[1] + lines[2]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    page.screenshot(path=str(screenshots / f"phone-{language[:2]}-openings.png"), full_page=True)
    page.get_by_role("link").filter(has_text="Übersicht" if language == "de-DE" else "overview").click()
    page.wait_for_url("**/portal/study")
    context.close()


# Run beside the running Orthanc, as somebody who has the database and not the keys would.
TAMPER = """
import json, sqlite3, sys
statements = json.loads(sys.argv[2])
with sqlite3.connect(sys.argv[1]) as store:
    for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        store.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        assert store.execute(statement).rowcount > 0, statement
"""
COPY = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as source, sqlite3.connect(sys.argv[2]) as target:
    source.backup(target)
"""
SAVED = "/tmp/saved.sqlite3"


def inside(server: OrthancServer, script: str, *arguments: str) -> None:
    ended = server.execute("/opt/patient-share/bin/python", "-c", script, *arguments)
    assert ended.code == 0, ended.log


TAMPERING = {
    "who did it": ("UPDATE audit SET who = 'staff:nobody', entry = replace(entry, 'staff:staff', 'staff:nobody') "
                   "WHERE action = 'share-created'",),
    "a filter's column alone": ("UPDATE audit SET share_id = NULL WHERE action = 'login'",),
    "an entry in the middle": ("DELETE FROM audit WHERE action = 'share-created'",),
    "the newest entries and the head": (
        "DELETE FROM audit WHERE seq > 2",
        "UPDATE audit_state SET seq = 2, mac = (SELECT mac FROM audit WHERE seq = 2) WHERE name = 'head'",
    ),
    "two entries the other way round": (
        "UPDATE audit SET seq = -2 WHERE seq = 2",
        "UPDATE audit SET seq = 2 WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = -2",
    ),
    "one more": ("INSERT INTO audit SELECT (SELECT max(seq) + 1 FROM audit), at, event, action, outcome, who, "
                 "share_id, studies, entry, previous, key_version, mac FROM audit ORDER BY seq DESC LIMIT 1",),
}  # fmt: skip


@pytest.mark.one_suite
def test_whatever_is_changed_in_the_database_is_found(own: OrthancServer, own_studies: Studies) -> None:
    practice = Practice(own)
    practice.login(practice.share(own_studies.a.id))
    assert command(own, "verify")[0] == 0
    inside(own, COPY, STORE, SAVED)
    for what, statements in TAMPERING.items():
        inside(own, TAMPER, STORE, json.dumps(statements))
        code, told = command(own, "verify")
        assert (code, told[:28]) == (1, "The log is not whole: entry "), (what, told)
        inside(own, COPY, SAVED, STORE)
        assert command(own, "verify")[0] == 0


@pytest.mark.one_suite
def test_a_store_that_was_set_back_is_found_by_what_was_noted(own: OrthancServer, own_studies: Studies) -> None:
    practice = Practice(own)
    practice.share(own_studies.a.id)
    inside(own, COPY, STORE, SAVED)
    practice.share(own_studies.a.id)
    later = own.staff_request("GET", f"{AUDIT}/verify").json()
    mark = f"{later['head_seq']}:{later['head_mac']}"
    assert command(own, "verify", "--expect", mark)[0] == 0
    inside(own, COPY, SAVED, STORE)
    assert command(own, "verify")[0] == 0
    code, told = command(own, "verify", "--expect", mark)
    assert code == 1 and "set back" in told


def test_a_log_whose_end_was_forged_stops_what_has_to_be_recorded(own: OrthancServer, own_studies: Studies) -> None:
    practice = Practice(own)
    share = practice.share(own_studies.a.id)
    recipient = practice.login(share)
    inside(own, COPY, STORE, SAVED)
    inside(own, TAMPER, STORE, json.dumps(TAMPERING["the newest entries and the head"]))
    assert practice.api("POST", f"{SHARES}/{share.id}/revoke").status_code == 503
    assert recipient.get("/portal/study").status_code == 503
    login = Recipient(own.url).post("/portal/login", data={"code": share.code, "password": share.password})
    assert login.status_code == 503
    inside(own, COPY, SAVED, STORE)
    assert recipient.get("/portal/study").status_code == 200
