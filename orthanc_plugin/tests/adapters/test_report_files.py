from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from orthanc_plugin.adapters import report_files
from orthanc_plugin.adapters.report_files import read_report
from orthanc_plugin.domain.report import ReportLine, UnusableReport

from ..support.report_files import PDF, SR, coded, dicom, item, pdf_of, structured


def test_a_pdf_comes_out_of_its_wrapping() -> None:
    odd = pdf_of("Befund") + b"\n"
    found = read_report(dicom(PDF, EncapsulatedDocument=odd + b"\0" * (len(odd) % 2)))
    assert found.pdf is not None and found.pdf.startswith(b"%PDF-")


def test_a_structured_report_is_read_from_top_to_bottom() -> None:
    size = Dataset()
    size.NumericValue, size.MeasurementUnitsCodeSequence = "12.5", coded("mm")
    found = read_report(
        structured(
            item("TEXT", "Anamnese", TextValue="Kopfschmerz\r\nseit Tagen"),
            item(
                "CONTAINER",
                "Befunde",
                item("NUM", "Größe", MeasuredValueSequence=[size]),
                item("CODE", "Lage", ConceptCodeSequence=coded("links")),
            ),
            item("PNAME", "Arzt", PersonName="Muster^Max"),
        )
    )
    assert found.title == "Radiologischer Befund"
    assert found.lines == (
        ReportLine(0, "Anamnese", "Kopfschmerz\nseit Tagen"),
        ReportLine(0, "Befunde", ""),
        ReportLine(1, "Größe", "12.5 mm"),
        ReportLine(1, "Lage", "links"),
        ReportLine(0, "Arzt", "Muster^Max"),
    )
    assert found.final and found.verified


def test_what_is_preliminary_is_said() -> None:
    text = item("TEXT", "Befund", TextValue="ja")
    found = read_report(structured(text, CompletionFlag="PARTIAL", VerificationFlag="UNVERIFIED"))
    assert not found.final and not found.verified


def test_who_observed_is_left_out() -> None:
    context = item("TEXT", "Gerät", TextValue="GERAET")
    context.RelationshipType = "HAS OBS CONTEXT"
    found = read_report(structured(context, item("TEXT", "Befund", TextValue="ja")))
    assert [line.text for line in found.lines] == ["ja"]


def test_control_characters_do_not_reach_the_page() -> None:
    found = read_report(structured(item("TEXT", "Befund", TextValue="a\x07b\u202ec")))
    assert found.lines[0].text == "abc"


def deep(levels: int) -> Dataset:
    one = item("TEXT", "Befund", TextValue="ja")
    for _ in range(levels):
        one = item("CONTAINER", "Teil", one)
    return one


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no DICOM",
        dicom(PDF),
        dicom(PDF, EncapsulatedDocument=b"<html></html> "),
        dicom(SR),
        structured(item("CONTAINER", "leer")),
        structured(deep(40)),
        structured(item("TEXT", "Befund", TextValue="ja"))[:-20],
    ],
)
def test_what_cannot_be_shown_is_refused(data: bytes) -> None:
    with pytest.raises(UnusableReport):
        read_report(data)


def test_length_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    many = structured(*(item("TEXT", "Befund", TextValue=str(number)) for number in range(20)))
    assert len(read_report(many).lines) == 20
    monkeypatch.setattr(report_files, "_MOST_LINES", 10)
    with pytest.raises(UnusableReport):
        read_report(many)
    monkeypatch.setattr(report_files, "_LARGEST_FILE", 100)
    with pytest.raises(UnusableReport):
        read_report(many)
