"""Take everything out of a PDF that acts by itself (ISO 32000-1 sections 7.11.4, 12.6 and 12.7.8).

A report is read, nothing more. It is rewritten as a whole, so that neither what stood before its header nor what no
page refers to is left.
"""

from __future__ import annotations

import io

import pikepdf

from ..domain.report import LARGEST_PDF, UnusableReport

MOST_PAGES = 2000
_MOST_OBJECTS = 200_000
# Direct objects inside each other; qpdf itself refuses to read more than a few hundred.
_DEEPEST = 40
_HEADER_WITHIN = 1024
# Keys under which something acts, is attached, or is fetched.
_ACTIVE = (
    "/AA", "/OpenAction", "/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/AF", "/XFA", "/RichMediaContent",
    "/RichMediaSettings", "/Movie", "/Sound", "/3DD", "/Collection", "/URI", "/Requirements",
)  # fmt: skip
# Actions that do not merely turn to a page of the same document.
_ACTIONS = {
    "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/ResetForm", "/GoToR", "/GoToE", "/URI", "/Movie",
    "/Sound", "/Rendition", "/RichMediaExecute", "/Trans", "/GoTo3DView", "/SetOCGState", "/Thread", "/Hide",
}  # fmt: skip


def checked_pdf(data: bytes) -> bytes:
    """The same pages without anything that acts; raises UnusableReport."""
    if len(data) > LARGEST_PDF:
        raise UnusableReport("too large")
    if b"%PDF-" not in data[:_HEADER_WITHIN]:
        raise UnusableReport("no PDF")
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            return _rewritten(pdf)
    except pikepdf.PasswordError:
        raise UnusableReport("locked with a password") from None
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, RuntimeError, RecursionError, MemoryError) as fault:
        raise UnusableReport("cannot be read") from fault


def _rewritten(pdf: pikepdf.Pdf) -> bytes:
    if pdf.is_encrypted:
        raise UnusableReport("locked with a password")
    if not 0 < len(pdf.pages) <= MOST_PAGES:
        raise UnusableReport("no pages, or too many")
    if len(pdf.objects) > _MOST_OBJECTS:
        raise UnusableReport("too large")
    for one in pdf.objects:
        _disarm(one, 0)
    _disarm(pdf.trailer, 0)
    target = io.BytesIO()
    # What no page refers to any more is not written.
    pdf.save(target, linearize=False, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    # What was repaired may be beyond repair all the same.
    with pikepdf.open(target) as again:
        if len(again.pages) != len(pdf.pages):
            raise UnusableReport("cannot be read")
    return target.getvalue()


def _disarm(one: pikepdf.Object, depth: int) -> None:
    if depth > _DEEPEST:
        raise UnusableReport("too deep")
    if isinstance(one, pikepdf.Array):
        for item in one:
            if isinstance(item, pikepdf.Object) and not item.is_indirect:
                _disarm(item, depth + 1)
        return
    if not isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
        return
    for key in list(one.keys()):
        if key in _ACTIVE or (key in ("/A", "/Next", "/PA") and _acts(one[key])):
            del one[key]
            continue
        value = one[key]
        if isinstance(value, pikepdf.Object) and not value.is_indirect:
            _disarm(value, depth + 1)


def _acts(action: object) -> bool:
    """Whether this is an action, or a list of them, that does more than turn to another page."""
    if isinstance(action, pikepdf.Array):
        return any(_acts(one) for one in action)
    return isinstance(action, pikepdf.Dictionary) and str(action.get("/S", "")) in _ACTIONS
