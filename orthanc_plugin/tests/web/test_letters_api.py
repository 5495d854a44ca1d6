"""Letters through the staff API."""

from __future__ import annotations

from typing import Any

import pytest

from orthanc_plugin.domain.audit_terms import Action
from orthanc_plugin.domain.errors import Busy, Unavailable
from orthanc_plugin.ports import AuditFilter
from orthanc_plugin.web.api_models import MOST_LETTERS

from ..support.api import SHARES, created, problem
from ..support.browser import staff
from ..support.world import World

LETTERS = SHARES.replace("shares", "letters")


def order(world: World, **wanted: Any) -> dict[str, str]:
    made = created(staff(world), **wanted)
    return {"share_id": made["id"], "access_code": made["access_code"], "password": made["password"]}


def test_letters_are_printed_in_their_order_and_recorded(world: World) -> None:
    first, second = order(world), order(world, language="en")
    answer = staff(world).json(LETTERS, {"letters": [second, first]})
    assert (answer.status, answer.header("content-type")) == (200, "application/pdf")
    pages = answer.body.decode().split("\f")
    assert [second["password"] in pages[0], first["password"] in pages[1]] == [True, True]
    log = world.services.read_audit.reader.page
    assert len(log(AuditFilter(action=Action.SHARE_PRINTED), 10, None).entries) == 2


@pytest.mark.parametrize(("part", "code", "password"), [("letter", True, False), ("password", False, True)])
def test_one_half_holds_nothing_of_the_other(world: World, part: str, code: bool, password: bool) -> None:
    one = order(world)
    page = staff(world).json(LETTERS, {"letters": [one], "part": part}).body.decode()
    assert (one["access_code"] in page, one["password"] in page) == (code, password)


def test_a_letter_with_a_code_that_is_not_in_force_is_refused_and_none_is_printed(world: World) -> None:
    first, second = order(world), order(world)
    mixed = {**first, "access_code": second["access_code"]}
    problem(staff(world).json(LETTERS, {"letters": [mixed]}), 404, "share-not-found")
    assert staff(world).json(LETTERS, {"letters": [{**first, "access_code": "x"}]}).status == 422
    assert staff(world).json(LETTERS, {"letters": []}).status == 422
    assert staff(world).json(LETTERS, {"letters": [first] * (MOST_LETTERS + 1)}).status == 422
    assert staff(world).json(LETTERS, {"letters": [first], "part": "half"}).status == 422


@pytest.mark.parametrize("fault", [Busy, Unavailable])
def test_what_cannot_be_printed_now_may_be_tried_again(world: World, fault: type[Exception]) -> None:
    def refusing(pages: object) -> bytes:
        raise fault

    one = order(world)
    object.__setattr__(world.services, "as_pdf", refusing)
    answer = staff(world).json(LETTERS, {"letters": [one]})
    assert answer.status == 503 and answer.header("retry-after")
