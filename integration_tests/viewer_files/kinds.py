"""Makes one small DICOM image of every kind: pixel formats, colours, rescaling, windows, tables, frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    CTImageStorage,
    DigitalMammographyXRayImageStorageForPresentation,
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    NuclearMedicineImageStorage,
    PositronEmissionTomographyImageStorage,
    SecondaryCaptureImageStorage,
    UltrasoundMultiFrameImageStorage,
    XRayAngiographicImageStorage,
)

from harness.dicom import stable_uid

ROWS, COLUMNS = 48, 64
Pixels = np.ndarray[Any, np.dtype[Any]]


def image(name: str, pixels: Pixels, sop_class: str = SecondaryCaptureImageStorage, **tags: Any) -> Dataset:
    """A file of its own study; `pixels` is rows, columns, with frames before and samples after them as tags say."""
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID, made.SOPInstanceUID = sop_class, stable_uid("viewer-files", name, "instance")
    made.StudyInstanceUID = stable_uid("viewer-files", name)
    made.SeriesInstanceUID = stable_uid("viewer-files", name, "series")
    made.PatientID, made.PatientName, made.StudyDescription = f"VF-{name}"[:64], "Test^Picture", name
    made.Modality, made.SeriesNumber, made.InstanceNumber = "OT", 1, 1
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    signed, bits = pixels.dtype.kind == "i", 8 * pixels.dtype.itemsize
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = bits, bits, bits - 1, int(signed)
    made.Rows, made.Columns = ROWS, COLUMNS
    for tag, value in tags.items():
        setattr(made, tag, value)
    if made.SamplesPerPixel == 3 and "PlanarConfiguration" not in made:
        made.PlanarConfiguration = 0
    data = pixels.tobytes()
    made.PixelData = data + b"\0" * (len(data) % 2)
    made["PixelData"].VR = "OB" if made.BitsAllocated == 8 else "OW"
    made.file_meta = FileMetaDataset()
    made.file_meta.MediaStorageSOPClassUID = sop_class
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return made


def kinds() -> dict[str, Callable[[], Dataset]]:
    """All of them, by name; each call makes the same file."""
    return {
        "ct-signed-rescaled": lambda: image(
            "ct-signed-rescaled",
            grey(np.int16, -1000, 1500),
            CTImageStorage,
            Modality="CT",
            RescaleSlope="1",
            RescaleIntercept="-24",
            WindowCenter=["40", "400"],
            WindowWidth=["80", "1800"],
        ),
        "ct-12-of-16": lambda: image(
            "ct-12-of-16",
            grey(np.uint16, 0, 4095),
            CTImageStorage,
            Modality="CT",
            BitsStored=12,
            HighBit=11,
            RescaleSlope="1",
            RescaleIntercept="-1024",
            WindowCenter="40",
            WindowWidth="400",
        ),
        "signed-12-of-16": lambda: image(
            "signed-12-of-16",
            grey(np.int16, -2048, 2047),
            **SIGNED_12,
        ),
        "high-bit-15-of-12": lambda: image(
            "high-bit-15-of-12",
            grey(np.uint16, 0, 4095) << 4,
            BitsStored=12,
            HighBit=15,
            WindowCenter="2048",
            WindowWidth="4096",
        ),
        "mr-no-window": lambda: image("mr-no-window", grey(np.uint16, 3, 900), MRImageStorage, Modality="MR"),
        "mr-10-bit": lambda: image(
            "mr-10-bit",
            grey(np.uint16, 0, 1023),
            MRImageStorage,
            Modality="MR",
            BitsStored=10,
            HighBit=9,
            WindowCenter="500",
            WindowWidth="700",
        ),
        "cr-monochrome1": lambda: image(
            "cr-monochrome1",
            grey(np.uint16, 0, 1023),
            ComputedRadiographyImageStorage,
            Modality="CR",
            BitsStored=10,
            HighBit=9,
            PhotometricInterpretation="MONOCHROME1",
            WindowCenter="511",
            WindowWidth="1000",
        ),
        "grey-8-bit": lambda: image("grey-8-bit", grey(np.uint8, 0, 255), WindowCenter="100", WindowWidth="120"),
        "grey-8-bit-odd": lambda: image("grey-8-bit-odd", grey(np.uint8, 0, 255)[:47, :63], Rows=47, Columns=63),
        "full-16-bit": lambda: image(
            "full-16-bit", grey(np.uint16, 0, 65535), WindowCenter="32768", WindowWidth="65536"
        ),
        "voi-sigmoid": lambda: image(
            "voi-sigmoid",
            grey(np.uint16, 0, 4095),
            WindowCenter="2000",
            WindowWidth="1500",
            VOILUTFunction="SIGMOID",
        ),
        "voi-linear-exact": lambda: image(
            "voi-linear-exact",
            grey(np.uint16, 0, 100),
            WindowCenter="50",
            WindowWidth="20",
            VOILUTFunction="LINEAR_EXACT",
        ),
        "voi-narrow-linear": lambda: image(
            "voi-narrow-linear",
            grey(np.uint16, 0, 100),
            WindowCenter="50",
            WindowWidth="20",
        ),
        "voi-lut": lambda: image("voi-lut", grey(np.uint16, 0, 255), VOILUTSequence=Sequence([lut(256, 16, 0.5)])),
        "modality-lut": lambda: image(
            "modality-lut",
            grey(np.uint16, 0, 255),
            ModalityLUTSequence=Sequence([lut(256, 16, 2.0)]),
            WindowCenter="30000",
            WindowWidth="50000",
        ),
        "pt-fine-slope": lambda: image(
            "pt-fine-slope",
            grey(np.uint16, 0, 30000),
            PositronEmissionTomographyImageStorage,
            Modality="PT",
            RescaleSlope="0.00012",
            RescaleIntercept="0",
        ),
        "nm-frames": lambda: image(
            "nm-frames",
            frames(np.uint16, 6),
            NuclearMedicineImageStorage,
            Modality="NM",
            NumberOfFrames=6,
        ),
        "mg-large": lambda: image(
            "mg-large",
            grey(np.uint16, 0, 4095, 4096, 3328),
            DigitalMammographyXRayImageStorageForPresentation,
            Modality="MG",
            BitsStored=12,
            HighBit=11,
            Rows=4096,
            Columns=3328,
            WindowCenter="2047",
            WindowWidth="4096",
        ),
        "us-frames-rgb": lambda: image(
            "us-frames-rgb",
            np.stack([colour(shift) for shift in range(5)]),
            UltrasoundMultiFrameImageStorage,
            Modality="US",
            NumberOfFrames=5,
            **RGB,
            FrameTime="40",
            CineRate=25,
        ),
        "xa-frames": lambda: image(
            "xa-frames",
            frames(np.uint8, 4),
            XRayAngiographicImageStorage,
            Modality="XA",
            NumberOfFrames=4,
            FrameTimeVector=[0, 66, 67, 67],
        ),
        "rgb-planar-0": lambda: image("rgb-planar-0", colour(), **RGB),
        "rgb-planar-1": lambda: image("rgb-planar-1", planes(colour()), **RGB, PlanarConfiguration=1),
        "ybr-full": lambda: image("ybr-full", ybr(colour()), SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL"),
        "ybr-full-planar-1": lambda: image(
            "ybr-full-planar-1",
            planes(ybr(colour())),
            SamplesPerPixel=3,
            PhotometricInterpretation="YBR_FULL",
            PlanarConfiguration=1,
        ),
        "ybr-full-422": lambda: image(
            "ybr-full-422",
            halved(ybr(colour())),
            SamplesPerPixel=3,
            PhotometricInterpretation="YBR_FULL_422",
        ),
        "palette-8": lambda: image("palette-8", grey(np.uint8, 0, 255), **palette(256, 8)),
        "palette-16": lambda: image("palette-16", grey(np.uint8, 0, 255), **palette(256, 16)),
        "enhanced-mr": enhanced,
        "grey-8-of-16": lambda: image(
            "grey-8-of-16", grey(np.uint16, 0, 255), BitsStored=8, HighBit=7, WindowCenter="100", WindowWidth="120"
        ),
        "signed-12-without-sign": lambda: image(
            "signed-12-without-sign",
            grey(np.int16, -2048, 2047) & np.int16(0x0FFF),
            **SIGNED_12,
        ),
        "overlay-in-high-bits": lambda: image(
            "overlay-in-high-bits",
            grey(np.uint16, 0, 4095) | (frames(np.uint16, 1)[0] % 3 << 12),
            BitsStored=12,
            HighBit=11,
            WindowCenter="2000",
            WindowWidth="3000",
        ),
        "numbers-that-end-in-a-point": lambda: image(
            "numbers-that-end-in-a-point",
            grey(np.uint16, 0, 2000),
            CTImageStorage,
            Modality="CT",
            RescaleSlope="1.",
            RescaleIntercept="-1024.",
            WindowCenter="40.",
            WindowWidth="400.",
        ),
        "signed-8": lambda: image("signed-8", grey(np.int8, -100, 100), WindowCenter="0", WindowWidth="200"),
        "grey-6-of-8": lambda: image(
            "grey-6-of-8", grey(np.uint8, 0, 63), BitsStored=6, HighBit=5, WindowCenter="32", WindowWidth="64"
        ),
    }


SIGNED_12: dict[str, Any] = {
    "sop_class": CTImageStorage, "Modality": "CT", "BitsStored": 12, "HighBit": 11,
    "RescaleSlope": "1", "RescaleIntercept": "0", "WindowCenter": "0", "WindowWidth": "2000",
}  # fmt: skip
RGB: dict[str, Any] = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}


def grey(dtype: Any, low: int, high: int, rows: int = ROWS, columns: int = COLUMNS) -> Pixels:
    """A slope from `low` to `high` with a disc in it, so that no flip and no shift goes unseen."""
    y, x = np.mgrid[:rows, :columns]
    values = low + (high - low) * (0.7 * x / (columns - 1) + 0.3 * y / (rows - 1))
    disc = (x - columns * 0.3) ** 2 + (y - rows * 0.6) ** 2 < (rows / 6) ** 2
    made: Pixels = np.rint(np.where(disc, high, values)).astype(dtype)
    return made


def frames(dtype: Any, count: int) -> Pixels:
    """Frames that differ: the disc wanders."""
    return np.stack([np.roll(grey(dtype, 0, 250), 5 * place, axis=1) for place in range(count)])


def colour(shift: int = 0) -> Pixels:
    """Smooth colours of which no two channels are alike; rows, columns, three samples of 8 bit."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    red = 255 * x / (COLUMNS - 1)
    green = 255 * y / (ROWS - 1)
    blue = 255 - (red + green) / 2
    made: Pixels = np.rint(np.stack([red, green, blue], axis=2)).astype(np.uint8)
    return np.roll(made, 7 * shift, axis=1)


