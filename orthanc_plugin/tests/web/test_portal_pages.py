from __future__ import annotations

import re
from html.parser import HTMLParser

from orthanc_plugin.domain.share import Audience
from orthanc_plugin.domain.study import Window
from orthanc_plugin.web.wsgi_bridge import Response

from ..support.browser import Browser, recipient, staff, stranger
from ..support.studies import series, study
from ..support.world import World, build_world


class Page(HTMLParser):
    """What a browser would make of a page: elements with their attributes, and the text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.source = source
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.elements if name in attributes]


def shown(answer: Response, status: int = 200) -> Page:
    assert answer.status == status
    assert answer.header("content-type") == "text/html; charset=utf-8"
    return Page(answer.body.decode())


def pages(world: World, language: str = "en") -> dict[str, Page]:
    """Every page with the world's own study."""
    browser = recipient(world)
    browser.headers["accept-language"] = language
    office = staff(world)
    office.headers["accept-language"] = language
    return {
        "start": shown(stranger(world).get("/portal", accept_language=language)),
        "study": shown(browser.get("/portal/study")),
        "viewer": shown(browser.get("/portal/series/2")),
        "viewer of one image": shown(browser.get("/portal/series/1")),
        "full viewer": shown(browser.get("/portal/full-viewer/2")),
        "not found": shown(browser.get("/portal/nothing"), 404),
        "staff": shown(office.get("/patient-share")),
    }


def test_the_overview_shows_patient_study_and_series(world: World) -> None:
    page = pages(world)["study"]
    for words in (
        "Erika Muster",
        "Aug 12, 1964",
        "Jun 1, 2026",
        "Examination",
        "Scout",
        "Axial",
        "Friday, July 10, 2026",
    ):
        assert words in page.text, words
    assert "Series 4" in page.text
    assert "Other" not in page.text
    assert "/portal/series/3" not in page.all("href")
    assert {"/portal/series/1", "/portal/series/2", "/portal/series/4"} <= set(page.all("href"))


def test_the_overview_is_in_the_words_of_its_audience(world: World) -> None:
    texts = []
    for audience in (Audience.PATIENT, Audience.REFERRER):
        browser, new = Browser(world, {"accept-language": "en"}), world.share(audience=audience)
        browser.log_in(new.code.text, new.password.text)
        texts.append(shown(browser.get("/portal/study")).text)
    assert "Your images" in texts[0]
    assert "Your images" not in texts[1]


def test_the_viewer_knows_its_neighbours_and_leaves_out_what_cannot_be_shown(world: World) -> None:
    browser = recipient(world)
    links = {n: shown(browser.get(f"/portal/series/{n}")).all("href") for n in (1, 2, 4)}
    assert "/portal/series/2" in links[1]
    assert {"/portal/series/1", "/portal/series/4"} <= set(links[2])
    assert "/portal/series/2" in links[4]
    assert all("/portal/series/3" not in found for found in links.values())


def test_the_viewer_starts_in_the_middle_with_the_images_own_window(world: World) -> None:
    (viewer,) = [a for tag, a in pages(world)["viewer"].elements if a.get("id") == "viewer"]
    assert (viewer["data-count"], viewer["data-start"]) == ("3", "2")
    assert (viewer["data-center"], viewer["data-width"]) == ("40.0", "400.0")
    assert viewer["data-images-url"] == "/portal/series/2/images"


def test_presets_are_offered_where_grey_values_mean_something(world: World) -> None:
    browser = recipient(world)
    browser.headers["accept-language"] = "en"
    assert "Lung" in shown(browser.get("/portal/series/2")).text
    assert "Lung" not in shown(browser.get("/portal/series/4")).text


def test_a_colour_series_and_a_broken_image_still_have_a_viewer(world: World) -> None:
    browser = recipient(world)
    world.archive.window = None
    assert "data-center" not in shown(browser.get("/portal/series/2")).source
    world.archive.broken = True
    shown(browser.get("/portal/series/2"))
    world.archive.broken = False
    world.archive.window = Window(-0.5, 1e-3)
    shown(browser.get("/portal/series/2"))


def test_the_full_viewer_frames_orthancs_own_viewer_on_the_same_series(world: World) -> None:
    page = pages(world)["full viewer"]
    axial = next(entry for entry in world.mine.series if entry.description == "Axial")
    (frame,) = [attributes for tag, attributes in page.elements if tag == "iframe"]
    assert frame["src"] == f"/web-viewer/app/viewer.html?series={axial.id}"
    assert "allow-top-navigation" not in frame["sandbox"]


def test_without_orthancs_viewer_nothing_leads_to_it() -> None:
    world = build_world(viewers=False)
    browser = recipient(world)
    for address in ("/portal/study", "/portal/series/2"):
        assert "full-viewer" not in "".join(shown(browser.get(address)).all("href"))
    shown(browser.get("/portal/full-viewer/2"), 404)


def test_a_study_that_was_deleted_while_shared_sends_to_the_practice(world: World) -> None:
    browser = recipient(world)
    browser.headers["accept-language"] = "en"
    world.archive.studies.clear()
    for address in ("/portal/study", "/portal/series/1", "/portal/full-viewer/1", "/portal/series/1/images/1"):
        page = shown(browser.get(address), 410)
        assert "not available here any more" in page.text
        assert "+49 (0)30 1234" in page.text


def test_an_empty_study_has_an_overview(world: World) -> None:
    empty = study("empty", patient="", birth_date="", date="", description="")
    no_images = study("no images", series("x", instances=0), series("y", modality="SR"))
    world.archive.add(empty, no_images)
    for entry in (empty, no_images):
        browser, new = stranger(world), world.share(entry)
        browser.log_in(new.code.text, new.password.text)
        shown(browser.get("/portal/study"))


def test_addresses_of_files_of_the_theme_are_all_right(world: World) -> None:
    nobody = stranger(world)
    for name, page in pages(world).items():
        files = {
            value for attribute in ("src", "href", "data-theme") for value in page.all(attribute) if "/static/" in value
        }
        assert files
        for address in files:
            found = (staff(world) if name == "staff" else nobody).get(address)
            assert found.status == 200, (name, address)
            assert "immutable" in found.header("cache-control"), (name, address)


def test_pages_hold_nothing_inline_that_the_policy_would_forbid(world: World) -> None:
    for name, page in pages(world).items():
        for tag, attributes in page.elements:
            assert tag not in ("style", "base", "object", "embed"), name
            assert "style" not in attributes, (name, tag)
            assert not [attribute for attribute in attributes if attribute.startswith("on")], (name, tag)
            assert tag != "script" or attributes.get("src", "").startswith(
                ("/portal/static/", "/patient-share/static/")
            ), name
            assert not attributes.get("href", "").lower().startswith(("javascript:", "data:")), name


def test_pages_name_no_identifier_but_the_frame_that_needs_one(world: World) -> None:
    for name, page in pages(world).items():
        source = page.source
        if name == "full viewer":
            source = re.sub(r'<iframe id="frame" src="[^"]*"', "", source)
        assert world.mine.id not in source
        assert world.mine.study_instance_uid not in source
        assert not [entry.id for entry in world.mine.series if entry.id in source], name
