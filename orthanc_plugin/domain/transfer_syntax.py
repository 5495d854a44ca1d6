"""Transfer syntaxes of pixels (DICOM PS3.6 table A-1), sorted by who can decode them here."""

from __future__ import annotations

# Pixels as they are; Deflated is undone before pixels are looked at.
UNCOMPRESSED = frozenset(
    [
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.1.99",
        "1.2.840.10008.1.2.2",
    ]
)
RLE_LOSSLESS = "1.2.840.10008.1.2.5"
JPEG_2000 = frozenset(
    [
        "1.2.840.10008.1.2.4.90",
        "1.2.840.10008.1.2.4.91",
        "1.2.840.10008.1.2.4.92",
        "1.2.840.10008.1.2.4.93",
    ]
)
JPEG_LS = frozenset(["1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"])
# Decoded by Orthanc itself (DCMTK): JPEG baseline, extended, spectral selection, progressive, lossless; JPEG-LS.
_JPEG = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 53, 55, 57, 70, 80, 81))
BUILT_IN = UNCOMPRESSED | _JPEG | {RLE_LOSSLESS}


def is_safe_natively(transfer_syntax: str) -> bool:
    """Whether Orthanc's own routes may decode it on an HTTP thread.

    Everything else goes to a decoder plugin, and, where that fails, through a transcoder: neither fits the small stack
    of Orthanc's HTTP threads, and the process ends.
    """
    return transfer_syntax in BUILT_IN
