from __future__ import annotations

import dataclasses
import io
import itertools
import subprocess
import zipfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from orthanc_plugin.domain.audit_terms import Action
from orthanc_plugin.domain.download import DownloadBroken
from orthanc_plugin.domain.report import ReportRule
from orthanc_plugin.use_cases.view_study import NotInShare
from orthanc_plugin.web.wsgi_bridge import Response

from ..support.browser import Browser, recipient, stranger
from ..support.files import MemoryFiles
from ..support.report_files import item, structured
from ..support.world import World

ALL = "/portal/download/images.zip"


def received(answer: Response) -> bytes:
    """The body as it arrives, of the length that was promised."""
    if answer.stream is None:
        return answer.body
    data = b"".join(answer.stream.chunks)
    assert len(data) == answer.stream.length
    return data


def names(answer: Response) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(received(answer))) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def exports(world: World) -> list[dict[str, object]]:
    return [dict(event.detail) for event in world.store.events if event.action is Action.EXPORTED]


@pytest.fixture
def browser(world: World) -> Browser:
    return recipient(world)


def test_everything_comes_in_one_file(world: World, browser: Browser) -> None:
    answer = browser.get(ALL)
    assert (answer.status, answer.header("content-type")) == (200, "application/zip")
    assert answer.header("content-disposition") == 'attachment; filename="Bilder.zip"'
    assert answer.header("cache-control") == "no-store"
    found = names(answer)
    assert found[:2] == ["LIESMICH.txt", "DICOMDIR"]
    assert [name for name in found if name.startswith("DICOM/")] == found[2:]
    assert len(found) == 2 + sum(series.instance_count for series in world.mine.series)


def test_one_series_comes_alone(browser: Browser) -> None:
    answer = browser.get("/portal/series/2/images.zip")
    assert names(answer)[2:] == [f"DICOM/SE0002/IM{number:06d}" for number in (1, 2, 3)]
    assert browser.get("/portal/series/9/images.zip").status == 404


def test_what_is_left_out_of_the_share_is_left_out_here(world: World, browser: Browser) -> None:
    (share,) = world.store.shares.values()
    axial = world.mine.ordered_series[1]
    world.store.shares[share.id] = dataclasses.replace(share, excluded_series=frozenset({axial.id}))
    world.clock.advance(seconds=10)
    found = names(browser.get(ALL))
    assert len(found) == 2 + sum(one.instance_count for one in world.mine.series if one is not axial)
    body = received(browser.get(ALL))
    assert world.services.download_study.source.of(axial.id)[0].id.encode() not in body


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_closed_share_gives_nothing(world: World, how: str) -> None:
    browser, new = Browser(world), world.share()
    browser.log_in(new.code.grouped, new.password.grouped)
    assert browser.get(ALL).status == 200
    world.close(new, how)
    assert browser.get(ALL).status == 403
    assert stranger(world).get(ALL).status == 403


def begun(world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch, address: str = ALL) -> Iterator[bytes]:
    """The rest of a download that looks at its share before each piece."""
    moments = itertools.count()
    monkeypatch.setattr(world.services.download_study, "monotonic", lambda: float(next(moments)))
    answer = browser.get(address)
    assert answer.stream is not None
    next(answer.stream.chunks)
    return answer.stream.chunks


