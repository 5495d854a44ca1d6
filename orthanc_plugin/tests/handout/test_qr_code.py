from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from orthanc_plugin.handout.qr_code import qr_svg

SVG = "{http://www.w3.org/2000/svg}"
LINKS = [
    "https://portal.practice.example/portal/#ABCDE-FGHJK-MNPQ",
    "http://127.0.0.1:8042/portal/#00000-00000-0000",
    f"https://{'a' * 60}.{'b' * 60}.example:8443/portal/#ZZZZZ-ZZZZZ-ZZZZ",
]


def drawn(svg: str, scale: int = 4) -> tuple[Image.Image, int]:
    """The picture that the vector graphic describes, and its side in modules."""
    root = ElementTree.fromstring(svg)
    side = int(root.attrib["viewBox"].split()[2])
    path = root.find(f"{SVG}path")
    assert path is not None
    picture = Image.new("L", (side * scale, side * scale), 255)
    draw = ImageDraw.Draw(picture)
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", path.attrib["d"]):
        left, top = int(x) * scale, int(y) * scale
        draw.rectangle((left, top, left + scale - 1, top + scale - 1), fill=0)
    return picture, side


@pytest.mark.parametrize("link", LINKS)
def test_another_reader_finds_the_link_in_the_code(link: str) -> None:
    picture, _ = drawn(qr_svg(link))
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.text == link
    assert found.format == zxingcpp.BarcodeFormat.QRCode


def test_a_stain_on_the_paper_does_no_harm() -> None:
    picture, side = drawn(qr_svg(LINKS[0]), 8)
    centre, stain = side * 4, side // 2
    ImageDraw.Draw(picture).ellipse((centre, centre, centre + 4 * stain // 2, centre + 4 * stain // 2), fill=0)
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.text == LINKS[0]


def test_the_code_has_a_quiet_zone_of_four_modules() -> None:
    picture, side = drawn(qr_svg(LINKS[0]), 1)
    box = picture.point(lambda value: 255 - value).getbbox()
    assert box == (4, 4, side - 4, side - 4)


def test_the_graphic_names_nothing_but_itself() -> None:
    svg = qr_svg('https://x/"><script>')
    root = ElementTree.fromstring(svg)
    assert {element.tag for element in root.iter()} == {f"{SVG}svg", f"{SVG}rect", f"{SVG}path"}
    assert "script" not in svg
