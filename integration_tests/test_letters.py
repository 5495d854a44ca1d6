"""Letters as PDF, looked at by programs that know nothing of this one: their text, their fonts, their QR code."""

from __future__ import annotations

import io
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import Browser

from harness.server import File, OrthancServer

from .support.practice import Practice, Share
from .support.studies import Studies, make_studies

LETTERS = "/patient-share/api/v1/letters"
MOST_LETTERS = 50


def order(share: Share) -> dict[str, str]:
    return {"share_id": share.id, "access_code": share.code, "password": share.password}


def printed(practice: Practice, *shares: Share, **more: Any) -> bytes:
    answer = practice.api("POST", LETTERS, json={"letters": [order(share) for share in shares], **more})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf"), answer.text
    return answer.content


def told(tool: str, *arguments: str) -> str:
    return subprocess.run([tool, *arguments], check=True, capture_output=True, text=True).stdout


def picture(pdf: Path, dots_per_inch: int) -> Image.Image:
    told("pdftoppm", "-r", str(dots_per_inch), "-png", "-singlefile", str(pdf), str(pdf.with_suffix("")))
    return Image.open(pdf.with_suffix(".png")).convert("L")


def picture_of(pdf: Path, target: Path) -> None:
    picture(pdf, 100).save(target)


def codes(image: Image.Image) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(image)]


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_letter_is_text_with_embedded_fonts_on_one_page(
    practice: Practice, studies: Studies, screenshots: Path, tmp_path: Path, language: str
) -> None:
    share = practice.share(studies.a.id, language=language)
    pdf = tmp_path / "letter.pdf"
    pdf.write_bytes(printed(practice, share))
    facts = told("pdfinfo", str(pdf))
    assert re.search(r"Pages: +1\n", facts) and re.search(r"Tagged: +yes", facts) and "A4" in facts
    text = told("pdftotext", "-layout", str(pdf), "-")
    assert share.code in text and share.password in text
    assert ("für" if language == "de" else "password") in text
    fonts = [line.split() for line in told("pdffonts", str(pdf)).splitlines()[2:]]
    assert fonts and all(line[-5] == "yes" and line[-4] == "yes" for line in fonts), fonts
    image = picture(pdf, 150)
    image.save(screenshots / f"letter-{language}.pdf.png")
    assert codes(image) == [share.link]
    # As a phone in a shaking hand would see it.
    photo = image.rotate(7, fillcolor=200, expand=True).filter(ImageFilter.GaussianBlur(1.6))
    assert codes(photo) == [share.link]


@pytest.mark.one_suite
def test_the_practices_logo_is_in_the_pdf_and_on_the_page(
    orthanc_image: str, chromium: Browser, screenshots: Path, tmp_path: Path
) -> None:
    picture = io.BytesIO()
    drawing = Image.new("RGB", (600, 150), "white")
    ImageDraw.Draw(drawing).ellipse((10, 10, 140, 140), fill=(14, 92, 100))
    drawing.save(picture, "PNG")
    practice_settings = {"Name": "Radiologie am Musterplatz", "LogoFile": "/etc/orthanc/logo.png"}
    files = {"/etc/orthanc/logo.png": File(picture.getvalue())}
    with OrthancServer(orthanc_image, {"PatientShare": {"Practice": practice_settings}}, files=files) as server:
        server.wait_ready()
        practice = Practice(server)
        share = practice.share(make_studies(server).a.id)
        pdf = tmp_path / "letter.pdf"
        pdf.write_bytes(printed(practice, share))
        assert len(told("pdfimages", "-list", str(pdf)).splitlines()) >= 3
        picture_of(pdf, screenshots / "letter-logo.pdf.png")
        user = next(iter(server.staff))
        page = chromium.new_page(http_credentials={"username": user, "password": server.staff[user]})
        page.goto(server.url + "/patient-share")
        page.evaluate(
            """fields => {
                const form = document.createElement("form");
                Object.assign(form, {method: "post", action: "/patient-share/letter"});
                for (const [name, value] of Object.entries(fields))
                    form.append(Object.assign(document.createElement("input"), {name, value}));
                document.body.append(form); form.submit();
            }""",
            {"share": share.id, "code": share.code, "password": share.password},
        )
        page.wait_for_selector("img.logo")
        assert page.evaluate("document.querySelector('img.logo').naturalWidth") == 600
        page.close()


def test_the_halves_for_two_ways_of_delivery(practice: Practice, studies: Studies, tmp_path: Path) -> None:
    share = practice.share(studies.a.id)
    for part, has_code, has_password in (("letter", True, False), ("password", False, True)):
        pdf = tmp_path / f"{part}.pdf"
        pdf.write_bytes(printed(practice, share, part=part))
        text = told("pdftotext", "-layout", str(pdf), "-")
        assert (share.code in text, share.password in text) == (has_code, has_password)
        assert codes(picture(pdf, 150)) == ([share.link] if has_code else [])
        assert re.search(r"Pages: +1\n", told("pdfinfo", str(pdf)))


@pytest.mark.one_suite
def test_many_letters_in_one_document_while_images_are_looked_at(
    practice: Practice, studies: Studies, tmp_path: Path
) -> None:
    shares = [practice.share(studies.a.id) for _ in range(MOST_LETTERS)]
    patient = practice.login(practice.share(studies.a.id))
    with ThreadPoolExecutor(1) as pool:
        making = pool.submit(printed, practice, *shares)
        seen = 0
        while not making.done():
            assert patient.get("/portal/series/1/images/1").status_code == 200
            seen += 1
            time.sleep(0.05)
        pdf = tmp_path / "letters.pdf"
        pdf.write_bytes(making.result())
    assert seen > 5
    pages = told("pdftotext", "-layout", str(pdf), "-").split("\f")[:-1]
    assert [share.password in page for share, page in zip(shares, pages, strict=True)] == [True] * MOST_LETTERS
    assert len(pdf.read_bytes()) < 1_500_000, "fonts are shared"


def test_nothing_of_a_letter_stays_on_the_disk_or_in_a_list_of_processes(practice: Practice, studies: Studies) -> None:
    share = practice.share(studies.a.id)
    printed(practice, share)
    server = practice.server
    every = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' ' '"
    listed = server.execute("sh", "-c", every, user="root")
    assert "pdf_worker" in listed.log
    find = f"grep -rlaF -e '{share.password}' -e '{share.code}' /tmp /var/tmp /run 2>/dev/null || true"
    left = server.execute("sh", "-c", find, user="root")
    assert share.password not in listed.log and left.log == ""


def test_the_process_that_makes_letters_is_replaced_and_goes_with_orthanc(practice: Practice, studies: Studies) -> None:
    share = practice.share(studies.a.id)
    printed(practice, share)
    find = "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline 2>/dev/null | grep -q [p]df_worker && basename $p; done"
    (number,) = practice.server.execute("sh", "-c", find).log.split()
    practice.server.execute("sh", "-c", f"kill -9 {number}")
    assert printed(practice, share).startswith(b"%PDF")
    assert number not in practice.server.execute("sh", "-c", find).log.split()
