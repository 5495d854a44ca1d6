"""E-mails: what they say, what they never say, and that nobody smuggles anything in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.domain.email_address import EmailAddress
from orthanc_plugin.handout import mail
from orthanc_plugin.handout.mail import Envelope, MailFacts, MailWriter
from orthanc_plugin.web.services import Practice

from ..support.world import PRACTICE, languages, templates

TO = EmailAddress.parse("erika@example.org")
SENDER = EmailAddress.parse("praxis@praxis.example")
LINK = "https://portal.praxis.example/portal/#ABCD-EFGH-JKMN-PQ"
FACTS = MailFacts("patient", date(2026, 12, 23))
HOSTILE = [
    "Praxis\r\nBcc: victim@example.org",
    "Praxis\n\nBody",
    "Praxis\x00\x0b\x0c\x1c\x85\u2028Bcc: x@example.org",
    'A" <evil@example.org>, "B',
    "<script>alert(1)</script>",
    "=?utf-8?q?=0d=0aBcc:_x@example.org?=",
    "ä" * 300,
    "\ud800",
]


def writer(practice: Practice = PRACTICE, reply_to: EmailAddress | None = None) -> MailWriter:
    return MailWriter(templates(), languages(), practice, Envelope(SENDER, practice.name, reply_to))


def read(data: bytes) -> EmailMessage:
    return message_from_bytes(data, policy=SMTP)


def parts(message: EmailMessage) -> tuple[str, str]:
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and html is not None
    return str(plain.get_content()), str(html.get_content())


@pytest.mark.parametrize(("language", "word"), [("de", "23. Dezember 2026"), ("en", "December 23, 2026")])
def test_an_invitation_holds_the_link_and_the_last_day_in_text_and_in_html(language: str, word: str) -> None:
    message = read(writer().invitation(TO, language, FACTS, LINK, 1e9))
    assert message["To"] == "erika@example.org"
    assert message["From"].addresses[0].display_name == "Praxis am Markt"
    assert message["From"].addresses[0].addr_spec == "praxis@praxis.example"
    assert message["Reply-To"] is None
    assert (message.get_content_type(), message["Auto-Submitted"]) == ("multipart/alternative", "auto-generated")
    assert message["Content-Language"] == language
    for text in parts(message):
        assert LINK in text and word in text and "Praxis am Markt" in text
    assert "Passw" in parts(message)[0] or "password" in parts(message)[0]


def test_nothing_is_loaded_from_elsewhere() -> None:
    _, html = parts(read(writer().invitation(TO, "de", FACTS, LINK, 1e9)))
    for word in ("<img", "<script", "<link", "src=", "url(", "@import"):
        assert word not in html


def test_answers_go_where_the_practice_wants_them() -> None:
    message = read(writer(reply_to=EmailAddress.parse("info@praxis.example")).invitation(TO, "de", FACTS, LINK, 1e9))
    assert message["Reply-To"] == "info@praxis.example"


def test_name_and_examination_are_there_only_if_they_are_given() -> None:
    facts = replace(FACTS, patient_name="Erika Muster", examination="MRT Schädel, 01.06.2026")
    for text in parts(read(writer().invitation(TO, "de", facts, LINK, 1e9))):
        assert "Guten Tag Erika Muster," in text and "Untersuchung: MRT Schädel, 01.06.2026" in text
    for text in parts(read(writer().invitation(TO, "de", FACTS, LINK, 1e9))):
        assert "Guten Tag," in text and "Untersuchung" not in text


def test_a_notice_holds_no_link() -> None:
    for text in parts(read(writer().expiry_notice(TO, "de", FACTS, 1e9))):
        assert "endet am Mittwoch, 23. Dezember 2026" in text
        assert "http" not in text and "#" not in text.replace("#ffffff", "").split("</head>")[0]


@pytest.mark.parametrize(("audience", "words"), [("patient", "Ihr Befund liegt bereit"), ("referrer", "ein Befund")])
def test_a_notice_of_a_report_says_that_it_is_there_and_no_more(audience: str, words: str) -> None:
    message = read(writer().report_notice(TO, "de", replace(FACTS, audience=audience), 1e9))
    assert "Befund ist da" in message["Subject"]
    for text in parts(message):
        assert words in text and "bis einschließlich Mittwoch, 23. Dezember 2026" in text and "http" not in text


def test_every_try_can_be_recognised_but_no_two_messages_are_alike() -> None:
    first, second = (read(writer().invitation(TO, "de", FACTS, LINK, 1e9))["Message-ID"] for _ in range(2))
    assert first != second and first.endswith("@praxis.example>")


HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
}


def test_a_header_that_nobody_has_set_stops_the_message() -> None:
    message = EmailMessage(SMTP)
    message["To"] = "x"
    message._headers.append(("X", "y\r\nBcc: x@example.org"))  # type: ignore[attr-defined]
    with pytest.raises(ValueError):
        mail.checked(message)


def check_whole(data: bytes) -> None:
    message = read(data)
    assert data.isascii() and set(message.keys()) == HEADERS
    assert len(message["From"].addresses) == len(message["To"].addresses) == 1
    assert message["From"].addresses[0].addr_spec == "praxis@praxis.example"
    assert message["To"] == "erika@example.org"
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert max(len(line) for line in data.splitlines()) <= 998
    assert "<script" not in parts(message)[1]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_is_smuggled_in_by_names(text: str) -> None:
    practice = Practice(text, (text, text), text, text, text)
    facts = replace(FACTS, patient_name=text, examination=text)
    check_whole(writer(practice).invitation(TO, "de", facts, LINK, 1e9))


@given(st.text(max_size=60))
def test_whatever_a_name_holds_the_headers_stay_the_same(text: str) -> None:
    practice = Practice(text, (), text, "", "")
    check_whole(writer(practice).invitation(TO, "en", replace(FACTS, patient_name=text), LINK, 1e9))
