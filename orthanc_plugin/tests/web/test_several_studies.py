"""A share of several examinations: wherever one of them is meant, a page says which."""

from __future__ import annotations

import dataclasses
import re

import pytest

from orthanc_plugin.use_cases.create_share import NewShare

from ..support.browser import Browser, staff
from ..support.world import World
from .test_report_api import add, pdf
from .test_staff_pages import FORM, SHARES, filled, text

CT, MR = "CT <Thorax>", "MR Knie"


@pytest.fixture
def named(world: World) -> World:
    """Two examinations of one person, with names of their own."""
    for study, name, day in ((world.mine, CT, "20260601"), (world.sibling, MR, "20251224")):
        world.archive.studies[study.id] = dataclasses.replace(study, description=name, study_date=day)
    return world


def both(world: World) -> str:
    """The page that shows the code of a new share of both."""
    answer = staff(world).submit(FORM, filled(world, more=world.sibling.id, report="at-once"))
    assert answer.status == 200
    return text(answer)


def patient(world: World, new: NewShare) -> str:
    browser = Browser(world)
    assert browser.log_in(new.code.grouped, new.password.grouped).status == 303
    return browser.get("/portal/study").body.decode()


def buttons(page: str) -> list[str]:
    """The words of the links to reports."""
    found = re.findall(r'<a class="button" href="/portal/series/\d+/documents/\d+"[^>]*>(.*?)</a>', page)
    return [re.sub(r"<br>", " ", one).replace("<bdi>", "").replace("</bdi>", "") for one in found]


def test_the_page_with_the_code_names_all(named: World) -> None:
    page = both(named)
    assert "CT &lt;Thorax&gt; · 01.06.2026<br>MR Knie · 24.12.2025" in page
    assert f"share?study={named.mine.id}&amp;audience=referrer" in page


def test_the_page_of_a_share_names_the_examination_of_each_file_and_report(named: World) -> None:
    both(named)
    add(named, pdf(), named.sibling.id)
    (share_id,) = named.store.shares
    page = text(staff(named).get(f"{SHARES}/{share_id}"))
    labels = re.findall(r'<label for="pdf-\d">(.*?)</label>', page)
    assert labels == ["PDF-Datei für: CT &lt;Thorax&gt; · 01.06.2026", "PDF-Datei für: MR Knie · 24.12.2025"]
    assert re.search(r"<p>Hinzugefügt: [^<]+<br>MR Knie · 24.12.2025</p>", page)
    assert "<summary>Diesen Befund löschen</summary>" in page


def test_one_examination_is_not_named_again(named: World) -> None:
    share_id = named.share().share.id
    add(named, pdf())
    page = text(staff(named).get(f"{SHARES}/{share_id}"))
    assert '<label for="pdf-1">PDF-Datei</label>' in page and re.search(r"<p>Hinzugefügt: [^<]+</p>", page)


def test_patients_read_which_examination_a_report_belongs_to(named: World) -> None:
    page = both(named)
    secrets = {name: re.search(rf'name="{name}" value="([^"]+)"', page) for name in ("code", "password")}
    browser = Browser(named)
    assert browser.log_in(*(found[1] for found in secrets.values() if found)).status == 303
    for study in (named.mine, named.sibling, named.sibling):
        add(named, pdf(), study.id)
    overview = browser.get("/portal/study").body.decode()
    assert [re.sub(r"<[^>]+>", "", one) for one in buttons(overview)] == [
        "Befund lesen CT &lt;Thorax&gt; · 01.06.2026",
        "Befund 1 lesen MR Knie · 24.12.2025",
        "Befund 2 lesen MR Knie · 24.12.2025",
    ]
    addresses = re.findall(r'href="(/portal/series/\d+/documents/\d+)"', overview)
    assert len(set(addresses)) == 3


def test_the_report_of_the_only_examination_bears_no_name(named: World) -> None:
    new = named.share()
    add(named, pdf())
    assert buttons(patient(named, new)) == ["<span>Befund lesen</span>"]
