"""The staff's pages without a browser: what they refuse, and what a second sending of a form does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from orthanc_plugin.domain.audit_terms import Action
from orthanc_plugin.domain.errors import Busy, Unavailable
from orthanc_plugin.domain.share import Openings, ShareState
from orthanc_plugin.i18n.catalogue import Language
from orthanc_plugin.ports import AuditFilter
from orthanc_plugin.web.staff_shares import event_words
from orthanc_plugin.web.staff_words import Words, complaint
from orthanc_plugin.web.wsgi_bridge import Response

from ..support.browser import staff
from ..support.clock import NOON
from ..support.studies import share
from ..support.world import World, build_world, languages

HOME, FORM, SHARES = "/patient-share", "/patient-share/share", "/patient-share/shares"


def text(answer: Response) -> str:
    return answer.body.decode()


def field(answer: Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text(answer))
    assert found, name
    return found[1]


def filled(world: World, **changes: Any) -> dict[str, str]:
    form = staff(world).get(f"{FORM}?study={world.mine.id}")
    known = {"study": world.mine.id, "once": field(form, "once"), "days": "30", "audience": "patient", "language": "de"}
    return {**known, **changes}


def test_a_form_that_comes_twice_makes_one_share(world: World) -> None:
    form = filled(world)
    first, second = (staff(world).submit(FORM, form) for _ in range(2))
    assert first.status == 200 and 'id="password"' in text(first)
    assert second.status == 409 and 'id="password"' not in text(second)
    assert len(world.store.shares) == 1
    assert staff(world).submit(FORM, filled(world)).status == 200
    assert len(world.store.shares) == 2


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"days": "0"}, 422),
        ({"days": "x"}, 422),
        ({"audience": "all"}, 422),
        ({"once": "1"}, 422),
        ({"note": "\x01"}, 422),
    ],
)
def test_mistakes_make_no_share_and_lose_nothing(world: World, change: dict[str, str], status: int) -> None:
    answer = staff(world).submit(FORM, {**filled(world, note="Frau <Ü>"), **change})
    assert answer.status == status and 'role="alert"' in text(answer)
    assert "note" in change or "Frau &lt;Ü&gt;" in text(answer)
    assert world.store.shares == {}


def test_consent_is_asked_for_where_the_practice_wants_it() -> None:
    world = build_world(require_consent=True)
    assert staff(world).submit(FORM, filled(world)).status == 422
    assert staff(world).submit(FORM, filled(world, consent="1")).status == 200


def test_a_password_is_issued_once_for_one_form(world: World) -> None:
    new = world.share()
    address = f"{SHARES}/{new.share.id}/reissue"
    first = staff(world).submit(address, {"issue": "1", "what": "letter"})
    second = staff(world).submit(address, {"issue": "1", "what": "letter"})
    assert (first.status, second.status) == (200, 409)
    assert world.services.manage_share.get(new.share.id).issue == 2


def test_a_letter_needs_the_code_in_force_and_is_recorded(world: World) -> None:
    new, other = world.share(), world.share()
    browser = staff(world)
    form = {"share": new.share.id, "code": new.code.grouped, "password": new.password.grouped}
    printed = browser.submit("/patient-share/letter", form)
    assert printed.status == 200 and new.password.grouped in text(printed)
    policy = printed.header("content-security-policy")
    assert "unsafe" not in policy and "style-src 'sha256-" in policy
    assert browser.submit("/patient-share/letter", {**form, "share": other.share.id}).status == 404
    assert browser.submit("/patient-share/letter", {**form, "code": "x"}).status == 422
    log = world.services.read_audit.reader.page

    assert len(log(AuditFilter(action=Action.SHARE_PRINTED), 10, None).entries) == 1


def test_the_two_halves_of_a_letter_can_be_printed_apart(world: World) -> None:
    new = world.share()
    form = {"share": new.share.id, "code": new.code.grouped, "password": new.password.grouped}
    letter = text(staff(world).submit("/patient-share/letter", {**form, "part": "letter"}))
    password = text(staff(world).submit("/patient-share/letter", {**form, "part": "password"}))
    assert new.code.grouped in letter and new.password.grouped not in letter
    assert new.password.grouped in password and new.code.grouped not in password
    assert "<svg" in letter and "<svg" not in password
    whole = text(staff(world).submit("/patient-share/letter", {**form, "part": "nonsense"}))
    assert new.code.grouped in whole and new.password.grouped in whole


def test_the_letter_is_saved_as_pdf(world: World) -> None:
    new = world.share()
    form = {"share": new.share.id, "code": new.code.grouped, "password": new.password.grouped, "as": "pdf"}
    saved = staff(world).submit("/patient-share/letter", form)
    assert (saved.status, saved.header("content-type")) == (200, "application/pdf")
    assert saved.header("content-disposition") == 'attachment; filename="Brief.pdf"'
    assert saved.header("cache-control") == "no-store"
    assert new.password.grouped.encode() in saved.body


@pytest.mark.parametrize("fault", [Busy, Unavailable])
def test_a_pdf_that_cannot_be_made_is_told_in_words(world: World, fault: type[Exception]) -> None:
    def refusing(pages: Sequence[str]) -> bytes:
        raise fault

    object.__setattr__(world.services, "as_pdf", refusing)
    new = world.share()
    form = {"share": new.share.id, "code": new.code.grouped, "password": new.password.grouped, "as": "pdf"}
    answer = staff(world).submit("/patient-share/letter", form)
    assert answer.status == 503 and "Bitte drucken Sie stattdessen die Seite." in text(answer)


@pytest.mark.parametrize("path", [FORM, "/patient-share/search", "/patient-share/letter", "/patient-share/language"])
def test_pages_of_other_sites_send_nothing(world: World, path: str) -> None:
    form = filled(world)
    for headers in (
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"},
        {"origin": "https://elsewhere.example", "host": "x"},
        # A browser that tells neither.
        {"user_agent": "Mozilla/5.0", "accept_language": "de"},
    ):
        assert staff(world).submit(path, form, **headers).status == 403
    assert world.store.shares == {}


def test_what_people_typed_is_markup_nowhere(world: World) -> None:
    answer = staff(world).submit("/patient-share/search", {"name": '"><script>x'})
    assert "<script>x" not in text(answer) and answer.status in (200, 422)


def test_a_list_that_is_asked_for_wrongly_begins_anew(world: World) -> None:
    assert staff(world).get(f"{SHARES}?cursor=x").status == 303
    assert staff(world).get(f"{SHARES}?show=x").status == 200


def test_an_unknown_page_is_a_page_for_browsers(world: World) -> None:
    answer = staff(world).get("/patient-share/nothing", sec_fetch_mode="navigate")
    assert answer.status == 404 and answer.header("content-type").startswith("text/html")
    assert staff(world).get("/patient-share/nothing").header("content-type") == "application/problem+json"


@pytest.mark.parametrize("language", languages().values(), ids=lambda known: known.code)
def test_every_action_has_words(language: Language, world: World) -> None:
    spoken = Words(language, NOON, world.services.zone)
    of_a_share = [
        action for action in Action if action.value.startswith(("share", "pass", "log", "stud", "email", "cons"))
    ]
    assert [action for action in of_a_share if event_words(action.value, spoken) == action.value] == []
    assert complaint("nothing known", language)


def test_states_in_words(world: World) -> None:
    spoken = Words(languages()["de"], NOON, world.services.zone)
    assert spoken.openings(share()) == "Angelegt, nie geöffnet"
    assert spoken.state(share(revoked_at=1))["label"] == "Widerrufen"
    assert spoken.state(share(expires_at=1))["label"] == "Abgelaufen"
    assert spoken.state(share(paused_at=1))["label"] == "Pausiert"
    assert spoken.expiry(share(revoked_at=1)) == ""
    assert spoken.failures(0) == "" and spoken.failures(6) == "6-mal falsches Passwort"

    day = 86400
    seen = share(openings=Openings(3, int(NOON) - 2 * day, int(NOON) - day), expires_at=int(NOON) + 4 * day)
    assert spoken.openings(seen) == "3-mal geöffnet, zuletzt gestern"
    assert re.fullmatch(r"Läuft in [34] Tagen ab", spoken.expiry(seen))
    assert seen.state(NOON) is ShareState.ACTIVE
