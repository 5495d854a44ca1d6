from __future__ import annotations

import dataclasses
import zipfile
from io import BytesIO

import pytest

from orthanc_plugin.domain.audit_terms import Action
from orthanc_plugin.domain.policy import decide
from orthanc_plugin.domain.principal import Recipient
from orthanc_plugin.domain.report import ReportRule
from orthanc_plugin.domain.study import Place
from orthanc_plugin.domain.target import StudyData
from orthanc_plugin.web.wsgi_bridge import Response

from ..support.api import body
from ..support.browser import Browser, recipient, staff
from ..support.files import MemoryFiles
from ..support.report_files import PDF, dicom, item, pdf_of, structured
from ..support.studies import orthanc_id
from ..support.world import World

API = "/patient-share/api/v1/shares"


@pytest.fixture
def arrived(world: World) -> int:
    """The moment at which the third series, a report, arrived; its file is a PDF."""
    now = int(world.clock.now())
    study = world.archive.studies[world.mine.id]
    series = tuple(
        dataclasses.replace(one, report_at=now) if one.description == "Report" else one for one in study.series
    )
    world.archive.studies[world.mine.id] = dataclasses.replace(study, series=series)
    hand_out(world, dicom(PDF, EncapsulatedDocument=pdf_of("Befund CANARY ")))
    return now


def files(world: World) -> MemoryFiles:
    source = world.services.download_study.source
    assert isinstance(source, MemoryFiles)
    return source


def whole(answer: Response) -> bytes:
    assert answer.stream is not None
    return b"".join(answer.stream.chunks)


def hand_out(world: World, data: bytes) -> None:
    source = files(world)
    report = next(one for one in world.archive.studies[world.mine.id].series if one.description == "Report")
    (mine,), original = source.of(report.id), source.read
    source.read = lambda instance_id: data if instance_id == mine.id else original(instance_id)  # type: ignore[method-assign]


def ruled(world: World, text: str) -> Browser:
    """A recipient whose share shows reports by this rule."""
    browser = recipient(world)
    for share_id in world.store.shares:
        world.services.manage_share.set_report(share_id, ReportRule.parse(text), "reception")
    return browser


DOCUMENT = "/portal/series/3/documents/1"


def test_a_report_is_read_as_soon_as_it_may_be(world: World, arrived: int) -> None:
    browser = ruled(world, "at-once")
    assert f'href="{DOCUMENT}"' in browser.get("/portal/study").body.decode()
    answer = browser.get(DOCUMENT)
    assert (answer.status, answer.header("content-type")) == (200, "application/pdf")
    assert answer.body.startswith(b"%PDF-")
    assert answer.header("content-disposition") == 'inline; filename="Befund.pdf"'
    viewed = [event for event in world.store.events if event.action is Action.SERIES_VIEWED]
    assert len(viewed) == 1


@pytest.mark.parametrize("rule", ["never", "hold", "24h", "from:4000000000"])
def test_before_its_time_a_report_does_not_exist(world: World, arrived: int, rule: str) -> None:
    browser = ruled(world, rule)
    page = browser.get("/portal/study").body.decode()
    assert "documents" not in page and "Befund lesen" not in page and "3 Bildserien" in page
    for address in (DOCUMENT, "/portal/series/4", "/portal/series/4/thumbnail", "/portal/series/4/images.zip"):
        assert browser.get(address).status == 404
    stream = browser.get("/portal/download/images.zip").stream
    assert stream is not None
    with zipfile.ZipFile(BytesIO(b"".join(stream.chunks))) as archive:
        assert sum(name.startswith("DICOM/") for name in archive.namelist()) == 6


@pytest.mark.parametrize("rule", ["never", "hold", "24h"])
def test_a_report_that_has_just_arrived_among_images_takes_its_series_along(
    world: World, arrived: int, rule: str
) -> None:
    browser = ruled(world, rule)
    axial = world.mine.ordered_series[1]
    files(world).arrived[axial.id] = arrived
    late = orthanc_id("late").encode()
    for address in ("images", "pictures", "everything"):
        body = whole(browser.get(f"/portal/download/{address}.zip"))
        assert late not in body
        with zipfile.ZipFile(BytesIO(body)) as archive:
            found = archive.namelist()
        assert not [name for name in found if name.startswith(("DICOM/SE0002", "Bilder/02"))], address
        assert [name for name in found if name.startswith(("DICOM/SE0001", "Bilder/01"))], address
    assert browser.get("/portal/series/2/images.zip").status == 404
    for contents, others in (("dicom", 3), ("both", 3), ("pictures", 0)):
        form = {"contents": contents, "password": "Eine lange 1"}
        with zipfile.ZipFile(BytesIO(whole(browser.submit("/portal/download", form)))) as archive:
            assert sum(name.startswith("DICOM/") for name in archive.namelist()) == others
            assert not [name for name in archive.namelist() if name.startswith("Bilder/02")]


