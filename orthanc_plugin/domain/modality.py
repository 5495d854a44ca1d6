"""What holds pictures: as a series' modality says, and as the kind of its objects says."""

from __future__ import annotations

# Series of these modalities hold no pictures: PS3.3 A.33 to A.35, A.45.
_WITHOUT_IMAGES = frozenset(
    [
        "SR",
        "DOC",
        "PR",
        "KO",
        "AU",
        "ECG",
        "HD",
        "EEG",
        "EMG",
        "EOG",
        "RESP",
        "REG",
        "FID",
        "RWV",
        "RTSTRUCT",
        "RTPLAN",
        "RTRECORD",
        "PLAN",
        "SMR",
        "M3D",
        "STAIN",
        "TEXTUREMAP",
    ]
)

# PS3.4 table B.5-1: radiographs, CT, ultrasound, MR, nuclear medicine, secondary capture, X-ray films, and pictures by
# visible light. Scanned papers and strips come as such, under the modality of what is on them.
_PICTURES = tuple(
    f"1.2.840.10008.5.1.4.1.1.{kind}"
    for kind in ("1", "1.1", "1.1.", "2", "2.1", "3.1", "4", "4.1", "6.1", "7", "7.", "12.", "20", "77.1.", "128")
)


def has_images(modality: str) -> bool:
    """Whether series of this modality hold pictures that can be shown."""
    return modality.upper() not in _WITHOUT_IMAGES


def is_picture(sop_class_uid: str) -> bool:
    """Whether instances of this SOP class are pictures, whatever modality they name."""
    return any(sop_class_uid.startswith(kind) if kind.endswith(".") else sop_class_uid == kind for kind in _PICTURES)
