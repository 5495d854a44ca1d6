"""DICOM files with reports in them."""

from __future__ import annotations

import io

import pikepdf
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import ExplicitVRLittleEndian

PDF, SR = "1.2.840.10008.5.1.4.1.1.104.1", "1.2.840.10008.5.1.4.1.1.88.11"


def pdf_of(text: str) -> bytes:
    """A PDF with one line."""
    pdf = pikepdf.Pdf.new()
    pdf.add_blank_page(page_size=(300, 200))
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    pdf.pages[0].Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    pdf.pages[0].Contents = pdf.make_stream(f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode("latin-1"))
    target = io.BytesIO()
    pdf.save(target, compress_streams=False)
    return target.getvalue()


def dicom(sop_class: str, **values: object) -> bytes:
    """A DICOM file of this class."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SpecificCharacterSet = "ISO_IR 192"
    data.SOPClassUID, data.SOPInstanceUID = sop_class, "1.2.3.4"
    for name, value in values.items():
        setattr(data, name, value)
    target = io.BytesIO()
    dcmwrite(target, data, enforce_file_format=True)
    return target.getvalue()


def item(kind: str, name: str, *children: Dataset, **values: object) -> Dataset:
    """An item of a content tree (PS3.3 section C.17.3)."""
    made = Dataset()
    made.RelationshipType, made.ValueType = "CONTAINS", kind
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "1", "99TEST", name
    made.ConceptNameCodeSequence = [code]
    for key, value in values.items():
        setattr(made, key, value)
    if children:
        made.ContentSequence = list(children)
    return made


def coded(meaning: str) -> list[Dataset]:
    """A code sequence of one item."""
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "2", "99TEST", meaning
    return [code]


def structured(*children: Dataset, **values: object) -> bytes:
    """A structured report, complete and verified unless said otherwise."""
    flags = {"CompletionFlag": "COMPLETE", "VerificationFlag": "VERIFIED"} | values
    root = item("CONTAINER", "Radiologischer Befund", *children)
    return dicom(SR, ConceptNameCodeSequence=root.ConceptNameCodeSequence, ContentSequence=list(children), **flags)
