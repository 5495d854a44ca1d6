"""DICOM terms in words for patients. Messages are marked here and translated by the catalogue."""

from __future__ import annotations

from ..domain.modality import has_images
from ..domain.study import SeriesSummary, Window
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
    "PX": _("Panoramic X-ray of the teeth"),
    "IO": _("X-ray of the teeth"),
    "BMD": _("Bone density"),
    "ES": _("Endoscopy"),
    "XC": _("Photographs"),
    "OP": _("Images of the eye"),
    "OPT": _("Images of the eye"),
    "ECG": _("Electrocardiogram (ECG)"),
    "SEG": _("Marked regions"),
    "PR": _("Settings for displaying the images"),
    "KO": _("Selection of important images"),
    "RTSTRUCT": _("Radiotherapy planning"),
    "RTPLAN": _("Radiotherapy planning"),
    "RTDOSE": _("Radiotherapy planning"),
    "AU": _("Sound recording"),
}

# Brightness and contrast in Hounsfield units, as radiologists commonly set them.
_CT_PRESETS: tuple[tuple[str, float, float], ...] = (
    (_("Soft tissue"), 40.0, 400.0),
    (_("Lung"), -600.0, 1500.0),
    (_("Bone"), 400.0, 1800.0),
    (_("Brain"), 40.0, 80.0),
)

# Elsewhere: by how many widths the centre moves, and how many times as wide the window gets.
_STEPS = (
    (_("Brighter"), -0.2, 1.0),
    (_("Darker"), 0.2, 1.0),
    (_("More contrast"), 0.0, 0.6),
    (_("Less contrast"), 0.0, 1.6),
)


def modality_label(language: Language, modality: str) -> str:
    """The modality in words; the code itself where no words are known."""
    message = _MODALITIES.get(modality.upper())
    return language.text(message) if message else modality


def can_be_viewed(series: SeriesSummary) -> bool:
    """Whether a viewer can show the series: reports are read elsewhere, whatever modality they name."""
    return series.report_at is None and (has_images(series.modality) or series.of_pictures)


def window_presets(language: Language, modality: str, own: Window, inverted: bool) -> list[dict[str, str | float]]:
    """Presets for brightness and contrast.

    Only CT has grey values that mean the same everywhere (Hounsfield units); elsewhere presets are steps from the
    image's `own` window. `inverted`: high values are dark (MONOCHROME1), so that brighter lies on the other side.
    """
    presets = _CT_PRESETS
    if modality.upper() != "CT":
        presets = tuple(
            (label, own.center + (-shift if inverted else shift) * own.width, factor * own.width)
            for label, shift, factor in _STEPS
        )
    return [{"label": language.text(label), "center": c, "width": w} for label, c, w in presets]
