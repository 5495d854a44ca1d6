"""Who objected, or withdrew the consent, and has agreed since: the second step on the form for a share."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from orthanc_plugin.domain.audit_terms import Action
from orthanc_plugin.domain.share import ShareState
from orthanc_plugin.web.wsgi_bridge import Response

from ..support.browser import staff
from ..support.world import World, build_world

FORM, SHARES = "/patient-share/share", "/patient-share/shares"
ANEW = re.compile(r'<input type="checkbox" name="agreed_anew" value="([^"]+)"([^>]*)>')


def text(answer: Response) -> str:
    return answer.body.decode()


def filled(world: World, **changes: Any) -> dict[str, str]:
    form = text(staff(world).get(f"{FORM}?study={world.mine.id}"))
    once = re.search(r'name="once" value="([^"]*)"', form)
    assert once and not ANEW.search(form)
    return {
        "study": world.mine.id,
        "once": once[1],
        "days": "30",
        "audience": "patient",
        "language": "de",
        **changes,
    }


def withdrawn(world: World) -> str:
    """A share whose patient has withdrawn on its page; answers its identifier."""
    share = world.share().share
    assert staff(world).submit(f"{SHARES}/{share.id}/withdraw", {}).status == 303
    return share.id


def offered(answer: Response) -> str:
    """The value of the box that the refused form offers."""
    assert answer.status == 422 and "hat die Einwilligung widerrufen" in text(answer)
    found = ANEW.search(text(answer))
    assert found and "checked" not in found[2], "it is ticked by people alone"
    return found[1]


def removals(world: World) -> list[str]:
    return [event.who.text for event in world.store.events if event.action is Action.OBJECTION_REMOVED]


def test_who_agrees_anew_is_shared_again_and_it_is_recorded(world: World) -> None:
    old, form = withdrawn(world), filled(world)
    box = offered(staff(world).submit(FORM, form))
    answer = staff(world).submit(FORM, {**form, "agreed_anew": box})
    assert answer.status == 200 and 'id="password"' in text(answer)
    assert removals(world) == ["staff:reception"]
    (new,) = [share for share in world.store.shares.values() if share.id != old]
    # Who says that the person has agreed has noted the consent.
    assert new.consent and new.consent.recorded_by == "reception"
    assert world.store.shares[old].state(world.clock.now()) is ShareState.REVOKED
    assert staff(world).submit(FORM, filled(world)).status == 200


def test_without_the_tick_nothing_changes(world: World) -> None:
    withdrawn(world)
    form = filled(world, consent="1")
    box = offered(staff(world).submit(FORM, form))
    assert offered(staff(world).submit(FORM, form)) == box
    assert removals(world) == [] and len(world.store.shares) == 1


def test_a_tick_counts_for_the_objection_that_was_shown(world: World) -> None:
    withdrawn(world)
    form = filled(world)
    ticked = {**form, "agreed_anew": offered(staff(world).submit(FORM, form))}
    assert staff(world).submit(FORM, ticked).status == 200
    world.clock.advance(days=1)
    withdrawn(world)
    # The old page, loaded again, must not undo what the person has said since.
    assert offered(staff(world).submit(FORM, ticked)) != ticked["agreed_anew"]
    assert len(removals(world)) == 1


@pytest.mark.parametrize("value", ["1", "0", "x", "\x00"])
def test_a_made_up_tick_changes_nothing(world: World, value: str) -> None:
    withdrawn(world)
    offered(staff(world).submit(FORM, filled(world, agreed_anew=value)))
    assert removals(world) == []


@pytest.mark.parametrize("change", [{"days": "0"}, {"note": "\x01"}, {"more": "x"}])
def test_a_form_with_another_mistake_takes_nothing_back(world: World, change: dict[str, str]) -> None:
    withdrawn(world)
    form = filled(world)
    box = offered(staff(world).submit(FORM, form))
    assert staff(world).submit(FORM, {**form, "agreed_anew": box, **change}).status in (404, 422)
    assert removals(world) == []


def test_it_is_the_consent_that_the_practice_asks_for() -> None:
    world = build_world(require_consent=True)
    world.services.consent.object("ID Muster^Erika", "reception")
    form = filled(world, consent="1")
    box = offered(staff(world).submit(FORM, form))
    assert staff(world).submit(FORM, {**form, "consent": "", "agreed_anew": box}).status == 200


def test_an_identifier_that_cannot_be_named_is_offered_no_step(world: World) -> None:
    world.archive.studies[world.mine.id] = dataclasses.replace(world.mine, patient_id="x" * 65)
    withdrawn(world)
    answer = staff(world).submit(FORM, filled(world))
    assert answer.status == 422 and not ANEW.search(text(answer))
