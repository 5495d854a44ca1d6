"""Reports that staff add as PDF: through the API, and on the page of a share."""

from __future__ import annotations

import io
import json

import pikepdf
import pytest

from orthanc_plugin.domain.audit_terms import Action
from orthanc_plugin.domain.errors import Unavailable

from ..support.browser import recipient, staff
from ..support.reports import MemoryReports
from ..support.world import World

API = "/patient-share/api/v1"


def pdf(script: bool = False) -> bytes:
    """A page, and perhaps something that acts."""
    made, target = pikepdf.new(), io.BytesIO()
    made.add_blank_page()
    if script:
        made.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    made.save(target)
    return target.getvalue()


def keeper(world: World) -> MemoryReports:
    found = world.services.look_after_reports.keeper
    assert isinstance(found, MemoryReports)
    return found


def add(world: World, data: bytes, study_id: str = "", **headers: str) -> tuple[int, dict[str, object]]:
    address = f"{API}/studies/{study_id or world.mine.id}/reports"
    answer = staff(world).post(address, data, **{"content_type": "application/pdf", **headers})
    return answer.status, json.loads(answer.body)


def test_a_pdf_is_kept_without_what_acts_and_recorded(world: World) -> None:
    status, body = add(world, pdf(script=True))
    assert status == 201 and body["study_id"] == world.mine.id
    (kept,) = keeper(world).pdfs.values()
    assert b"JavaScript" not in kept and kept.startswith(b"%PDF-")
    (event,) = [event for event in world.store.events if event.action is Action.REPORT_ADDED]
    assert event.studies == (world.mine.study_instance_uid,) and event.who.text == "staff:reception"
    listed = json.loads(staff(world).get(f"{API}/studies/{world.mine.id}/reports").body)["reports"]
    assert [one["id"] for one in listed] == [body["id"]]


@pytest.mark.parametrize(
    ("data", "content_type", "status", "code"),
    [
        (b"hello", "application/pdf", 422, "unusable-report"),
        (b"", "application/pdf", 422, "unusable-report"),
        (b"%PDF-1.4 and then nothing", "application/pdf", 422, "unusable-report"),
        (b"{}", "application/json", 415, "unsupported-media-type"),
    ],
)
def test_what_is_no_pdf_is_refused_with_its_reason(
    world: World, data: bytes, content_type: str, status: int, code: str
) -> None:
    answer = add(world, data, content_type=content_type)
    assert answer[0] == status and answer[1]["code"] == code
    assert not keeper(world).pdfs


def test_a_pdf_that_is_too_large_is_refused_before_it_is_looked_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orthanc_plugin.web.report_api.LARGEST_PDF", 1000)
    assert add(world, pdf() + b" " * 2000)[0] == 413


def test_an_unknown_study_is_said(world: World) -> None:
    assert add(world, pdf(), "0" * 8)[1]["code"] == "study-not-found"


def test_an_archive_that_is_full_is_a_fault_of_the_moment(world: World) -> None:
    keeper(world).broken = True
    assert add(world, pdf())[0] == 503


def test_what_cannot_be_recorded_does_not_happen(world: World) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise Unavailable

    object.__setattr__(world.services.look_after_reports, "record", refuse)
    assert add(world, pdf())[0] == 503
    assert not keeper(world).kept


def test_only_what_was_added_here_can_be_taken_out(world: World) -> None:
    _, body = add(world, pdf())
    foreign = world.mine.ordered_series[2].id
    assert staff(world).request("DELETE", f"{API}/reports/{foreign}").status == 404
    assert staff(world).request("DELETE", f"{API}/reports/{body['id']}").status == 204
    assert not keeper(world).kept
    assert staff(world).request("DELETE", f"{API}/reports/{body['id']}").status == 404
    assert [event.action for event in world.store.events if "report-removed" in event.action] == [Action.REPORT_REMOVED]


def test_the_page_of_a_share_lists_what_was_added_and_takes_out_only_that(world: World) -> None:
    new, _ = world.share(), add(world, pdf())
    (report_id,) = keeper(world).kept
    page = f"/patient-share/shares/{new.share.id}"
    assert f'value="{report_id}"' in staff(world).get(page).body.decode()
    assert f"{API}/studies/{world.mine.id}/reports" in staff(world).get(page).body.decode()
    add(world, pdf(), world.foreign.id)
    other = list(keeper(world).kept)[-1]
    desk = staff(world)
    assert desk.submit(f"{page}/unreport", {"report": other}).status == 404
    assert desk.submit(f"{page}/unreport", {"report": report_id}).header("location") == f"{page}?done=report-removed"
    assert list(keeper(world).kept) == [other]


def test_recipients_and_strangers_add_nothing(world: World) -> None:
    browser = recipient(world)
    assert browser.post(f"{API}/studies/{world.mine.id}/reports", pdf(), content_type="application/pdf").status == 401
    assert not keeper(world).pdfs