def planes(pixels: Pixels) -> Pixels:
    """Colour by plane: all of red, all of green, all of blue."""
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def ybr(rgb: Pixels) -> Pixels:
    """YBR_FULL (DICOM PS3.3 C.7.6.3.1.2)."""
    matrix = np.array([[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]])
    made = rgb.astype(float) @ matrix.T + np.array([0, 128, 128])
    clipped: Pixels = np.clip(np.rint(made), 0, 255).astype(np.uint8)
    return clipped


def halved(full: Pixels) -> Pixels:
    """YBR_FULL_422: two luminances, then the blue and the red difference that both share."""
    luminance, blue, red = full[:, :, 0], full[:, ::2, 1], full[:, ::2, 2]
    return np.stack([luminance[:, ::2], luminance[:, 1::2], blue, red], axis=2)


def lut(entries: int, bits: int, power: float) -> Dataset:
    """A look-up table that is a curve."""
    made = Dataset()
    made.LUTDescriptor = [entries, 0, bits]
    made["LUTDescriptor"].VR = "US"
    curve = np.rint((2**bits - 1) * np.linspace(0, 1, entries) ** power).astype("<u2")
    made.LUTData = curve.tobytes()
    made["LUTData"].VR = "OW"
    made.ModalityLUTType = "US"
    return made


