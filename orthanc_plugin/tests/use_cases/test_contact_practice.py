"""Messages of the contact page from the store to the mail server."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.store.database import open_store
from orthanc_plugin.adapters.store.messages import SqlMessages
from orthanc_plugin.domain.contact import ContactMessage
from orthanc_plugin.domain.email_address import EmailAddress
from orthanc_plugin.domain.outbox import Delivery, MailState, Reason, RetryRule
from orthanc_plugin.handout.contact_mail import contact_mail
from orthanc_plugin.handout.mail import Envelope
from orthanc_plugin.use_cases.contact_practice import DeliverMessages

from ..support.clock import MovableClock
from ..support.world import languages
from .test_mail import LATER, SENT, Server

MESSAGE = ContactMessage("Erika Muster", "erika@example.org", "Mein Brief ist weg.\nWas nun?")
PRACTICE = EmailAddress.parse("praxis@praxis.example")


class Office:
    """A store, and a mail server that does as it is told."""

    def __init__(self, folder: Path, clock: MovableClock) -> None:
        self.engine = open_store(f"sqlite:///{folder / 's.sqlite3'}")
        self.box = SqlMessages(self.engine, Keyring({1: bytes(32)}))
        self.clock, self.server = clock, Server([SENT])
        self.said: list[str] = []
        envelope = Envelope(EmailAddress.parse("portal@praxis.example"), "Praxis", None)

        def write(message_id: str, message: ContactMessage, now: float) -> bytes:
            return contact_mail(envelope, PRACTICE, languages()["de"], message_id, message, now)

        rule = RetryRule((60, 300), 10**6)
        self.step = DeliverMessages(self.box, self.server, PRACTICE.text, write, clock, rule, 14, self.said.append)

    def add(self, message: ContactMessage = MESSAGE) -> None:
        self.box.add("a" * 32, message, int(self.clock.now()))


@pytest.fixture
def office(tmp_path: Path, clock: MovableClock) -> Iterator[Office]:
    made = Office(tmp_path, clock)
    yield made
    made.engine.dispose()


def test_a_message_arrives_once_and_is_forgotten(office: Office) -> None:
    office.add()
    assert office.step() and not office.step()
    ((recipient, data),) = office.server.sent
    mail = message_from_bytes(data, policy=policy.default)
    assert recipient == mail["To"] == "praxis@praxis.example" and mail["Reply-To"] == "erika@example.org"
    text = mail.get_content().replace("\r\n", "\n")
    assert "Mein Brief ist weg.\nWas nun?" in text and "Erika Muster" in text
    assert office.box.waiting() == 0


def test_a_server_that_is_down_is_tried_again_with_the_same_message(office: Office) -> None:
    office.server.answers = [LATER, LATER, SENT]
    office.add()
    assert office.step() and not office.step()
    office.clock.advance(seconds=60)
    assert office.step() and not office.step()
    office.clock.advance(seconds=300)
    assert office.step()
    assert len(office.server.sent) == 1 and office.box.waiting() == 0


def test_what_cannot_be_delivered_is_deleted_after_its_days_and_that_is_said(office: Office) -> None:
    office.server.answers = [Delivery(MailState.REFUSED, Reason.UNKNOWN_RECIPIENT, 550)]
    office.add()
    office.step()
    assert office.said == ["a message of the contact page was not taken by the mail server: recipient-refused"]
    office.clock.advance(days=15)
    office.step()
    assert office.box.waiting() == 0 and "deleted" in office.said[-1]
    assert not any("Erika" in line or "example" in line for line in office.said)


def test_nothing_of_it_is_readable_in_the_store(office: Office, tmp_path: Path) -> None:
    office.add()
    data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for word in (b"Erika", b"erika@", b"Brief"):
        assert word not in data
    without = SqlMessages(office.engine, Keyring({2: b"k" * 32}))
    assert without.due(int(office.clock.now())) is None and office.box.waiting() == 0


@pytest.mark.parametrize("reach", ["030 1234", "a@b", "x@y.example, z@y.example", "a@b.example Bcc: c@d.example"])
def test_only_one_plain_address_is_answered_to(office: Office, reach: str) -> None:
    office.add(ContactMessage("=?utf-8?q?x?=", reach, "Subject: y\n\n.\n"))
    office.step()
    mail = message_from_bytes(office.server.sent[0][1], policy=policy.default)
    assert mail["Reply-To"] is None and mail["Bcc"] is None and len(mail["To"].addresses) == 1
