"""DICOM terms in words for patients. Messages are marked here and translated by the catalogue."""

from __future__ import annotations

from .catalogue import Language


def _(message: str) -> str:
    return message


# DICOM PS3.3 C.7.3.1.1.1, the modalities that patients meet.
_MODALITIES = {
    "CT": _("Computed tomography (CT)"),
    "MR": _("Magnetic resonance imaging (MRI)"),
    "CR": _("X-ray"),
    "DX": _("X-ray"),
    "RG": _("X-ray"),
    "MG": _("Mammography"),
    "US": _("Ultrasound"),
    "XA": _("Angiography"),
    "RF": _("Fluoroscopy"),
    "NM": _("Nuclear medicine"),
    "PT": _("Positron emission tomography (PET)"),
    "SR": _("Structured report"),
    "DOC": _("Document"),
    "OT": _("Other images"),
}

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

# Brightness and contrast in Hounsfield units, as radiologists commonly set them.
_CT_PRESETS = (
    (_("Soft tissue"), 40.0, 400.0),
    (_("Lung"), -600.0, 1500.0),
    (_("Bone"), 400.0, 1800.0),
    (_("Brain"), 40.0, 80.0),
)


def modality_label(language: Language, modality: str) -> str:
    """The modality in words; the code itself where no words are known."""
    message = _MODALITIES.get(modality.upper())
    return language.text(message) if message else modality


def has_images(modality: str) -> bool:
    """Whether series of this modality hold pictures that can be shown."""
    return modality.upper() not in _WITHOUT_IMAGES


def window_presets(language: Language, modality: str) -> list[dict[str, str | float]]:
    """Presets for brightness and contrast; only CT has grey values that mean the same everywhere."""
    if modality.upper() != "CT":
        return []
    return [{"label": language.text(label), "center": c, "width": w} for label, c, w in _CT_PRESETS]