def test_a_download_ends_when_the_share_is_revoked(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = begun(world, browser, monkeypatch)
    (share_id,) = world.store.shares
    world.services.manage_share.revoke(share_id, "reception")
    with pytest.raises(NotInShare):
        list(rest)


def test_a_download_ends_with_the_sessions_of_an_older_password(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = begun(world, browser, monkeypatch)
    (share_id,) = world.store.shares
    world.services.reissue_password(share_id, False, "reception")
    with pytest.raises(NotInShare):
        list(rest)


@pytest.mark.parametrize("rule", ["hold", "never", "24h", "from:4000000000"])
@pytest.mark.parametrize("address", [ALL, "/portal/series/3/images.zip", "/portal/download/pictures.zip"])
def test_a_download_ends_when_a_report_in_it_is_put_on_hold(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch, rule: str, address: str
) -> None:
    arrived = int(world.clock.now())
    files = world.services.download_study.source
    assert isinstance(files, MemoryFiles)
    report = world.mine.ordered_series[2]
    series = tuple(dataclasses.replace(one, report_at=arrived) if one == report else one for one in world.mine.series)
    world.archive.studies[world.mine.id] = dataclasses.replace(world.mine, series=series)
    files.arrived[report.id] = arrived
    monkeypatch.setattr(files, "read", lambda _: structured(item("TEXT", "x", TextValue="y")).ljust(2000, b"\0"))
    rest = begun(world, browser, monkeypatch, address)
    images = begun(world, browser, monkeypatch, "/portal/series/2/images.zip")
    (share_id,) = world.store.shares
    world.services.manage_share.set_report(share_id, ReportRule.parse(rule), "reception")
    with pytest.raises(NotInShare):
        list(rest)
    # Where no report is in it, it goes on.
    list(images)


def test_the_export_is_recorded_with_its_size(world: World, browser: Browser) -> None:
    received(browser.get("/portal/series/2/images.zip"))
    (found,) = exports(world)
    assert found["instances"] == 3


def test_an_export_in_parts_is_recorded_all_the_same(world: World, browser: Browser) -> None:
    for part in ("bytes=1-", "bytes=5-2000", "bytes=1-"):
        assert browser.get(ALL, range=part).status == 206
    assert len(exports(world)) == 1
    received(browser.get("/portal/series/2/images.zip"))
    assert len(exports(world)) == 2


def test_a_part_is_that_part_of_the_whole(browser: Browser) -> None:
    answer = browser.get(ALL)
    complete, tag = received(answer), answer.header("etag")
    part = browser.get(ALL, range="bytes=5000-", if_range=tag)
    assert (part.status, part.body) == (206, complete[5000:])
    assert part.header("content-range") == f"bytes 5000-{len(complete) - 1}/{len(complete)}"
    assert browser.get(ALL, range="bytes=10-19").body == complete[10:20]
    assert browser.get(ALL, range="bytes=-7").body == complete[-7:]


def test_a_part_of_something_else_is_not_sent(browser: Browser) -> None:
    answer = browser.get(ALL, range="bytes=10-", if_range='"another"')
    assert answer.status == 200
    received(answer)
    assert browser.get(ALL, range="bytes=99999999-").status == 416
    for odd in ("bytes=1-2,5-6", "lines=1-2", "bytes=b-a", "bytes=9-3"):
        several = browser.get(ALL, range=odd)
        assert several.status == 200
        received(several)


def test_a_long_part_is_sent_as_the_whole(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orthanc_plugin.web.portal_download.LONGEST_PART", 100)
    answer = browser.get(ALL, range="bytes=10-")
    assert answer.status == 200 and answer.stream is not None


def test_a_damaged_image_breaks_one_download_and_is_named_in_the_next(world: World, browser: Browser) -> None:
    source = world.services.download_study.source
    assert isinstance(source, MemoryFiles)
    axial = world.mine.ordered_series[1]
    source.broken.add(source.of(axial.id)[1].id)
    first = browser.get(ALL)
    with pytest.raises(DownloadBroken):
        received(first)
    answer = browser.get(ALL)
    assert answer.header("etag") != first.header("etag")
    with zipfile.ZipFile(io.BytesIO(received(answer))) as archive:
        assert "DICOM/SE0002/IM000002" not in archive.namelist()
        text = archive.read("LIESMICH.txt").decode("utf-8-sig")
    assert "Serie 2, Bild 2" in text


def test_only_so_many_downloads_at_once(browser: Browser) -> None:
    running = [browser.get(ALL) for _ in range(2)]
    assert browser.get(ALL, sec_fetch_mode="cors").status == 503
    for answer in running:
        assert answer.stream is not None and isinstance(answer.stream.chunks, Generator)
        answer.stream.chunks.close()
    received(browser.get(ALL))


def test_the_page_offers_it_with_its_size(browser: Browser) -> None:
    assert 'href="/portal/download"' in browser.get("/portal/study").body.decode()
    body = browser.get("/portal/download").body.decode()
    assert f'href="{ALL}"' in body and "1\N{NO-BREAK SPACE}MB" in body
    assert 'href="/portal/download/pictures.zip"' in body and "6 Bilder" in body


@pytest.mark.parametrize(
    ("days", "words"), [(22, ""), (23, "endet in 7 Tagen"), (29, "endet morgen"), (30, "endet heute")]
)
def test_the_page_reminds_of_the_download_before_the_end(world: World, days: int, words: str) -> None:
    new = world.share(days=30)
    world.clock.advance(days=days)
    browser = Browser(world)
    browser.log_in(new.code.grouped, new.password.grouped)
    body = browser.get("/portal/study").body.decode()
    assert (words in body) if words else ("Zugang endet" not in body)
    assert ("vorher herunter" in body) is bool(words)


def test_pictures_come_with_pages_that_need_no_server(world: World, browser: Browser) -> None:
    answer = browser.get("/portal/download/pictures.zip")
    assert answer.header("content-disposition") == 'attachment; filename="Bilder.zip"'
    with zipfile.ZipFile(io.BytesIO(received(answer))) as archive:
        names = archive.namelist()
        index, page = archive.read("index.html").decode(), archive.read("viewer/series-02.html").decode()
        picture = archive.read("Bilder/02/Bild-0001.jpg")
        readme = archive.read("LIESMICH.txt").decode("utf-8-sig")
    assert [name for name in names if name.startswith("Bilder/")] == [
        "Bilder/01/Bild-0001.jpg",
        *(f"Bilder/02/Bild-000{n}.jpg" for n in (1, 2, 3)),
        *(f"Bilder/04/Bild-000{n}.jpg" for n in (1, 2)),
    ]
    assert not [name for name in names if "DICOM" in name] and "index.html" in readme and "DICOMDIR" not in readme
    assert 'href="viewer/series-02.html"' in index and "Erika Muster" in index
    assert '"../Bilder/02/Bild-0003.jpg"' in page and "http" not in page.split("<svg")[0]
    for text in (index, page):
        assert "/portal/" not in text and "presence" not in text
    assert picture == world.archive.render(world.archive.images(world.mine.ordered_series[1].id)[0], 2048, None)
    # The series of the report holds no pictures, and counts as no export of one.
    assert exports(world)[-1]["instances"] == 6


def test_everything_holds_both(browser: Browser) -> None:
    found = names(browser.get("/portal/download/everything.zip"))
    assert {"index.html", "DICOMDIR", "DICOM/SE0002/IM000001", "Bilder/02/Bild-0001.jpg"} <= set(found)


def test_the_same_pictures_are_the_same_bytes_and_can_be_continued(browser: Browser) -> None:
    address = "/portal/download/pictures.zip"
    whole = received(browser.get(address))
    assert browser.get(address, range="bytes=500-").body == whole[500:]


def test_pictures_that_cannot_be_made_are_named(world: World, browser: Browser) -> None:
    world.archive.unavailable = {world.archive.images(world.mine.ordered_series[1].id)[1].instance_id}
    with zipfile.ZipFile(io.BytesIO(received(browser.get("/portal/download/pictures.zip")))) as archive:
        assert "Bilder/02/Bild-0002.jpg" not in archive.namelist()
        assert "Serie 2, Bild 2" in archive.read("LIESMICH.txt").decode("utf-8-sig")


def test_a_picture_that_changes_meanwhile_breaks_the_download(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = browser.get("/portal/download/pictures.zip")
    packed = world.services.download_study.pictures
    packed._kept.clear()
    monkeypatch.setattr(world.archive, "render", lambda *_: b"another")
    with pytest.raises(DownloadBroken):
        received(answer)
    assert len(received(browser.get("/portal/download/pictures.zip"))) > 0


def test_too_many_pictures_lead_back_to_the_page_that_says_so(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orthanc_plugin.use_cases.pack_pictures.MOST_PICTURES", 5)
    monkeypatch.setattr("orthanc_plugin.web.portal_download.MOST_PICTURES", 5)
    answer = browser.get("/portal/download/pictures.zip")
    assert (answer.status, answer.header("location")) == (303, "/portal/download")
    page = browser.get("/portal/download").body.decode()
    assert "pictures.zip" not in page and "so viele Bilder" in page


def test_only_one_of_a_share_prepares_pictures(world: World, browser: Browser) -> None:
    (share_id,) = world.store.shares
    world.services.download_study._preparing.add(share_id)
    assert browser.get("/portal/download/pictures.zip", sec_fetch_mode="cors").status == 503
    assert browser.get(ALL).status == 200


def test_nothing_of_a_tag_becomes_markup_or_a_path(world: World, browser: Browser) -> None:
    hostile = "</script><script>alert(1)</script>/../../x\\y"
    series = tuple(dataclasses.replace(one, description=hostile) for one in world.mine.series)
    world.archive.studies[world.mine.id] = dataclasses.replace(
        world.mine, series=series, description=hostile, patient_name=hostile
    )
    with zipfile.ZipFile(io.BytesIO(received(browser.get("/portal/download/pictures.zip")))) as archive:
        assert not [name for name in archive.namelist() if ".." in name or "\\" in name]
        for name in archive.namelist():
            if name.endswith(".html"):
                assert b"<script>alert" not in archive.read(name)


def test_a_file_under_a_password_opens_with_it_alone(world: World, browser: Browser, tmp_path: Path) -> None:
    form = {"contents": "both", "password": "Eine lange 1"}
    answer = browser.submit("/portal/download", form)
    body = received(answer)
    assert answer.status == 200 and b"Erika" not in body and world.mine.ordered_series[1].id.encode() not in body
    (tmp_path / "a.zip").write_bytes(body)
    for password, code in (("Eine lange 1", 0), ("Eine lange 2", 2)):
        done = subprocess.run(["7z", "t", f"-p{password}", tmp_path / "a.zip"], capture_output=True, check=False)
        assert done.returncode == code, done.stdout
    # Each time under other keys.
    assert received(browser.submit("/portal/download", form)) != body
    assert len(exports(world)) == 1


@pytest.mark.parametrize(
    "form",
    [
        {"contents": "both", "password": "short"},
        {"contents": "both", "password": "lang genug für ä"},
        {"contents": "both", "password": "x" * 65},
        {"contents": "all", "password": "1234567890"},
        {},
    ],
)
def test_a_password_that_serves_for_nothing_is_explained(browser: Browser, form: dict[str, str]) -> None:
    answer = browser.submit("/portal/download", form)
    body = answer.body.decode()
    assert answer.status == 422 and 'role="alert"' in body
    assert not form or form["password"] not in body
