"""What is said to the administrator never names a patient and never holds a code or a password."""

from __future__ import annotations

from typing import Any

import pytest

from ..support.browser import Browser, recipient, staff
from ..support.world import STAFF_PASSWORD, World

SECRET = "Muster^Erika"


class Failing:
    """Fails with everything it was given in the text of the exception."""

    def __init__(self, fault: type[Exception]) -> None:
        self.fault = fault

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        raise self.fault(f"{SECRET} {arguments} {named}")


@pytest.mark.parametrize("fault", [RuntimeError, KeyError, UnicodeError, OSError, AssertionError, RecursionError])
def test_reports_hold_the_kind_of_a_fault_and_its_place_alone(world: World, fault: type[Exception]) -> None:
    new = world.share()
    patient, office = recipient(world), staff(world)
    world.archive.study = Failing(fault)  # type: ignore[method-assign]
    world.archive.render = Failing(fault)  # type: ignore[method-assign]
    world.archive.find_studies = Failing(fault)  # type: ignore[method-assign]
    answers = [
        Browser(world).log_in(new.code.grouped, new.password.grouped),
        patient.get("/portal/study"),
        patient.get("/portal/series/1"),
        office.json("/patient-share/api/v1/shares", {"accession_number": SECRET}),
    ]
    assert [answer.status for answer in answers] == [500] * 4
    assert len(world.reported) == 4
    everything = "\n".join(world.reported) + "".join(answer.body.decode() for answer in answers)
    for secret in (
        SECRET,
        "Erika",
        new.code.text,
        new.code.grouped,
        new.password.text,
        new.password.grouped,
        STAFF_PASSWORD,
    ):
        assert secret not in everything
    assert all(fault.__name__ in line and ".py:" in line for line in world.reported)
    assert all("\n" not in line and len(line) < 200 for line in world.reported)


def test_refusals_are_not_reported_at_all(world: World) -> None:
    new = world.share()
    browser = Browser(world)
    for code, password in (
        ("x", "y"),
        (new.code.text, "y"),
        (new.code.text, "0000000000"),
        (new.code.text, new.password.text),
    ):
        browser.log_in(code, password)
    world.archive.studies.clear()
    browser.get("/portal/study"), browser.get("/portal/nothing"), Browser(world).get("/portal/study")
    assert world.reported == []


def test_a_login_that_fails_inside_tells_nobody_what_was_typed(world: World) -> None:
    new = world.share()
    world.hasher.before = Failing(MemoryError)
    answer = Browser(world).log_in(new.code.grouped, new.password.grouped)
    assert answer.status == 500
    for secret in (new.code.text, new.password.text, new.password.grouped):
        assert secret not in answer.body.decode()
        assert secret not in "".join(world.reported)
