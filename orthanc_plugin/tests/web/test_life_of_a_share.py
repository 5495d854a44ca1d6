"""Pause, re-issue, several studies, studies that are still to come, consent: through the staff API and the portal."""

from __future__ import annotations

from typing import Any

import pytest

from orthanc_plugin.domain.study import StudySummary
from orthanc_plugin.web.wsgi_bridge import Response

from ..support.api import SHARES, body, created, problem
from ..support.browser import Browser, staff, stranger
from ..support.studies import series, study
from ..support.world import World, build_world

OBJECTIONS = "/patient-share/api/v1/objections"
PATIENT = {"patient_id": "ID Muster^Erika"}


def opened(world: World, share: dict[str, Any], status: int = 303) -> Browser:
    browser = stranger(world)
    assert browser.log_in(share["access_code"], share["password"]).status == status
    return browser


def change(world: World, share: dict[str, Any], verb: str, value: object = None) -> Response:
    office, address = staff(world), f"{SHARES}/{share['id']}/{verb}"
    return office.post(address) if value is None else office.json(address, value)


def late(accession: str = "A-9", patient: str = "Muster^Erika") -> StudySummary:
    return study("late", series("Late series"), accession=accession, patient=patient)


def test_a_paused_share_is_closed_at_once_and_opens_again_when_resumed(world: World) -> None:
    share = created(staff(world))
    patient = opened(world, share)
    assert body(change(world, share, "pause"))["state"] == "paused"
    assert patient.get("/portal/study").status == 403
    assert "angehalten" in stranger(world).log_in(share["access_code"], share["password"]).body.decode()
    assert body(change(world, share, "resume"))["state"] == "active"
    # The session that was open before the pause is over.
    assert patient.get("/portal/study").status == 403
    assert opened(world, share).get("/portal/study").status == 200


def test_a_revoked_share_can_neither_be_paused_nor_resumed_nor_reissued(world: World) -> None:
    share = created(staff(world))
    change(world, share, "revoke")
    for verb, value in (("pause", None), ("resume", None), ("reissue", {})):
        problem(change(world, share, verb, value), 409, "share-revoked")


def test_a_reissue_voids_the_old_password_and_its_sessions_but_not_the_code(world: World) -> None:
    share = created(staff(world))
    patient = opened(world, share)
    new = body(change(world, share, "reissue", {}))
    assert (new["access_code"], new["link"], new["handout_html"]) == (None, None, None)
    assert new["password"] != share["password"]
    assert patient.get("/portal/study").status == 403
    opened(world, share, status=401)
    opened(world, share | {"password": new["password"]})


def test_a_reissue_with_a_new_code_voids_the_old_letter(world: World) -> None:
    share = created(staff(world))
    new = body(change(world, share, "reissue", {"new_code": True}))
    assert new["access_code"] in new["handout_html"]
    assert new["link"].endswith(new["access_code"])
    opened(world, share, status=401)
    opened(world, share | {"password": new["password"]}, status=401)
    opened(world, new)


def test_a_session_of_a_replaced_password_is_nobodys_even_if_it_starts_late(world: World) -> None:
    share = created(staff(world))
    # The re-issue strikes between the verification of the old password and the start of its session.
    world.hasher.before = lambda: _reissue_once(world, share)
    patient = opened(world, share)
    assert patient.get("/portal/study").status == 403


def _reissue_once(world: World, share: dict[str, Any]) -> None:
    world.hasher.before = lambda: None
    world.services.reissue_password(share["id"], False, "reception")


def test_a_reissue_frees_a_share_that_waits_for_its_failures(world: World) -> None:
    share = created(staff(world))
    for _ in range(6):
        stranger(world).log_in(share["access_code"], "0" * 10)
    opened(world, share, status=503)
    new = body(change(world, share, "reissue", {}))
    opened(world, share | {"password": new["password"]})


