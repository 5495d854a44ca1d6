"""What showing an image takes, from its tags (DICOM PS3.3 C.7.6.3, C.7.6.16, C.8.9, C.11.1 and C.11.2)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..domain.study import Window

# Orthanc counts frames with five digits at most; more groups than this belong to no examination.
_MOST_FRAMES = 20_000
# A film slower than this is no film, a faster one cannot be followed.
_SLOWEST_MS, _FASTEST_MS = 5000.0, 10.0
# PS3.5 section 6.2, DS: a point may also end the digits.
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
# PET counts becquerels; nothing else comes near.
_LARGEST = 1e9
# A pixel longer than this is a mistake of a file.
_LARGEST_ASPECT = 20.0

Tags = Mapping[str, Any]


@dataclass(frozen=True)
class LutDescriptor:
    """Descriptor of a look-up table (C.11.1.1): `first` is the stored value that the first entry stands for."""

    entries: int
    first: int
    bits: int


@dataclass(frozen=True)
class FrameTone:
    """How stored values become grey values, and which of them are shown. `window` is always linear and exact.

    An exact window reaches from center - width / 2 to center + width / 2; the standard's LINEAR is converted to it.
    """

    slope: float = 1.0
    intercept: float = 0.0
    window: Window | None = None
    sigmoid: bool = False


PLAIN = FrameTone()


@dataclass(frozen=True)
class ImageFacts:
    """The tags of an image that its rendering needs; `tones` has one entry, or one for each frame."""

    transfer_syntax: str
    photometric: str
    rows: int
    columns: int
    samples: int
    bits_allocated: int
    bits_stored: int
    signed: bool
    by_plane: bool
    frames: int
    tones: tuple[FrameTone, ...]
    modality_lut: LutDescriptor | None
    voi_lut: LutDescriptor | None
    palette: tuple[LutDescriptor, ...]
    frame_ms: float | None
    # The place of the highest bit of a value, counted from 0.
    high_bit: int = 15
    # The height of a pixel in parts of its width.
    pixel_aspect: float = 1.0
    # Stored values, from and to, that stand for "nothing here".
    padding: tuple[float, float] | None = None

    @property
    def longest_edge(self) -> int:
        """In pixels of the picture as it is shown, with square ones; 0 where it is unknown."""
        height, width = self.rows * max(1.0, self.pixel_aspect), self.columns * max(1.0, 1 / self.pixel_aspect)
        return round(max(height, width))

    @property
    def inverted(self) -> bool:
        """Whether the lowest value is white."""
        return self.photometric == "MONOCHROME1"

    @property
    def colour(self) -> bool:
        """Whether there are colours in place of grey values."""
        return bool(self.photometric) and not self.photometric.startswith("MONOCHROME")

    def tone(self, frame: int) -> FrameTone:
        """That of a frame, which counts from 0."""
        return self.tones[frame] if frame < len(self.tones) else self.tones[0]


def read_facts(tags: Tags, transfer_syntax: str) -> ImageFacts:
    """From Orthanc's simplified tags; whatever is unusable there is left out, nothing is raised."""
    signed = integer(tags.get("PixelRepresentation")) == 1
    allocated = integer(tags.get("BitsAllocated")) or 16
    palette = [_descriptor(tags.get(f"{c}PaletteColorLookupTableDescriptor"), signed) for c in ("Red", "Green", "Blue")]
    modality_lut, voi_lut = (first_item(tags.get(name)) for name in ("ModalityLUTSequence", "VOILUTSequence"))
    stored = integer(tags.get("BitsStored")) or allocated
    high_bit = integer(tags.get("HighBit"))
    tones = _tones(tags)
    # A table of VOI takes values after the rescaling, which may be negative where stored ones are not (C.11.2).
    voi_signed = signed or (modality_lut is None and tones[0].intercept < 0)
    return ImageFacts(
        transfer_syntax=transfer_syntax,
        photometric=str(tags.get("PhotometricInterpretation", "")).strip().upper(),
        rows=max(0, integer(tags.get("Rows")) or 0),
        columns=max(0, integer(tags.get("Columns")) or 0),
        samples=integer(tags.get("SamplesPerPixel")) or 1,
        bits_allocated=allocated,
        bits_stored=stored,
        signed=signed,
        by_plane=integer(tags.get("PlanarConfiguration")) == 1,
        frames=max(1, integer(tags.get("NumberOfFrames")) or 1),
        tones=tones,
        modality_lut=_descriptor(modality_lut.get("LUTDescriptor"), signed) if modality_lut else None,
        voi_lut=_descriptor(voi_lut.get("LUTDescriptor"), voi_signed) if voi_lut else None,
        palette=tuple(entry for entry in palette if entry is not None),
        frame_ms=_frame_ms(tags),
        high_bit=stored - 1 if high_bit is None else high_bit,
        pixel_aspect=_pixel_aspect(tags),
        padding=_padding(tags, signed),
    )


