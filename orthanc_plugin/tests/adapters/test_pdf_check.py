from __future__ import annotations

import io
from collections.abc import Callable

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String

from orthanc_plugin.adapters import pdf_check
from orthanc_plugin.adapters.pdf_check import checked_pdf
from orthanc_plugin.domain.report import UnusableReport


def javascript() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=String("app.alert('CANARY')"))


def written(
    change: Callable[[Pdf], None] = lambda _pdf: None, pages: int = 1, lock: pikepdf.Encryption | bool = False
) -> bytes:
    """A PDF with a line of text on each page, after `change`."""
    pdf = Pdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(200, 200))
        pdf.pages[-1].Contents = pdf.make_stream(b"BT /F1 12 Tf 20 100 Td (Befund) Tj ET")
    change(pdf)
    target = io.BytesIO()
    pdf.save(target, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable, encryption=lock)
    return target.getvalue()


def plain(data: bytes) -> bytes:
    """The same PDF with everything in it readable as text."""
    target = io.BytesIO()
    with Pdf.open(io.BytesIO(data)) as pdf:
        pdf.save(
            target,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.all,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
    return target.getvalue()


def test_the_pages_stay_as_they_are() -> None:
    found = checked_pdf(written(pages=3))
    with Pdf.open(io.BytesIO(found)) as pdf:
        assert len(pdf.pages) == 3
        assert b"(Befund) Tj" in pdf.pages[2].Contents.read_bytes()
        assert [int(value) for value in pdf.pages[0].MediaBox] == [0, 0, 200, 200]


def open_action(pdf: Pdf) -> None:
    pdf.Root.OpenAction = javascript()


def page_action(pdf: Pdf) -> None:
    pdf.pages[0].AA = Dictionary(O=javascript())


def named_script(pdf: Pdf) -> None:
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), pdf.make_indirect(javascript())])))


def launch(pdf: Pdf) -> None:
    link = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Link,
        Rect=[0, 0, 9, 9],
        A=Dictionary(S=Name.Launch, F=String("CANARY.exe"), Next=javascript()),
    )
    pdf.pages[0].Annots = Array([pdf.make_indirect(link)])


def inline_chain(pdf: Pdf) -> None:
    link = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Link,
        Rect=[0, 0, 9, 9],
        A=Dictionary(S=Name.GoTo, D=Array([0, Name.Fit]), Next=Array([javascript()])),
    )
    pdf.pages[0].Annots = Array([link])


def attached(pdf: Pdf) -> None:
    pdf.attachments["CANARY.exe"] = b"MZ CANARY"


def form(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(XFA=pdf.make_stream(b"<xdp>CANARY</xdp>"), Fields=Array([]))


def web_link(pdf: Pdf) -> None:
    link = Dictionary(
        Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=Dictionary(S=Name.URI, URI=String("http://CANARY/"))
    )
    pdf.pages[0].Annots = Array([link])


def film(pdf: Pdf) -> None:
    content = Dictionary(Assets=Dictionary(Names=Array([String("CANARY.swf"), pdf.make_stream(b"CANARY")])))
    one = Dictionary(Type=Name.Annot, Subtype=Name.RichMedia, Rect=[0, 0, 9, 9], RichMediaContent=content)
    pdf.pages[0].Annots = Array([pdf.make_indirect(one)])


@pytest.mark.parametrize(
    "change", [open_action, page_action, named_script, launch, inline_chain, attached, form, web_link, film]
)
def test_whatever_acts_is_taken_out(change: Callable[[Pdf], None]) -> None:
    hostile = written(change)
    assert b"CANARY" in plain(hostile)
    assert b"CANARY" not in plain(checked_pdf(hostile))


def test_a_link_to_another_page_stays() -> None:
    def contents(pdf: Pdf) -> None:
        link = Dictionary(Subtype=Name.Link, Rect=[0, 0, 9, 9], A=Dictionary(S=Name.GoTo, D=Array([0, Name.Fit])))
        pdf.pages[0].Annots = Array([link])

    with Pdf.open(io.BytesIO(checked_pdf(written(contents)))) as pdf:
        assert Name.GoTo == pdf.pages[0].Annots[0].A.S


def test_what_stands_before_and_after_is_not_handed_on() -> None:
    found = checked_pdf(b"<script>CANARY</script>\n" + written() + b"\nPK\x03\x04CANARY")
    assert found.startswith(b"%PDF-") and b"CANARY" not in found


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no PDF"),
        (b"<html>", "no PDF"),
        (b"x" * 2000 + b"%PDF-1.7", "no PDF"),
        (b"%PDF-1.7\n" + bytes(1000), "cannot be read"),
        (written(lock=pikepdf.Encryption(owner="o", user="u")), "locked"),
        (written(lock=pikepdf.Encryption(owner="o", user="")), "locked"),
        (written(pages=0), "pages"),
    ],
)
def test_what_is_no_readable_pdf_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(UnusableReport, match=reason):
        checked_pdf(data)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_one_is_refused_or_repaired(part: float) -> None:
    whole = written(pages=5)
    try:
        found = checked_pdf(whole[: int(len(whole) * part)])
    except UnusableReport:
        return
    with Pdf.open(io.BytesIO(found)) as pdf:
        assert len(pdf.pages) >= 1


def test_sizes_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    data = written(pages=4)
    monkeypatch.setattr(pdf_check, "MOST_PAGES", 3)
    with pytest.raises(UnusableReport, match="too many"):
        checked_pdf(data)
    monkeypatch.setattr(pdf_check, "LARGEST_PDF", 100)
    with pytest.raises(UnusableReport, match="too large"):
        checked_pdf(data)


def test_depth_has_a_limit() -> None:
    def deep(pdf: Pdf) -> None:
        one: pikepdf.Object = Dictionary()
        for _ in range(60):
            one = Dictionary(K=one)
        pdf.Root.Deep = one

    with pytest.raises(UnusableReport):
        checked_pdf(written(deep))