def test_openings_are_counted(world: World) -> None:
    office, share = staff(world), created(staff(world))
    assert (share["opened"], share["first_opened_at"]) == (0, None)
    assert [s["id"] for s in body(office.get(f"{SHARES}?opened=false"))["shares"]] == [share["id"]]
    opened(world, share)
    world.clock.advance(days=1)
    opened(world, share)
    seen = body(office.get(f"{SHARES}/{share['id']}"))
    assert seen["opened"] == 2
    assert seen["first_opened_at"] < seen["last_opened_at"]
    assert body(office.get(f"{SHARES}?opened=false"))["shares"] == []


def test_a_share_of_two_studies_shows_both_and_no_third(world: World) -> None:
    ids = [world.mine.id, world.sibling.id]
    share = created(staff(world), orthanc_id=None, studies=[{"orthanc_id": each} for each in ids])
    assert [each["orthanc_id"] for each in share["studies"]] == ids
    patient = opened(world, share)
    page = patient.get("/portal/study").body.decode()
    assert "Sibling series" in page
    assert "Foreign series" not in page
    last = len(world.mine.series) + 1
    assert patient.get(f"/portal/series/{last}/images/1").status == 200
    assert patient.get(f"/portal/series/{last + 1}/images/1").status == 404


def test_studies_of_two_patients_cannot_be_in_one_share(world: World) -> None:
    named = [{"orthanc_id": each.id} for each in (world.mine, world.foreign)]
    problem(staff(world).json(SHARES, {"studies": named}), 422, "invalid-input")


@pytest.mark.parametrize(
    "wanted",
    [
        {"studies": []},
        {"studies": [{}]},
        {"studies": [{"accession_number": "A-1"}], "accession_number": "A-1"},
        {"studies": [{"accession_number": "A-1"}, {"accession_number": "A-1"}]},
        {"studies": [{"accession_number": "A-1", "orthanc_id": "x"}]},
        {"studies": [{"accession_number": "A-1", "note": "x"}]},
        {"studies": [{"accession_number": "A-1"}] * 21},
    ],
)
def test_a_list_of_studies_that_cannot_be_used(world: World, wanted: dict[str, Any]) -> None:
    problem(staff(world).json(SHARES, wanted), 422, "invalid-input")
    assert not world.store.shares


def test_a_share_made_before_the_images_shows_them_once_they_are_there(world: World) -> None:
    order = {"accession_number": "A-9"}
    problem(staff(world).json(SHARES, order), 404, "study-not-found")
    share = body(staff(world).json(SHARES, {**order, "may_arrive_later": True}))
    assert (share["presence"], share["orthanc_id"]) == ("awaited", None)
    patient = opened(world, share)
    assert "noch nicht da" in patient.get("/portal/study").body.decode()
    assert patient.get("/portal/series/1").status == 404
    world.archive.add(late())
    assert "Late series" in patient.get("/portal/study").body.decode()
    assert body(staff(world).get(f"{SHARES}/{share['id']}"))["presence"] == "present"


def test_an_awaited_study_of_another_patient_does_not_come_into_the_share(world: World) -> None:
    order = {"accession_number": "A-9", "may_arrive_later": True, **PATIENT}
    share = body(staff(world).json(SHARES, order))
    world.archive.add(late(patient="Other^Person"))
    assert "noch nicht da" in opened(world, share).get("/portal/study").body.decode()


def test_an_awaited_study_must_be_of_the_patient_whose_studies_the_share_holds(world: World) -> None:
    named = [{"orthanc_id": world.mine.id}, {"accession_number": "A-9"}]
    share = body(staff(world).json(SHARES, {"studies": named, "may_arrive_later": True}))
    world.archive.add(late(patient="Other^Person"))
    assert "Late series" not in opened(world, share).get("/portal/study").body.decode()


def test_two_studies_that_answer_to_an_awaited_number_are_both_left_out(world: World) -> None:
    share = body(staff(world).json(SHARES, {"accession_number": "A-9", "may_arrive_later": True}))
    world.archive.add(late(), study("later", series("Other"), accession="A-9"))
    assert "noch nicht da" in opened(world, share).get("/portal/study").body.decode()