def palette(entries: int, bits: int) -> dict[str, Any]:
    """PALETTE COLOR with three different curves."""
    tags: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name, power in (("Red", 0.5), ("Green", 1.0), ("Blue", 2.0)):
        tags[f"{name}PaletteColorLookupTableDescriptor"] = [entries, 0, bits]
        curve = np.rint((2**bits - 1) * np.linspace(0, 1, entries) ** power).astype("<u2" if bits > 8 else "u1")
        tags[f"{name}PaletteColorLookupTableData"] = curve.tobytes()
    return tags


def enhanced() -> Dataset:
    """Enhanced MR: every frame with a slope and a window of its own, in the functional groups."""
    made = image(
        "enhanced-mr",
        frames(np.uint16, 4),
        EnhancedMRImageStorage,
        Modality="MR",
        NumberOfFrames=4,
        BitsStored=12,
        HighBit=11,
    )
    groups = []
    for place in range(4):
        transformation, voi, group = Dataset(), Dataset(), Dataset()
        transformation.RescaleIntercept, transformation.RescaleSlope = str(10 * place), str(1 + place)
        transformation.RescaleType = "US"
        voi.WindowCenter, voi.WindowWidth = str(120 * (1 + place)), str(200 * (1 + place))
        group.PixelValueTransformationSequence = Sequence([transformation])
        group.FrameVOILUTSequence = Sequence([voi])
        groups.append(group)
    made.SharedFunctionalGroupsSequence = Sequence([Dataset()])
    made.PerFrameFunctionalGroupsSequence = Sequence(groups)
    return made
