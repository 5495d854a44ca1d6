"""A study whose tags were written by an attacker: everything is shown as text."""

from __future__ import annotations

import pytest

from ..support.api import SHARES, body
from ..support.browser import Browser, staff
from ..support.studies import orthanc_id, series, study
from ..support.world import World
from .test_portal_pages import Page, shown

MARK = "zqzq"
HOSTILE = [
    f"<script>{MARK}()</script>",
    f"<img src=x onerror={MARK}()>",
    f'"><svg onload={MARK}()>',
    f"' onmouseover='{MARK}()",
    f'" autofocus onfocus="{MARK}()',
    f"</title><script>{MARK}()</script>",
    f"-->{MARK}<!--",
    f"{{{{ {MARK} }}}}{{% raw %}}",
    f"%(number)d %s {MARK} {{n}}",
    f"javascript:{MARK}()",
    f"\u202e{MARK}\u2066\u200f",
    f"\x01\x07\x1b{MARK}\r\n\t\x0b",
    f"&lt;{MARK}&amp;&#39;",
    f"]]>{MARK}<![CDATA[",
    "A" * 20_000 + MARK,
    f"\U0001f600é漢字{MARK}",
]


def hostile(world: World, text: str) -> Browser:
    entry = study(
        "hostile",
        series("one", description=text, body_part=text, modality="CT"),
        series("two", number=2, description=text, body_part=text, modality=text[:16]),
        patient=f"{text}^{text}",
        birth_date=text,
        date=text,
        description=text,
    )
    world.archive.add(entry)
    browser, new = Browser(world), world.share(entry)
    assert browser.log_in(new.code.text, new.password.text).status == 303
    return browser


def skeleton(page: Page) -> list[tuple[str, tuple[str, ...]]]:
    """Elements and the names of their attributes: what an injection would change."""
    return [(tag, tuple(sorted(attributes))) for tag, attributes in page.elements]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("address", ["/portal/study", "/portal/series/1", "/portal/series/2", "/portal/full-viewer/1"])
def test_hostile_tags_are_shown_as_text(world: World, text: str, address: str) -> None:
    harmless = skeleton(shown(hostile(world, "harmless").get(address)))
    page = shown(hostile(world, text).get(address))
    assert skeleton(page) == harmless
    assert not [value for value in (*page.all("href"), *page.all("src")) if MARK in value]
    assert world.reported == []


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_a_visitor_types_is_shown_as_text(world: World, text: str) -> None:
    harmless = skeleton(shown(Browser(world).log_in("harmless", "x"), 400))
    page = shown(Browser(world).log_in(text, text), 400)
    assert skeleton(page) == harmless
    assert len(page.source) < 20_000
    assert skeleton(shown(Browser(world).get("/portal", accept_language=text))) == skeleton(
        shown(Browser(world).get("/portal"))
    )


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_tags_do_not_reach_headers_or_reports(world: World, text: str) -> None:
    browser = hostile(world, text)
    for address in ("/portal/study", "/portal/series/1", "/portal/series/1/images/1"):
        assert MARK not in repr(browser.get(address).headers)
    assert MARK not in "".join(world.reported)


def letter(world: World, text: str, audience: str) -> Page:
    hostile(world, text)
    answer = staff(world).json(SHARES, {"orthanc_id": orthanc_id("hostile"), "audience": audience})
    assert answer.status == 201
    return Page(body(answer)["handout_html"])


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("audience", ["patient", "referrer"])
def test_a_hostile_name_is_text_on_the_letter(world: World, text: str, audience: str) -> None:
    page = letter(world, text, audience)
    assert skeleton(page) == skeleton(letter(world, "harmless", audience))
    assert not [value for value in (*page.all("href"), *page.all("src")) if MARK in value]