def _pixel_aspect(tags: Tags) -> float:
    """From the distances of rows and columns (10.7.1), else from what is said of their relation alone (C.7.6.3.1.7)."""
    shared = first_item(tags.get("SharedFunctionalGroupsSequence")) or {}
    groups = first_item(tags.get("PerFrameFunctionalGroupsSequence")) or {}
    measured = [place.get("PixelSpacing") for place in _with_items((groups, shared, tags), "PixelMeasuresSequence")]
    for value in (*measured, tags.get("ImagerPixelSpacing"), tags.get("PixelAspectRatio")):
        parts = [number(part) for part in str(value or "").split("\\")]
        if len(parts) == 2 and parts[0] and parts[1]:
            aspect = parts[0] / parts[1]
            return aspect if 1 / _LARGEST_ASPECT <= aspect <= _LARGEST_ASPECT else 1.0
    return 1.0


def _padding(tags: Tags, signed: bool) -> tuple[float, float] | None:
    """C.7.5.1.1.2: one value, or all up to a limit."""
    ends = [number(tags.get(name)) for name in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    found = [end - 65536 if signed and end > 32767 else end for end in ends if end is not None]
    return (min(found), max(found)) if ends[0] is not None else None


def _tones(tags: Tags) -> tuple[FrameTone, ...]:
    shared = first_item(tags.get("SharedFunctionalGroupsSequence")) or {}
    groups = tags.get("PerFrameFunctionalGroupsSequence")
    if not isinstance(groups, list) or not groups:
        return (_tone(shared, tags),)
    # Frames that agree share one entry: a thousand frames cost little memory.
    known: dict[FrameTone, FrameTone] = {}
    made = []
    for group in groups[:_MOST_FRAMES]:
        tone = _tone(group if isinstance(group, dict) else {}, shared, tags)
        made.append(known.setdefault(tone, tone))
    return tuple(made)


def _tone(*places: Tags) -> FrameTone:
    """The first place that says something counts: the frame's own group, the shared one, the image itself."""
    slope, intercept = 1.0, 0.0
    for place in _with_items(places, "PixelValueTransformationSequence"):
        found = number(place.get("RescaleSlope"))
        if found:
            slope, intercept = found, number(place.get("RescaleIntercept")) or 0.0
            break
    for place in _with_items(places, "FrameVOILUTSequence"):
        function = str(place.get("VOILUTFunction", "")).strip().upper()
        window = _window(place.get("WindowCenter"), place.get("WindowWidth"), function)
        if window is not None:
            return FrameTone(slope, intercept, window, function == "SIGMOID")
    return FrameTone(slope, intercept)


def _with_items(places: tuple[Tags, ...], sequence: str) -> Iterator[Tags]:
    for place in places:
        item = first_item(place.get(sequence))
        if item:
            yield item
        yield place


def _window(centers: Any, widths: Any, function: str) -> Window | None:
    """C.11.2.1.2.1: LINEAR reaches from center - width / 2 to center + width / 2 - 1."""
    center, width = number(_first(centers)), number(_first(widths))
    if center is None or width is None or width <= 0:
        return None
    if function in ("LINEAR_EXACT", "SIGMOID"):
        return Window(center, width)
    if width < 1:
        return None
    return Window(center - 0.5, max(width - 1, 1e-3))


def _frame_ms(tags: Tags) -> float | None:
    """Milliseconds from one frame to the next: as recommended, else as they were taken (C.7.6.5)."""
    for rate in ("RecommendedDisplayFrameRate", "CineRate"):
        found = number(tags.get(rate))
        if found and found > 0:
            return _playable(1000 / found)
    found = number(tags.get("FrameTime"))
    if found and found > 0:
        return _playable(found)
    steps = [number(part) for part in str(tags.get("FrameTimeVector") or "").split("\\")[1:]]
    usable = sorted(step for step in steps if step is not None and step > 0)
    return _playable(usable[len(usable) // 2]) if usable else None


def _playable(milliseconds: float) -> float:
    return round(min(max(milliseconds, _FASTEST_MS), _SLOWEST_MS), 2)


def _descriptor(value: Any, signed: bool) -> LutDescriptor | None:
    parts = [integer(part) for part in str(value or "").split("\\")]
    if len(parts) != 3 or parts[0] is None or parts[1] is None or parts[2] is None:
        return None
    entries, first, bits = parts[0] or 65536, parts[1], parts[2]
    if signed and first > 32767:
        first -= 65536
    return LutDescriptor(entries, first, bits) if 0 < entries <= 65536 and 0 < bits <= 16 else None


def descriptor_text(data: bytes | None) -> str:
    """A descriptor in three binary words, as tags spell it out; empty where there is none."""
    return "\\".join(map(str, struct.unpack("<3H", data))) if data is not None and len(data) == 6 else ""


def first_item(value: Any) -> dict[str, Any] | None:
    """The first item of a sequence, None where there is none."""
    return value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else None


def _first(value: Any) -> str:
    return str(value).split("\\")[0]


def number(value: Any) -> float | None:
    """The first value of a decimal string; None where it is none, or one that no examination needs."""
    text = _first(value).strip()
    if not _NUMBER.fullmatch(text) or len(text) > 64:
        return None
    found = float(text)
    return found if abs(found) < _LARGEST else None


def integer(value: Any) -> int | None:
    """The same for integers."""
    found = number(value)
    return int(found) if found is not None else None
