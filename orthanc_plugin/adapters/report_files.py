"""Reports out of DICOM files: an encapsulated PDF, or the text of a structured report."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from ..domain.report import ENCAPSULATED_PDF, LARGEST_PDF, ReportDocument, ReportLine, UnusableReport
from .pdf_check import checked_pdf
from .quiet_pydicom import hush

hush()
_LARGEST_FILE = LARGEST_PDF + 2**20
_MOST_LINES = 5000
_DEEPEST = 30
_LONGEST_TEXT = 20_000
# PS3.3 table C.17.3-7: the concepts whose values tell something to people, and where they stand.
_VALUES = {"TEXT": "TextValue", "DATE": "Date", "TIME": "Time", "DATETIME": "DateTime", "PNAME": "PersonName"}


def read_report(data: bytes) -> ReportDocument:
    """The report in this DICOM file; raises UnusableReport."""
    if len(data) > _LARGEST_FILE:
        raise UnusableReport("too large")
    try:
        found = pydicom.dcmread(io.BytesIO(data))
        if found.get("SOPClassUID") == ENCAPSULATED_PDF:
            return ReportDocument(pdf=checked_pdf(bytes(found.get("EncapsulatedDocument", b""))))
        found.decode()
        return _structured(found)
    except (InvalidDicomError, OSError, ValueError, TypeError, KeyError, AttributeError, LookupError) as fault:
        raise UnusableReport("cannot be read") from fault


def _structured(found: Dataset) -> ReportDocument:
    if "ContentSequence" not in found:
        raise UnusableReport("no text")
    lines = []
    for line in _lines(found, 0):
        lines.append(line)
        if len(lines) > _MOST_LINES:
            raise UnusableReport("too long")
    if not any(line.text for line in lines):
        raise UnusableReport("no text")
    return ReportDocument(
        title=_concept(found),
        lines=tuple(lines),
        final=str(found.get("CompletionFlag", "")) == "COMPLETE",
        verified=str(found.get("VerificationFlag", "")) == "VERIFIED",
    )


def _lines(item: Dataset, depth: int) -> Iterator[ReportLine]:
    """The content tree (PS3.3 section C.17.3) from top to bottom."""
    if depth > _DEEPEST:
        raise UnusableReport("too deep")
    for child in item.get("ContentSequence", None) or ():
        kind = str(child.get("ValueType", ""))
        # Who observed with which device is for programs.
        if str(child.get("RelationshipType", "")) in ("HAS OBS CONTEXT", "HAS ACQ CONTEXT"):
            continue
        name, text = _concept(child), _value(child, kind)
        if kind == "CONTAINER" or text:
            yield ReportLine(depth, name, text)
        yield from _lines(child, depth + 1)


def _value(item: Dataset, kind: str) -> str:
    if kind == "CODE":
        return _meaning(item, "ConceptCodeSequence")
    if kind == "NUM":
        measured = next(iter(item.get("MeasuredValueSequence", None) or ()), None)
        if measured is None:
            return ""
        unit = _meaning(measured, "MeasurementUnitsCodeSequence")
        return f"{measured.get('NumericValue', '')} {unit if unit != 'no units' else ''}".strip()
    return _text(item.get(_VALUES.get(kind, ""), "")) if kind in _VALUES else ""


def _concept(item: Dataset) -> str:
    return _meaning(item, "ConceptNameCodeSequence")


def _meaning(item: Dataset, name: str) -> str:
    code = next(iter(item.get(name, None) or ()), None)
    return _text(code.get("CodeMeaning", "")) if code is not None else ""


def _text(value: Any) -> str:
    text = str(value or "")[:_LONGEST_TEXT].replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c.isprintable() or c == "\n").strip()
