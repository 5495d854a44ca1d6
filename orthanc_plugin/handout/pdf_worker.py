"""Makes PDF from letters, in a process of its own: `python3 -m orthanc_plugin.handout.pdf_worker`.

Layout in pure Python would hold the interpreter's lock inside Orthanc while patients wait for images; here it runs at a
low priority beside. A request is a JSON list of HTML pages behind its length (4 bytes, big-endian); the answer is one
byte, 0 for success, then the length (4 bytes) and the document. The process ends with its input.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import struct
import sys
from functools import cache
from typing import Any, BinaryIO

LENGTH = struct.Struct(">I")
_LOWER_PRIORITY = 10
_MOST_BYTES = 1 << 30
# Readable aloud by screen readers (ISO 14289-1).
_VARIANT = "pdf/ua-1"


def main() -> None:
    """Answer requests until the input ends."""
    os.nice(_LOWER_PRIORITY)
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    # It would quote what it cannot lay out.
    logging.disable(logging.CRITICAL)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while (head := requests.read(LENGTH.size)) and len(head) == LENGTH.size:
        (length,) = LENGTH.unpack(head)
        try:
            made, fault = as_pdf(json.loads(requests.read(length))), 0
        except Exception as error:  # noqa: BLE001 - whatever it is, the next letter may succeed
            made, fault = type(error).__name__.encode(), 1
        _answer(answers, fault, made)


def as_pdf(pages: list[str]) -> bytes:
    """One document of all pages; raises whatever the library raises."""
    import weasyprint  # noqa: PLC0415 - missing libraries are one request's fault, and told as that

    # A letter holds its logo itself; no file and no address is read.
    fetcher = weasyprint.URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    documents = [
        weasyprint.HTML(string=page, url_fetcher=fetcher).render(font_config=_fonts(), pdf_variant=_VARIANT)
        for page in pages
    ]
    made = documents[0].copy([page for document in documents for page in document.pages])
    pdf = made.write_pdf(pdf_variant=_VARIANT)
    if not isinstance(pdf, bytes):
        raise TypeError("no document")
    return pdf


@cache
def _fonts() -> Any:
    """One for the life of the process: Pango crashes after some pages where each page brings its own."""
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415 - as above

    return FontConfiguration()


def _answer(answers: BinaryIO, fault: int, made: bytes) -> None:
    answers.write(bytes([fault]) + LENGTH.pack(len(made)) + made)
    answers.flush()


if __name__ == "__main__":
    main()
