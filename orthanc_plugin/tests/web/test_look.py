"""The practice's colour and logo on the pages."""

from __future__ import annotations

import base64
import dataclasses
import io
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.web.look import LEAST_CONTRAST, contrast, look_css, text_css
from orthanc_plugin.web.theme import theme_folder

from ..support.browser import Browser, recipient, stranger
from ..support.world import World, build_world

PNG = b"\x89PNG\r\n\x1a\nx"


def test_contrast_is_what_the_guidelines_say() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == 1


@pytest.mark.parametrize("colour", ["", "red", "#fff", "#12345g", "#0d5c66;}", "url(x)", "#0d5c66\n"])
def test_what_is_no_colour_is_refused(colour: str) -> None:
    with pytest.raises(ValueError, match="must be a colour"):
        look_css(colour)


@pytest.mark.parametrize("colour", ["#ffffff", "#ffcc00", "#8bc34a"])
def test_what_is_too_pale_is_refused_with_its_contrast(colour: str) -> None:
    with pytest.raises(ValueError, match="contrast is"):
        look_css(colour)


@given(st.integers(0, 0xFFFFFF))
def test_every_colour_is_refused_or_can_be_read_in_light_and_dark(number: int) -> None:
    colour = f"#{number:06x}"
    try:
        style = look_css(colour)
    except ValueError:
        return
    light, dark = (dict(re.findall(r"(--[a-z-]+):(#[0-9a-f]{3,6})", part)) for part in style.split("@media"))
    for ground in ("#f6f4ef", "#ffffff"):
        assert contrast(light["--brand"], ground) >= LEAST_CONTRAST
    for ground in ("#1b2529", "#12191c", dark["--on-brand"]):
        assert contrast(dark["--brand"], ground) >= LEAST_CONTRAST - 0.01


@pytest.fixture
def own() -> World:
    """A practice with colour and logo."""
    world = build_world()
    logo = "data:image/png;base64," + base64.b64encode(PNG).decode()
    practice = dataclasses.replace(world.services.practice, look=look_css("#7a1f5c"), logo=logo)
    object.__setattr__(world.services, "practice", practice)
    return world


def test_both_are_on_every_page_from_here_alone(own: World) -> None:
    for browser, path in ((stranger(own), "/portal"), (recipient(own), "/portal/study")):
        body = browser.get(path).body.decode()
        style = re.search(r'href="(/portal/static/[0-9a-f]+/look\.css)"', body)
        logo = re.search(r'src="(/portal/static/[0-9a-f]+/logo\.png)"', body)
        assert style and logo and body.index("portal.css") < body.index("look.css")
        assert b"#7a1f5c" in browser.get(style[1]).body and browser.get(logo[1]).body == PNG


def test_they_go_home_with_the_pictures(own: World) -> None:
    answer = recipient(own).get("/portal/download/pictures.zip")
    assert answer.stream is not None
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.stream.chunks))) as archive:
        assert archive.read("viewer/logo.png") == PNG and b"#7a1f5c" in archive.read("viewer/look.css")
        assert 'href="viewer/look.css"' in archive.read("index.html").decode()


def test_without_them_nothing_is_asked_for(world: World) -> None:
    body = Browser(world).get("/portal").body.decode()
    assert "look.css" not in body and "logo.png" not in body


def test_the_size_of_text_follows_the_themes_own() -> None:
    css = (theme_folder() / "static" / "portal.css").read_text(encoding="utf-8")
    assert "font-size: 112.5%" in css
    assert text_css(100) == "" and text_css(120) == "html{font-size:135%}\n"
