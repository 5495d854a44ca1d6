"""E-mails through the staff API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from jsonschema import FormatChecker, validate  # type: ignore[import-untyped]

from orthanc_plugin.domain.audit_terms import Action
from orthanc_plugin.domain.credential import AccessCode
from orthanc_plugin.domain.email_address import EmailAddress
from orthanc_plugin.domain.outbox import MailState, Reason
from orthanc_plugin.domain.share import Share
from orthanc_plugin.domain.study import StudySummary
from orthanc_plugin.use_cases.look_after_mail import LookAfterMail
from orthanc_plugin.use_cases.order_mail import OrderInvitation
from orthanc_plugin.use_cases.send_invitation import SendInvitation
from orthanc_plugin.web.mail_views import EXPLANATIONS
from orthanc_plugin.web.openapi_document import document
from orthanc_plugin.web.services import MailServices
from orthanc_plugin.web.staff_mail import advice, state_words

from ..support.api import SHARES, body, created, problem
from ..support.browser import Browser, staff
from ..support.cheap import CountingEntropy
from ..support.memory_outbox import MemoryOutbox
from ..support.world import World, build_world, languages

EMAILS = "/patient-share/api/v1/emails"
TO = {"address": "erika@example.org"}


@dataclass
class Post:
    world: World
    outbox: MemoryOutbox = field(default_factory=MemoryOutbox)
    woken: int = 0

    @property
    def office(self) -> Browser:
        return staff(self.world)

    def emails(self, share: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self.office.get(f"{SHARES}/{share['id']}/emails")
        found = body(answer)
        schema = {"$ref": "#/components/schemas/EmailList", "components": document()["components"]}
        validate(found, schema, format_checker=FormatChecker())
        assert isinstance(found["emails"], list)
        return found["emails"]

    def wake(self) -> None:
        self.woken += 1


@pytest.fixture
def post() -> Post:
    world = build_world()
    used, found = world.services, Post(world)
    shares, record = used.manage_share.shares, used.manage_share.record

    def write(
        recipient: EmailAddress, share: Share, studies: Sequence[StudySummary], code: AccessCode, now: float
    ) -> bytes:
        return f"{recipient.text} {len(studies)} {code.grouped}".encode()

    desk = LookAfterMail(found.outbox, shares, world.clock, used.manage_share.transaction, record, found.wake)
    invite = OrderInvitation(found.outbox, write, CountingEntropy(1000), world.clock, record)
    codes = used.print_letter.codes
    send = SendInvitation(shares, codes, world.clock, desk, invite, used.manage_share.transaction)
    world.services = replace(used, mail=MailServices(desk, invite, send))
    return found


def test_a_share_is_created_and_its_link_sent(post: Post) -> None:
    share = created(post.office, email=TO)
    assert share["email_state"] == "waiting" and post.woken == 1
    [(entry, address, message)] = post.outbox.entries.values()
    assert (address, message.decode()) == ("erika@example.org", f"erika@example.org 1 {share['access_code']}")
    [email] = post.emails(share)
    assert (email["id"], email["state"], email["address"]) == (entry.id, "waiting", "erika@example.org")
    assert email["created_by"] == "reception" and not email["can_retry"] and email["next_try_at"]
    [order] = [event for event in post.world.store.events if event.action is Action.EMAIL_ORDERED]
    assert order.share_id == share["id"] and "erika" not in order.canonical()


def test_lists_and_single_shares_show_the_state(post: Post) -> None:
    share = created(post.office, email=TO)
    post.outbox.mark(post.emails(share)[0]["id"], MailState.REFUSED)
    assert body(post.office.get(f"{SHARES}/{share['id']}"))["email_state"] == "refused"
    assert body(post.office.get(SHARES))["shares"][0]["email_state"] == "refused"
    other = created(post.office)
    assert other["email_state"] is None and post.emails(other) == []


@pytest.mark.parametrize("address", ["", "erika", "a@b.example\r\nBcc: c@d.example", "E <e@example.org>", "x" * 1001])
def test_a_bad_address_creates_no_share(post: Post, address: str) -> None:
    answer = post.office.json(SHARES, {"orthanc_id": post.world.mine.id, "email": {"address": address}})
    assert problem(answer, 422, "invalid-input")["errors"][0]["field"] == "email.address"
    assert post.world.store.shares == {} and post.outbox.entries == {}


def test_a_mail_that_cannot_be_filed_leaves_no_share(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post.outbox, "add", lambda *_: 1 / 0)
    assert post.office.json(SHARES, {"orthanc_id": post.world.mine.id, "email": TO}).status == 500
    assert post.world.store.shares == {}


def test_without_a_mail_server_nothing_is_sent_and_it_is_said(world: World) -> None:
    answer = staff(world).json(SHARES, {"orthanc_id": world.mine.id, "email": TO})
    assert "Email.Server" in problem(answer, 422, "invalid-input")["detail"]
    share = created(staff(world))
    assert body(staff(world).get(f"{SHARES}/{share['id']}/emails")) == {"emails": []}
    problem(staff(world).get(f"{SHARES}/x/emails"), 404, "share-not-found")
    problem(staff(world).post(f"{EMAILS}/x/retry"), 404, "email-not-found")


def test_later_a_link_is_sent_only_with_a_new_code(post: Post) -> None:
    share = created(post.office)
    answer = post.office.json(f"{SHARES}/{share['id']}/reissue", {"email": TO})
    assert "new_code" in problem(answer, 422, "invalid-input")["detail"]
    new = body(post.office.json(f"{SHARES}/{share['id']}/reissue", {"email": TO, "new_code": True}))
    [(_, _, message)] = post.outbox.entries.values()
    assert message.decode() == f"erika@example.org 1 {new['access_code']}" and new["email_state"] == "waiting"


def test_what_did_not_leave_is_sent_again_or_cancelled(post: Post) -> None:
    share = created(post.office, email=TO)
    email_id = post.emails(share)[0]["id"]
    problem(post.office.post(f"{EMAILS}/{email_id}/retry"), 409, "email-unchangeable")
    post.outbox.mark(email_id, MailState.UNCLEAR)
    assert post.emails(share)[0]["can_retry"]
    assert body(post.office.post(f"{EMAILS}/{email_id}/retry"))["state"] == "waiting" and post.woken == 2
    assert body(post.office.post(f"{EMAILS}/{email_id}/cancel"))["state"] == "cancelled"
    problem(post.office.post(f"{EMAILS}/{email_id}/cancel"), 409, "email-unchangeable")
    for verb in ("retry", "cancel"):
        problem(post.office.post(f"{EMAILS}/{'f' * 32}/{verb}"), 404, "email-not-found")


def test_every_reason_is_explained() -> None:
    assert set(EXPLANATIONS) == set(Reason)
    assert all(text.endswith(".") for reason, text in EXPLANATIONS.items() if reason is not Reason.NONE)


MAIL = "/patient-share/mail"


def typed(share: dict[str, Any], address: str = "erika@example.org") -> dict[str, str]:
    return {
        "share": share["id"],
        "code": share["access_code"],
        "password": share["password"],
        "address": address,
    }


def test_reception_sends_the_link_from_the_page_that_shows_it(post: Post) -> None:
    share = created(post.office)
    page = post.office.submit(MAIL, typed(share, " erika@example.org "))
    assert page.status == 200 and share["password"] in page.body.decode()
    assert "unterwegs an <strong>erika@example.org</strong>" in page.body.decode()
    [(_, address, message)] = post.outbox.entries.values()
    assert (address, share["access_code"] in message.decode()) == ("erika@example.org", True)
    assert share["password"] not in message.decode() and post.woken


def test_a_page_that_is_loaded_again_sends_nothing_more_and_a_later_wish_does(post: Post) -> None:
    share = created(post.office)
    post.office.submit(MAIL, typed(share))
    post.office.submit(MAIL, typed(share))
    assert len(post.outbox.entries) == 1
    post.office.submit(MAIL, typed(share, "other@example.org"))
    assert len(post.outbox.entries) == 2
    post.world.clock.advance(61)
    post.office.submit(MAIL, typed(share))
    assert len(post.outbox.entries) == 3


@pytest.mark.parametrize("address", ["", "erika", "a@b.example\r\nBcc: c@d.example"])
def test_a_mistyped_address_is_told_and_the_password_stays_on_the_page(post: Post, address: str) -> None:
    share = created(post.office)
    page = post.office.submit(MAIL, typed(share, address)).body.decode()
    assert "Diese E-Mail-Adresse kann nicht stimmen." in page and share["password"] in page
    assert post.outbox.entries == {}


def test_only_the_link_in_force_is_sent(post: Post) -> None:
    share, other = created(post.office), created(post.office)
    for wrong in ({"share": other["id"]}, {"share": "x"}):
        for address in ("erika@example.org", "erika"):
            assert post.office.submit(MAIL, {**typed(share, address), **wrong}).status == 404
    assert post.office.submit(MAIL, {**typed(share), "code": "x"}).status == 422
    assert post.outbox.entries == {}


def test_what_became_of_an_email_is_on_the_page_of_the_share(post: Post) -> None:
    share = created(post.office, email=TO)
    email = post.emails(share)[0]["id"]
    address = f"/patient-share/shares/{share['id']}"
    assert "Wartet auf den Versand" in post.office.get(address).body.decode()
    assert post.office.submit(f"{address}/mail", {"email": email, "what": "cancel"}).status == 303
    assert post.emails(share)[0]["state"] == "cancelled"
    late = post.office.submit(f"{address}/mail", {"email": email, "what": "retry"})
    assert (late.status, late.header("location")) == (303, f"{address}?done=email-late")
    post.outbox.mark(email, MailState.REFUSED)
    page = post.office.get(address).body.decode()
    assert "Vom Mailserver abgelehnt" in page and "Noch einmal senden" in page
    post.office.submit(f"{address}/mail", {"email": email, "what": "retry"})
    assert post.emails(share)[0]["state"] == "waiting"


def test_every_state_and_reason_has_words_in_both_languages() -> None:
    for language in languages().values():
        assert all(state_words(state, language) for state in MailState)
        silent = {reason for reason in Reason if not advice(reason, language)}
        assert silent == {Reason.NONE, Reason.STAFF, Reason.SHARE_CLOSED}


def test_without_a_mail_server_the_pages_offer_no_email(world: World) -> None:
    share = created(staff(world))
    page = staff(world).submit("/patient-share/letter", {**typed(share), "address": ""})
    assert page.status == 200
    assert staff(world).submit(MAIL, typed(share)).status == 404
    assert "E-Mails" not in staff(world).get(f"/patient-share/shares/{share['id']}").body.decode()