def test_the_sweep_notices_what_came_and_what_went(world: World) -> None:
    share = body(staff(world).json(SHARES, {"accession_number": "A-9", "may_arrive_later": True}))
    there = created(staff(world))
    world.archive.add(late())
    world.archive.studies.pop(world.mine.id)
    assert world.services.arrivals.sweep() == 2
    assert body(staff(world).get(f"{SHARES}/{share['id']}"))["presence"] == "present"
    assert body(staff(world).get(f"{SHARES}/{there['id']}"))["presence"] == "gone"
    world.archive.add(world.mine)
    assert world.services.arrivals.sweep() == 1
    assert body(staff(world).get(f"{SHARES}/{there['id']}"))["presence"] == "present"


def test_only_a_closed_share_can_be_deleted(world: World) -> None:
    office, share = staff(world), created(staff(world))
    address = f"{SHARES}/{share['id']}"
    problem(office.request("DELETE", address), 409, "share-open")
    change(world, share, "revoke")
    assert office.request("DELETE", address).status == 204
    problem(office.get(address), 404, "share-not-found")
    opened(world, share, status=401)


def test_consent_can_be_required() -> None:
    world = build_world(require_consent=True)
    problem(staff(world).json(SHARES, {"orthanc_id": world.mine.id}), 422, "invalid-input")
    assert created(staff(world), consent=True)["consent"]["recorded_by"] == "reception"


def test_consent_can_be_recorded_later(world: World) -> None:
    share = created(staff(world))
    assert share["consent"] is None
    assert body(change(world, share, "consent"))["consent"]["recorded_by"] == "reception"


def test_who_objects_is_not_shared_and_every_share_of_them_is_revoked(world: World) -> None:
    office, share, other = staff(world), created(staff(world)), created(staff(world), orthanc_id=world.foreign.id)
    patient = opened(world, share)
    assert body(office.json(OBJECTIONS, PATIENT)) == {"revoked_shares": 1}
    assert patient.get("/portal/study").status == 403
    problem(office.json(SHARES, {"orthanc_id": world.mine.id}), 409, "patient-objects")
    assert body(office.json(f"{OBJECTIONS}/check", PATIENT))["objects"] is True
    opened(world, other)
    assert office.json(f"{OBJECTIONS}/remove", PATIENT).status == 204
    problem(office.json(f"{OBJECTIONS}/remove", PATIENT), 404, "no-objection")
    created(office)


def test_withdrawn_consent_closes_all_shares_of_the_patient(world: World) -> None:
    shares = [created(staff(world)), created(staff(world), orthanc_id=world.sibling.id)]
    assert body(change(world, shares[0], "withdraw-consent")) == {"revoked_shares": 2}
    for share in shares:
        opened(world, share, status=403)
    problem(staff(world).json(SHARES, {"orthanc_id": world.sibling.id}), 409, "patient-objects")


def test_who_objected_before_the_images_came_is_not_shared_by_an_older_order(world: World) -> None:
    share = body(staff(world).json(SHARES, {"accession_number": "A-9", "may_arrive_later": True}))
    assert body(staff(world).json(OBJECTIONS, PATIENT)) == {"revoked_shares": 0}
    world.archive.add(late())
    opened(world, share, status=403)
    assert body(staff(world).get(f"{SHARES}/{share['id']}"))["state"] == "revoked"


def test_an_objection_while_a_share_is_made_leaves_no_share(world: World) -> None:
    hasher = world.hasher
    original = hasher.hash

    def objecting(password: Any) -> str:
        world.services.consent.object("ID Muster^Erika", "reception")
        return original(password)

    hasher.hash = objecting  # type: ignore[method-assign]
    problem(staff(world).json(SHARES, {"orthanc_id": world.mine.id}), 409, "patient-objects")
    assert not world.store.shares


@pytest.mark.parametrize("patient_id", ["", " ", "x" * 65, "a\x00b"])
def test_a_patients_identifier_that_cannot_be_used(world: World, patient_id: str) -> None:
    problem(staff(world).json(OBJECTIONS, {"patient_id": patient_id}), 422, "invalid-input")
