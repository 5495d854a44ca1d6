"""E-mail with a real mail server over TLS, in all its moods: nothing lost, nothing sent twice, staff see it."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from harness.dicom import Geometry, Patient, Study, ct_series
from harness.modality import send
from harness.server import DATA, File, OrthancServer
from orthanc_plugin.adapters.mailer import SmtpMailer
from orthanc_plugin.domain.outbox import Delivery, MailState, Reason

from .support.mail_server import PASSWORD, USER, Authority, MailServer, make_authority, until
from .support.practice import SHARES, Practice
from .test_reports import sent, structured

pytestmark = [
    pytest.mark.one_suite,
    # aiosmtpd knows no other encryption than STARTTLS, and warns of passwords without it.
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]

EMAILS = "/patient-share/api/v1/emails"
SENDER = "portal@praxis.example"
INBOX = "anmeldung@praxis.example"
# What lasts is waited for; these are so short that the tests are not.
TIMEOUT = 2
# A private flag and address, as an information system may write them into a worklist.
RULE = {
    "Name": "flagged",
    "Tags": {"0011,20:PRAXIS RIS": ["J"]},
    "EmailTag": "0011,21:PRAXIS RIS",
    "Report": "hold",
    "Language": "de",
}


@pytest.fixture(scope="module")
def host(server: OrthancServer) -> str:
    """The address under which containers reach this host."""
    network = server.container.attrs["NetworkSettings"]
    gateways = [network.get("Gateway"), *(found.get("Gateway") for found in network.get("Networks", {}).values())]
    return next(str(gateway) for gateway in gateways if gateway)


@pytest.fixture(scope="module")
def authority(host: str, tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("mail"), [host, "127.0.0.1"])


@pytest.fixture(scope="module")
def mail(host: str, authority: Authority) -> Iterator[MailServer]:
    with MailServer(authority, host) as running:
        yield running


@pytest.fixture(scope="module")
def office(orthanc_image: str, host: str, authority: Authority, mail: MailServer) -> Iterator[Practice]:
    email = {
        "Server": host,
        "Port": mail.port,
        "Security": "starttls",
        "CaFile": "/etc/orthanc/mail-ca.pem",
        "User": USER,
        "PasswordFile": "/run/secrets/mail-password",
        "From": SENDER,
        "ReplyTo": "info@praxis.example",
        "SenderName": "Praxis am Märkt",
        "TimeoutSeconds": TIMEOUT,
        "RetrySeconds": [1],
        "Notices": {"ReportReady": True},
    }
    automatic = {"Rules": [RULE], "DryRun": False, "LetterFolder": DATA}
    files = {
        "/etc/orthanc/mail-ca.pem": File(authority.ca),
        "/run/secrets/mail-password": File(f"{PASSWORD}\n".encode(), 0o600),
    }
    with OrthancServer(
        orthanc_image,
        {"StableAge": 1, "PatientShare": {"Email": email, "Automatic": automatic, "Contact": {"To": INBOX}}},
        files=files,
    ) as running:
        yield Practice(running)


def order(office: Practice, address: str, **wanted: Any) -> dict[str, Any]:
    body = {"accession_number": "ACC-LATER", "may_arrive_later": True, "email": {"address": address}, **wanted}
    answer = office.api("POST", SHARES, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert found["email_state"] == "waiting"
    return found


def email_of(office: Practice, share: dict[str, Any]) -> dict[str, Any]:
    [found] = office.api("GET", f"{SHARES}/{share['id']}/emails").json()["emails"]
    assert isinstance(found, dict)
    return found


def wait_for(office: Practice, share: dict[str, Any], state: str) -> dict[str, Any]:
    until(lambda: email_of(office, share)["state"] == state)
    return email_of(office, share)


def texts(message: Any) -> list[str]:
    return [message.get_body((kind,)).get_content() for kind in ("plain", "html")]


def test_a_link_arrives_in_text_and_html_without_password_and_name(office: Practice, mail: MailServer) -> None:
    share = order(office, "Erika@Exämple.org", language="de")
    found = wait_for(office, share, "sent")
    assert (found["attempts"], found["reply"], found["address"]) == (1, 250, "Erika@xn--exmple-cua.org")
    [message] = mail.to("Erika@xn--exmple-cua.org")
    sender = message["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == ("Praxis am Märkt", SENDER)
    assert (message["Reply-To"], message["To"]) == ("info@praxis.example", "Erika@xn--exmple-cua.org")
    for text in texts(message):
        assert share["link"] in text and "Guten Tag," in text
        for secret in (share["password"], share["password"].replace("-", ""), "ACC-LATER", "CT"):
            assert secret not in text
    assert office.api("GET", f"{SHARES}/{share['id']}").json()["email_state"] == "sent"


def test_a_server_in_all_its_moods_gets_each_message_once(office: Practice, mail: MailServer) -> None:
    mail.faults = Counter(refused=1, grey=2, slow=1, broken=1, lost=1)
    shares = {kind: order(office, f"{kind}@moods.example", language="en") for kind in mail.faults}
    ends = {kind: wait_for(office, shares[kind], "sent") for kind in ("grey", "slow")}
    assert ends["grey"]["attempts"] == 3 and mail.seen["grey@moods.example"] == 3
    assert ends["slow"]["attempts"] == 2
    refused = wait_for(office, shares["refused"], "refused")
    assert (refused["reason"], refused["reply"], refused["can_retry"]) == ("recipient-refused", 550, True)
    assert "check the address" in refused["explanation"]
    # The message was taken, and we cannot know it: it is not sent again, and staff see it.
    lost = wait_for(office, shares["lost"], "unclear")
    assert lost["reason"] == "answer-was-lost" and lost["can_retry"] and lost["next_try_at"] is None
    # In the middle of a message: mostly it is seen in time, and tried again; otherwise it is left to staff.
    until(lambda: email_of(office, shares["broken"])["state"] in ("sent", "unclear"))
    if email_of(office, shares["broken"])["state"] == "unclear":
        assert office.api("POST", f"{EMAILS}/{email_of(office, shares['broken'])['id']}/retry").status_code == 200
        wait_for(office, shares["broken"], "sent")
    # For a while longer than a pause nothing more comes.
    with pytest.raises(AssertionError):
        until(lambda: mail.seen["lost@moods.example"] > 1 or mail.seen["refused@moods.example"] > 1, seconds=3)
    counts = {kind: len(mail.to(f"{kind}@moods.example")) for kind in shares}
    assert counts == {"refused": 0, "grey": 1, "slow": 1, "broken": 1, "lost": 1}
    # Staff have set right what was wrong, and say so.
    assert office.api("POST", f"{EMAILS}/{refused['id']}/retry").json()["state"] == "waiting"
    wait_for(office, shares["refused"], "sent")
    assert shares["refused"]["link"] in texts(mail.to("refused@moods.example")[0])[0]
    assert office.api("POST", f"{EMAILS}/{lost['id']}/cancel").json()["state"] == "cancelled"


def test_what_waits_for_a_server_that_is_down_leaves_after_it_is_back_or_not_at_all(
    office: Practice, mail: MailServer
) -> None:
    mail.stop()
    try:
        waiting, revoked, replaced = (order(office, f"{name}@down.example") for name in ("a", "b", "c"))
        until(lambda: email_of(office, waiting)["attempts"] > 1)
        assert email_of(office, waiting)["reason"] == "server-unreachable"
        assert office.api("POST", f"{SHARES}/{revoked['id']}/revoke").status_code == 200
        new = office.api("POST", f"{SHARES}/{replaced['id']}/reissue", json={"new_code": True})
        assert new.status_code == 200
        assert wait_for(office, revoked, "dropped")["reason"] == "share-closed-or-code-replaced"
        wait_for(office, replaced, "dropped")
    finally:
        mail.start()
    wait_for(office, waiting, "sent")
    assert [len(mail.to(f"{name}@down.example")) for name in "abc"] == [1, 0, 0]


def test_a_power_failure_loses_nothing_and_sends_nothing_twice(office: Practice, mail: MailServer) -> None:
    mail.faults = Counter(hanging=1)
    hanging = order(office, "hanging@power.example")
    until(lambda: mail.to("hanging@power.example"))
    # Dead between the message and the answer; these wait behind it.
    waiting = [order(office, f"w{number}@power.example") for number in range(3)]
    office.server.kill()
    mail.faults = Counter()
    office.server.container.start()
    office.server.wait_ready()
    for share in waiting:
        wait_for(office, share, "sent")
    # Only once nobody can be at it any more.
    found = wait_for(office, hanging, "unclear")
    assert found["can_retry"] and found["attempts"] == 1
    assert len(mail.to("hanging@power.example")) == 1
    assert [len(mail.to(f"w{number}@power.example")) for number in range(3)] == [1, 1, 1]
    assert office.api("POST", f"{EMAILS}/{found['id']}/retry").status_code == 200
    wait_for(office, hanging, "sent")
    first, second = mail.to("hanging@power.example")
    assert first["Message-ID"] == second["Message-ID"]


def test_neither_log_nor_audit_holds_an_address_a_code_or_the_password(office: Practice, mail: MailServer) -> None:
    share = order(office, "log@log.example")
    wait_for(office, share, "sent")
    audit = office.api("GET", f"/patient-share/api/v1/audit?share_id={share['id']}").text
    assert "email-ordered" in audit and "email-ended" in audit
    for text in (office.server.logs(), audit):
        for secret in ("log.example", "moods.example", share["access_code"], share["password"], PASSWORD):
            assert secret not in text


def flagged(number: int, flag: str) -> tuple[Study, Any]:
    """A study with the private tags, in the second private block of its group."""
    study = Study(Patient(id=f"TEST-FLAG-{number}", name="Selbst^Sabine"), f"ACC-FLAG-{number}", "CT")
    (image,) = ct_series(study, 1, "Axial", np.zeros((1, 32, 32)), Geometry())
    image.add_new(0x00110010, "LO", "SOMEBODY ELSE")
    image.add_new(0x00111020, "CS", "J")
    image.add_new(0x00110011, "LO", "PRAXIS RIS")
    image.add_new(0x00111120, "CS", flag)
    image.add_new(0x00111121, "LT", f"Tel. 030 123456, mailto:sabine-{number}@flags.example")
    return study, image


def letter_text(office: Practice, share_id: str, folder: Path) -> str:
    path = folder / "letter.pdf"
    path.write_bytes(office.server.fetch(f"{DATA}/{share_id}.pdf"))
    return subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True).stdout


def test_a_flagged_study_is_shared_by_e_mail_and_its_report_announced_once(
    office: Practice, mail: MailServer, tmp_path: Path
) -> None:
    send([flagged(2, "N")[1]], office.server.dicom_port)
    study, image = flagged(1, "J")
    send([image], office.server.dicom_port)
    until(lambda: len(mail.to("sabine-1@flags.example")) == 1)
    [invitation] = mail.to("sabine-1@flags.example")
    [share] = [found for found in office.api("GET", SHARES).json()["shares"] if found["created_by"] == "rule flagged"]
    assert share["email_state"] == "sent"
    code = texts(invitation)[0].partition("/portal/#")[2].split()[0]
    # The paper holds the password and not the link: neither opens anything alone.
    paper = letter_text(office, share["id"], tmp_path)
    assert code not in paper and "/portal/#" not in paper
    [password] = re.findall(r"^\s*([0-9A-Z]{5}-[0-9A-Z]{5})\s*$", paper, re.MULTILINE)
    login = requests.post(
        f"{office.server.url}/portal/login", {"code": code, "password": password}, allow_redirects=False, timeout=30
    )
    assert login.status_code == 303
    report = structured(study)
    report.PatientID = study.patient.id
    sent(office, report)
    assert office.api("POST", f"{SHARES}/{share['id']}/report", json={"report": "at-once"}).status_code == 200
    # Another study that becomes complete brings a round of maintenance.
    send([flagged(3, "N")[1]], office.server.dicom_port)
    until(lambda: len(mail.to("sabine-1@flags.example")) == 2)
    notice = mail.to("sabine-1@flags.example")[1]
    assert notice["Subject"] == "Ihr Befund ist da"
    for text in texts(notice):
        assert "Ihr Befund liegt bereit" in text and "/portal/" not in text and password not in text
    send([flagged(4, "N")[1]], office.server.dicom_port)
    with pytest.raises(AssertionError):
        until(lambda: len(mail.to("sabine-1@flags.example")) > 2, seconds=4)
    assert not mail.to("sabine-2@flags.example")


def test_a_message_of_the_contact_page_reaches_the_practice_once_through_a_power_failure(
    office: Practice, mail: MailServer
) -> None:
    port = mail.port
    mail.stop()
    typed = {"name": "Erika Muster", "reach": "erika@example.org", "message": "Mein Brief ist weg."}
    answer = requests.post(f"{office.server.url}/portal/contact", typed, allow_redirects=False, timeout=30)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/portal/contact?sent")
    office.server.kill()
    office.server.container.start()
    office.server.wait_ready()
    mail.start()
    assert mail.port == port
    until(lambda: len(mail.to(INBOX)) == 1)
    [message] = mail.to(INBOX)
    assert message["Reply-To"] == "erika@example.org" and "Mein Brief ist weg." in message.get_content()
    logs = office.server.logs()
    assert "Muster" not in logs and "erika" not in logs
    with pytest.raises(AssertionError):
        until(lambda: len(mail.to(INBOX)) > 1, seconds=4)


def mailer(authority: Authority, mail: MailServer, **changes: Any) -> SmtpMailer:
    ca = authority.chain.parent / "ca.pem"
    ca.write_bytes(authority.ca)
    options = {"security": "tls", "user": USER, "password": PASSWORD, "ca_file": str(ca), "timeout": 20.0} | changes
    return SmtpMailer(mail.address, mail.port, sender=SENDER, **options)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_server_is_spoken_to_only_if_it_is_the_right_one(authority: Authority, security: str, tmp_path: Path) -> None:
    stranger = make_authority(tmp_path, ["192.0.2.1"])
    with MailServer(authority, implicit_tls=security == "tls") as right:
        wrong_name = MailServer(stranger, implicit_tls=security == "tls")
        with wrong_name:
            results = {
                "right": mailer(authority, right, security=security),
                "unknown authority": mailer(authority, right, security=security, ca_file=""),
                "other name": mailer(stranger, wrong_name, security=security),
                "wrong password": mailer(authority, right, security=security, password="wrong"),
            }
            found = {
                name: sender.send("erika@example.org", b"Subject: x\r\n\r\nx\r\n", lambda: True)
                for name, sender in results.items()
            }
    assert found == {
        "right": Delivery(MailState.SENT, reply=250),
        "unknown authority": Delivery(MailState.WAITING, Reason.CERTIFICATE),
        "other name": Delivery(MailState.WAITING, Reason.CERTIFICATE),
        "wrong password": Delivery(MailState.WAITING, Reason.LOGIN, 535),
    }
    assert (len(right.messages), len(wrong_name.messages)) == (1, 0)


def test_a_server_without_encryption_gets_nothing(authority: Authority) -> None:
    with MailServer(authority, implicit_tls=True) as server:
        found = mailer(authority, server, security="starttls", timeout=3.0)
        assert found.send("erika@example.org", b"x", lambda: True).state is MailState.WAITING
    assert server.messages == []