def test_a_newer_report_holds_back_the_older_one_of_its_series(world: World, arrived: int) -> None:
    new = world.share()
    world.services.manage_share.set_report(new.share.id, ReportRule.parse("1h"), "reception")
    world.clock.advance(3600)
    browser = Browser(world)
    browser.log_in(new.code.grouped, new.password.grouped)
    assert browser.get(DOCUMENT).status == 200
    report = next(one for one in world.mine.series if one.description == "Report")
    files(world).arrived[report.id] = int(world.clock.now())
    assert browser.get(DOCUMENT).status == 404
    assert b"DICOM/SE0003" not in whole(browser.get("/portal/download/images.zip"))
    world.clock.advance(3600)
    browser.log_in(new.code.grouped, new.password.grouped)
    assert browser.get(DOCUMENT).status == 200


def test_its_time_comes_and_a_clock_that_is_set_back_closes_it(world: World, arrived: int) -> None:
    new = world.share()
    world.services.manage_share.set_report(new.share.id, ReportRule.parse("1h"), "reception")
    world.clock.advance(3590)
    browser = Browser(world)
    browser.log_in(new.code.grouped, new.password.grouped)
    assert browser.get(DOCUMENT).status == 404
    world.clock.advance(10)
    assert browser.get(DOCUMENT).status == 200
    world.clock.advance(-5)
    assert browser.get(DOCUMENT).status == 404


def test_the_page_says_when_it_comes(world: World, arrived: int) -> None:
    assert "Der Befund kommt am" in ruled(world, "24h").get("/portal/study").body.decode()
    assert "Der Befund kommt am" in ruled(world, "from:4000000000").get("/portal/study").body.decode()
    for silent in ("hold", "never", "at-once"):
        assert "Der Befund kommt am" not in ruled(world, silent).get("/portal/study").body.decode()


def test_the_page_says_that_it_follows_where_none_is_there(world: World) -> None:
    assert "folgt 24 Stunden" in ruled(world, "24h").get("/portal/study").body.decode()


def test_a_structured_report_is_a_page(world: World, arrived: int) -> None:
    hand_out(world, structured(item("TEXT", "Beurteilung", TextValue="<b>unauffällig</b>"), CompletionFlag="PARTIAL"))
    text = ruled(world, "at-once").get(DOCUMENT).body.decode()
    assert "Beurteilung" in text and "&lt;b&gt;unauffällig" in text and "vorläufig" in text


@pytest.mark.parametrize("data", [b"", dicom(PDF, EncapsulatedDocument=b"<html> ")])
def test_one_that_cannot_be_shown_is_said_so(world: World, arrived: int, data: bytes) -> None:
    hand_out(world, data)
    answer = ruled(world, "at-once").get(DOCUMENT)
    assert answer.status == 404 and "Dieser Befund kann hier nicht gezeigt werden" in answer.body.decode()


def test_images_are_no_documents(world: World, arrived: int) -> None:
    browser = ruled(world, "at-once")
    for address in ("/portal/series/2/documents/1", "/portal/series/3/documents/2", "/portal/series/3/documents/0"):
        answer = browser.get(address)
        assert answer.status == 404 and "Befund" not in answer.body.decode()
    assert browser.get("/portal/series/3").status == 404


def test_native_routes_follow_the_same_rule(world: World, arrived: int) -> None:
    new = world.share()
    share = dataclasses.replace(new.share, report=ReportRule.parse("24h"))
    principal, now = Recipient(share, "hash"), float(arrived)
    images, report = Place(world.mine.id, "images"), Place(world.mine.id, "report", arrived)
    whole = Place(world.mine.id, None, arrived)
    for place, before in ((images, True), (report, False), (whole, False)):
        assert decide(principal, StudyData((place,)), now).allowed is before
        assert decide(principal, StudyData((place,)), now + 86_400).allowed


def test_staff_release_and_hold_it(world: World, arrived: int) -> None:
    browser = ruled(world, "hold")
    (share_id,) = world.store.shares
    office = staff(world)
    assert body(office.json(f"{API}/{share_id}/report", {"report": "at-once"}))["report"] == "at-once"
    assert browser.get(DOCUMENT).status == 200
    assert body(office.json(f"{API}/{share_id}/report", {"report": "2033-05-18T05:33:20+02:00"}))["report"].startswith(
        "2033-05-18T03:33:20"
    )
    assert browser.get(DOCUMENT).status == 404
    assert office.json(f"{API}/{share_id}/report", {"report": "soon"}).status == 422
    assert office.submit(f"/patient-share/shares/{share_id}/report", {"report": "24h"}).status == 303
    assert world.store.shares[share_id].report.text == "24h"
    # The button sends what is chosen beside it as well.
    assert office.submit(f"/patient-share/shares/{share_id}/report", {"report": "24h", "release": "1"}).status == 303
    assert world.store.shares[share_id].report.text == "at-once"
    released = [event.action for event in world.store.events if event.action.value.startswith("report")]
    timed = Action.REPORT_TIMED
    assert released == [timed, Action.REPORT_RELEASED, timed, timed, Action.REPORT_RELEASED]


def test_a_share_is_made_with_its_own_rule(world: World) -> None:
    made = body(staff(world).json(API, {"orthanc_id": world.mine.id, "report": "48h"}))
    assert made["report"] == "48h"
    assert body(staff(world).json(API, {"orthanc_id": world.mine.id}))["report"] == "at-once"
