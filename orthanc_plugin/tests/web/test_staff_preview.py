"""The pages as recipients see them, shown to staff."""

from __future__ import annotations

import re

import pytest

from ..support.browser import recipient, staff, stranger
from ..support.world import PRACTICE, World


def names(world: World) -> list[str]:
    return re.findall(
        r'href="/patient-share/preview/([a-z]+)"', staff(world).get("/patient-share/preview").body.decode()
    )


def test_the_help_leads_to_the_preview(world: World) -> None:
    assert 'href="/patient-share/preview"' in staff(world).get("/patient-share/help").body.decode()


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_page_that_is_named_can_be_seen(world: World, language: str) -> None:
    assert len(names(world)) == 10
    for name in names(world):
        visitor = staff(world)
        visitor.cookies["patient-share-language"] = language
        answer = visitor.get(f"/patient-share/preview/{name}")
        body = answer.body.decode()
        assert answer.status == 200 and PRACTICE.name in body and f'lang="{language}"' in body, name
        # An instance for staff alone has no files of the portal.
        assert "/portal/static/" not in body and 'action="/portal/language"' not in body, name


def test_the_letter_is_a_specimen_and_opens_nothing(world: World) -> None:
    answer = staff(world).get("/patient-share/preview/letter")
    body = answer.body.decode()
    assert "Muster" in body and "00000-00000" in body and "print.js" not in body
    assert "sha256-" in answer.header("content-security-policy")


def test_nothing_of_a_study_is_in_it(world: World) -> None:
    for name in names(world):
        body = staff(world).get(f"/patient-share/preview/{name}").body.decode()
        for study in (world.mine, world.sibling, world.foreign):
            assert study.id not in body and study.description not in body


def test_pages_that_do_not_exist_are_none(world: World) -> None:
    for name in ("staff", "..", "x" * 500):
        assert staff(world).get(f"/patient-share/preview/{name}").status == 404


def test_it_is_for_staff_alone(world: World) -> None:
    for who in (stranger, recipient):
        assert who(world).get("/patient-share/preview/start").status == 401
