"""The printed letter: its QR code, read from a picture by an independent decoder, leads to the login."""

from __future__ import annotations

from pathlib import Path

import zxingcpp
from PIL import Image
from playwright.sync_api import Browser

from .support.practice import Practice
from .support.studies import Studies

A4_AT_96_DPI = {"width": 794, "height": 1123}


def test_the_letter_leads_to_the_login(
    chromium: Browser, practice: Practice, studies: Studies, screenshots: Path, tmp_path: Path
) -> None:
    for language in ("de", "en"):
        share = practice.share(studies.a.id, language=language)
        letter = tmp_path / "letter.html"
        letter.write_text(share.handout, encoding="utf-8")
        page = chromium.new_page(viewport=A4_AT_96_DPI, device_scale_factor=2)
        requests: list[str] = []
        page.on("request", lambda request, seen=requests: seen.append(request.url))
        page.goto(letter.as_uri())
        page.emulate_media(media="print")
        picture = screenshots / f"letter-{language}.png"
        page.screenshot(path=str(picture), full_page=True)
        assert requests == [letter.as_uri()], "a letter loads nothing"
        assert page.evaluate("document.documentElement.scrollHeight") <= A4_AT_96_DPI["height"], "one page"
        text = page.inner_text("body")
        assert share.code in text and share.password in text
        links = [code.text for code in zxingcpp.read_barcodes(Image.open(picture))]
        assert links == [share.link]
        page.goto(links[0])
        assert page.input_value("#code").replace("-", "") == share.code.replace("-", "")
        page.fill("#password", share.password)
        page.press("#password", "Enter")
        page.wait_for_url("**/portal/study")
        page.close()
