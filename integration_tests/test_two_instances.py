"""Several instances over one share store on PostgreSQL: `staff` and `portal`, and two that do both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from harness.configuration import new_key
from harness.dicom import Geometry, Patient, Study, ct_series
from harness.modality import send
from harness.network import OwnNetwork, unique_name
from harness.postgres import PostgresServer
from harness.proxy import ProxyServer
from harness.server import OrthancServer

from .support.practice import SHARES, Practice, Recipient, Share
from .support.scrolling import Scrolling
from .support.studies import Studies, datasets, make_studies, stored
from .support.waiting import eventually

pytestmark = pytest.mark.one_suite

IMAGE = "/portal/series/1/images/1"
DOWNLOAD = "/portal/download/images.zip"
REVOKED_WITHIN_SECONDS = 1.0
# The networks that containers and this machine reach one another by.
NEAR = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"]
WRONG = "00000-00000"


@dataclass
class Instances:
    """All over one store; each has received the studies."""

    network: str
    postgres: PostgresServer
    staff: OrthancServer
    portal: OrthancServer
    one: OrthancServer
    other: OrthancServer
    studies: Studies

    @property
    def for_patients(self) -> tuple[OrthancServer, ...]:
        return (self.one, self.other, self.portal)


@pytest.fixture(scope="module")
def instances(orthanc_image: str, helpers_image: str) -> Iterator[Instances]:
    with ExitStack() as stack:
        network = stack.enter_context(OwnNetwork()).name
        postgres = stack.enter_context(PostgresServer(helpers_image, network))
        key, staff = new_key(), {"staff": "correct-horse-battery"}

        def started(role: str) -> OrthancServer:
            own = {"Role": role, "Database": postgres.url, "TrustedProxies": NEAR}
            name = unique_name("orthanc")
            server = OrthancServer(
                orthanc_image, {"PatientShare": own}, key=key, staff=staff, network=network, name=name
            )
            stack.callback(server.remove)
            return server.start()

        # All at once on an empty database: only one of them may make the tables.
        servers = [started(role) for role in ("staff", "portal", "all", "all")]
        for server in servers:
            server.wait_ready()
        for server in (servers[0], *servers[2:]):
            studies = make_studies(server)
        make_unseen(servers[1])
        yield Instances(network, postgres, *servers, studies)


def make_unseen(portal: OrthancServer) -> None:
    """Send the studies to an instance that answers no staff."""
    for images in datasets().values():
        assert send(images, portal.dicom_port).stored == len(images)


def log_in(server: OrthancServer, share: Share, address: str = "203.0.113.1") -> Recipient:
    recipient = Recipient(server.url)
    answer = recipient.post("/portal/login", data=typed(share), headers={"X-Forwarded-For": address})
    assert answer.status_code == 303, (answer.status_code, answer.text[:300])
    return recipient


def typed(share: Share, password: str = "") -> dict[str, str]:
    return {"code": share.code, "password": password or share.password}


def test_a_share_made_on_one_opens_on_every_other(instances: Instances) -> None:
    for place, maker in enumerate((instances.staff, instances.one)):
        share = Practice(maker).share(instances.studies.a.id)
        for number, server in enumerate(instances.for_patients):
            recipient = log_in(server, share, f"203.0.113.{10 * place + number}")
            assert recipient.get("/portal/study").status_code == 200
            assert recipient.get(IMAGE).headers["Content-Type"] == "image/jpeg"
        listed = Practice(instances.other).api("GET", f"{SHARES}/{share.id}").json()
        assert listed["opened"] == 3


def test_the_session_of_one_counts_on_the_other_and_ends_on_both(instances: Instances) -> None:
    share = Practice(instances.staff).share(instances.studies.a.id)
    here = log_in(instances.one, share)
    there = Recipient(instances.other.url)
    there.http.cookies.update(here.http.cookies.get_dict())
    assert there.get(IMAGE).status_code == 200
    with Scrolling([here, there]) as scrolling:
        eventually(scrolling.everybody_sees_images)
        origin = {"Origin": instances.other.url, "Sec-Fetch-Site": "same-origin"}
        assert there.http.post(instances.other.url + "/portal/logout", headers=origin, timeout=30).ok
        ended = time.monotonic() + REVOKED_WITHIN_SECONDS
        eventually(lambda: scrolling.everybody_asked_after(ended))
    assert scrolling.images_after(ended) == []


@pytest.mark.parametrize("where", ["staff", "one"])
def test_a_revocation_stops_patients_who_scroll_on_every_instance_within_a_second(
    instances: Instances, where: str
) -> None:
    practice = Practice(getattr(instances, where))
    share = practice.share(instances.studies.a.id)
    patients = [log_in(server, share) for server in instances.for_patients]
    with Scrolling(patients) as scrolling:
        eventually(scrolling.everybody_sees_images)
        practice.revoke(share)
        answered = time.monotonic()
        # Only requests count that were sent later than a second after the answer: how busy the machine is does not.
        eventually(lambda: scrolling.everybody_asked_after(answered + REVOKED_WITHIN_SECONDS))
    assert scrolling.images_after(answered + REVOKED_WITHIN_SECONDS) == []
    late = [after for _, after in scrolling.images_after(answered)]
    print(f"revoked on {where}: the last image was asked for {max(late, default=0):.2f} s after the answer")
    for server in instances.for_patients:
        again = Recipient(server.url).post("/portal/login", data=typed(share))
        assert again.status_code == 403, "the password is right: the true state is told"


@pytest.fixture
def behind_a_proxy(instances: Instances, helpers_image: str, tmp_path: Path) -> Iterator[Recipient]:
    """A patient before two portals, logged in over TLS; one portal may be killed."""
    pixels = np.random.default_rng(9).normal(0, 200, (40, 512, 512))
    made = Study(Patient(id="TEST-TWO", name="Weiter^Wilma"), "ACC-TWO", "CT")
    images = ct_series(made, 1, "Axial", pixels, Geometry())
    for server in (instances.staff, instances.one, instances.other):
        assert send(images, server.dicom_port).stored == 40
    share = Practice(instances.staff).share(stored(instances.staff, made.uid).id)
    one, other = instances.one.name or "", instances.other.name or ""
    with ProxyServer(helpers_image, instances.network, one, others=(other,)) as proxy:
        (tmp_path / "certificate").write_bytes(proxy.certificate)
        recipient = Recipient(proxy.url)
        # Whatever authorities this machine trusts in its environment.
        recipient.http.trust_env = False
        recipient.http.verify = str(tmp_path / "certificate")
        assert recipient.post("/portal/login", data=typed(share)).status_code == 303
        yield recipient
    if not instances.one.running():
        revived(instances.one)


def revived(server: OrthancServer) -> None:
    server.container.start()
    server.wait_ready()


def test_when_one_portal_dies_the_patient_goes_on_looking(instances: Instances, behind_a_proxy: Recipient) -> None:
    with Scrolling([behind_a_proxy]) as scrolling:
        eventually(scrolling.everybody_sees_images)
        instances.one.kill()
        died = time.monotonic()
        eventually(lambda: scrolling.everybody_asked_after(died))
        eventually(scrolling.everybody_sees_images)
    # What was under way in the moment may be lost; the viewer asks again.
    assert [status for began, status in scrolling.seen[0] if began > died and status != 200] == []


def test_when_one_portal_dies_a_download_is_continued_from_the_other(
    instances: Instances, behind_a_proxy: Recipient
) -> None:
    whole = behind_a_proxy.get(DOWNLOAD).content
    for _ in range(8):
        got, broke = b"", False
        with behind_a_proxy.get(DOWNLOAD, stream=True) as answer:
            pieces = answer.iter_content(1 << 16)
            got += next(pieces)
            instances.one.kill()
            try:
                for piece in pieces:
                    got += piece
            except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError):
                broke = True
        if broke:
            break
        # The other one was sending.
        assert got == whole
        revived(instances.one)
    assert broke and len(got) < len(whole)
    rest = behind_a_proxy.get(DOWNLOAD, headers={"Range": f"bytes={len(got)}-"})
    assert rest.status_code == 206
    assert got + rest.content == whole


def test_wrong_passwords_are_counted_together(instances: Instances) -> None:
    share = Practice(instances.staff).share(instances.studies.a.id)
    attacker = {"X-Forwarded-For": "198.51.100.7"}

    def guess(server: OrthancServer, password: str = WRONG) -> int:
        answer = Recipient(server.url).post("/portal/login", data=typed(share, password), headers=attacker)
        return answer.status_code

    doors = [instances.one, instances.other, instances.portal]
    assert [guess(doors[number % 3]) for number in range(5)] == [401] * 5
    # Five in all, at most two on each: every door is shut, for the right password as well.
    assert [guess(door, password) for door in doors for password in (WRONG, share.password)] == [503] * 6
    assert log_in(instances.portal, share, "203.0.113.99").get(IMAGE).status_code == 200
    path = f"/patient-share/api/v1/audit?share_id={share.id}&action=login-failed"
    assert len(instances.one.staff_request("GET", path).json()["entries"]) == 5


def test_all_write_one_unbroken_audit_log(instances: Instances) -> None:
    for server in (instances.staff, instances.one, instances.other):
        found = server.staff_request("GET", "/patient-share/api/v1/audit/verify").json()
        assert found["intact"] is True, found
    newest = instances.staff.staff_request("GET", "/patient-share/api/v1/audit?action=started").json()
    # More than once where a portal was killed.
    assert len(newest["entries"]) >= 4


def outage(instances: Instances, begin: Callable[[], Any], end: Callable[[], Any]) -> None:
    """Nobody is let in while the store is away, and all are when it is back."""
    share = Practice(instances.staff).share(instances.studies.a.id)
    patients = [log_in(server, share) for server in instances.for_patients]
    strangers = [Recipient(server.url) for server in instances.for_patients]
    native = f"/web-viewer/series/{instances.studies.a.series[0]}"
    order = {"orthanc_id": instances.studies.a.id}
    questions: dict[str, list[Callable[[], requests.Response]]] = {
        "image": [partial(patient.get, IMAGE) for patient in patients],
        "native": [partial(patient.get, native) for patient in patients],
        "login": [partial(stranger.post, "/portal/login", data=typed(share)) for stranger in strangers],
        "new share": [partial(instances.staff.staff_request, "POST", SHARES, json=order)],
    }

    def statuses(*names: str) -> dict[str, set[int]]:
        # At once: each answer may take as long as the patience with a silent server.
        with ThreadPoolExecutor(16) as pool:
            asked = {name: [pool.submit(ask) for ask in questions[name]] for name in names}
            return {name: {answer.result().status_code for answer in answers} for name, answers in asked.items()}

    served = {"image": {200}, "native": {200}}
    assert statuses("image", "native") == served
    begin()
    try:
        # What was known half a second ago may be served for so long.
        eventually(lambda: statuses("image") == {"image": {503}})
        assert statuses(*questions) == {"image": {503}, "native": {403}, "login": {503}, "new share": {503}}
    finally:
        end()
    eventually(lambda: statuses("image", "native") == served)
    assert log_in(instances.portal, share, "203.0.113.2").get(IMAGE).status_code == 200
    assert Practice(instances.staff).share(instances.studies.b.id).code
    assert all(server.running() for server in (instances.staff, *instances.for_patients))


def test_while_postgresql_is_stopped_all_refuse_and_then_serve_again(instances: Instances) -> None:
    def back() -> None:
        instances.postgres.container.start()
        instances.postgres.wait_ready()

    outage(instances, instances.postgres.stop, back)


def test_while_postgresql_hangs_all_refuse_and_then_serve_again(instances: Instances) -> None:
    outage(instances, instances.postgres.hang, instances.postgres.go_on)


def test_a_password_of_the_database_is_in_no_log(instances: Instances) -> None:
    for server in (instances.staff, *instances.for_patients):
        assert instances.postgres.password not in server.logs()
