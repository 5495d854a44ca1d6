"""The contact page under use and under abuse."""

from __future__ import annotations

import pytest

from orthanc_plugin.use_cases.contact_practice import TakeMessage

from ..support.browser import stranger
from ..support.memory_messages import MemoryMessages
from ..support.world import World, build_world

FORM = {"name": "Erika Muster", "reach": "030 1234", "message": "Mein Brief ist weg."}


def box(world: World) -> MemoryMessages:
    assert isinstance(world.services.contact, TakeMessage) and isinstance(world.services.contact.box, MemoryMessages)
    return world.services.contact.box


def test_a_message_is_kept_and_said_to_be_on_its_way(world: World) -> None:
    visitor = stranger(world)
    answer = visitor.submit("/portal/contact", FORM)
    assert (answer.status, answer.header("location")) == (303, "/portal/contact?sent")
    (kept,) = [entry[3] for entry in box(world).entries.values()]
    assert (kept.name, kept.reach, kept.text) == tuple(FORM.values())
    page = visitor.get("/portal/contact?sent").body.decode()
    assert "auf dem Weg" in page and "Erika" not in page and 'action="/portal/contact"' not in page
    assert not world.store.events and not world.reported


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"reach": " "}, "Telefonnummer"),
        ({"message": ""}, "Bitte schreiben"),
        ({"message": "x" * 2001}, "2000 Zeichen"),
        ({"message": "\0\x01 "}, "Bitte schreiben"),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(world: World, change: dict[str, str], word: str) -> None:
    answer = stranger(world).submit("/portal/contact", {**FORM, **change})
    body = answer.body.decode()
    assert answer.status == 422 and word in body and 'value="Erika Muster"' in body
    assert not box(world).entries


def test_hostile_text_is_text(world: World) -> None:
    hostile = "</textarea><script>alert(1)</script>\r\nBcc: x@y.example"
    body = stranger(world).submit("/portal/contact", {**FORM, "reach": "", "message": hostile, "name": hostile}).body
    assert b"<script>alert" not in body
    stranger(world).submit("/portal/contact", {**FORM, "name": hostile, "reach": hostile, "message": hostile})
    (kept,) = [entry[3] for entry in box(world).entries.values()]
    assert "\n" not in kept.name + kept.reach and "\r" not in kept.text


def test_a_program_that_fills_in_everything_believes_that_it_was_heard(world: World) -> None:
    assert stranger(world).submit("/portal/contact", {**FORM, "website": "https://spam.example"}).status == 303
    assert not box(world).entries


def test_a_thousand_messages_are_sixty_at_most_and_five_of_one(world: World) -> None:
    for _ in range(10):
        answer = stranger(world).submit("/portal/contact", FORM)
    assert len(box(world).entries) == 5
    assert answer.status == 503 and "in einer Stunde" in answer.body.decode()
    for number in range(1000):
        visitor = stranger(world)
        visitor.peer = f"198.51.{number // 250}.{number % 250}"
        visitor.submit("/portal/contact", FORM)
    assert len(box(world).entries) == 60
    world.clock.advance(hours=1)
    assert stranger(world).submit("/portal/contact", FORM).status == 303


def test_a_body_of_a_megabyte_is_explained(world: World) -> None:
    answer = stranger(world).submit("/portal/contact", {**FORM, "message": "x" * 2**20})
    assert answer.status in (413, 422) and "Zeichen" in answer.body.decode()


def test_there_is_no_page_without_an_address_of_the_practice() -> None:
    world = build_world()
    object.__setattr__(world.services, "contact", None)
    assert stranger(world).get("/portal/contact").status == 404
    assert stranger(world).submit("/portal/contact", FORM).status == 404
    assert "/portal/contact" not in stranger(world).get("/portal").body.decode()
