"""What an independent decoder (pydicom with pylibjpeg) shows of a file; shares no code with the product."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi, convert_color_space, pixel_array

Pixels = np.ndarray[Any, np.dtype[Any]]


def shown(dataset: Dataset, frame: int, window: tuple[float, float] | None) -> Pixels:
    """Grey levels or RGB of 8 bit; `window` (center, width) is exact; None: by the VOI LUT, or colour."""
    stored = pixel_array(dataset, index=frame, raw=True)
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        coloured = apply_color_lut(stored, _little_endian_palette(dataset))
        bits = dataset.RedPaletteColorLookupTableDescriptor[2]
        return coloured >> 8 if bits > 8 else coloured
    if dataset.SamplesPerPixel == 3:
        return _rgb(dataset, stored)
    if dataset.HighBit + 1 != dataset.BitsStored:
        # pydicom masks the lowest bits, wherever the standard says that the value is.
        words = np.frombuffer(dataset.PixelData, "<u2", dataset.Rows * dataset.Columns)
        stored = (words >> (dataset.HighBit + 1 - dataset.BitsStored)).reshape(dataset.Rows, dataset.Columns)
    elif dataset.BitsStored < 8 * stored.dtype.itemsize:
        stored = _own_bits(dataset, stored)
    values = _modality(dataset, frame, stored)
    if window is None:
        output = apply_voi(values.astype(np.int64).astype(np.uint16), dataset).astype(float)
        levels = 255 * output / (2 ** dataset.VOILUTSequence[0].LUTDescriptor[2] - 1)
    else:
        center, width = window
        levels = 255 * (values - (center - width / 2)) / width
        if str(dataset.get("VOILUTFunction", "")) == "SIGMOID":
            levels = 255 / (1 + np.exp(-4 * (values - center) / width))
    levels = np.clip(levels, 0, 255)
    return 255 - levels if dataset.PhotometricInterpretation == "MONOCHROME1" else levels


def _little_endian_palette(dataset: Dataset) -> Dataset:
    """pydicom reads the words of a palette as little endian, whatever the transfer syntax."""
    if dataset.file_meta.TransferSyntaxUID.is_little_endian:
        return dataset
    turned = copy.deepcopy(dataset)
    for colour in ("Red", "Green", "Blue"):
        name = f"{colour}PaletteColorLookupTableData"
        setattr(turned, name, np.frombuffer(dataset[name].value, ">u2").astype("<u2").tobytes())
    return turned


def _rgb(dataset: Dataset, stored: Pixels) -> Pixels:
    if stored.dtype != np.uint8:
        return (255.0 * stored / stored.max()).astype(np.uint8)
    space = dataset.PhotometricInterpretation
    return convert_color_space(stored, "YBR_FULL", "RGB") if space.startswith("YBR_FULL") else stored


def _own_bits(dataset: Dataset, stored: Pixels) -> Pixels:
    """Not every decoder leaves out bits that are not the value's, or gives it its sign."""
    largest = 1 << dataset.BitsStored
    values = stored.astype(np.int64) % largest
    return np.where(values >= largest // 2, values - largest, values) if dataset.PixelRepresentation else values


def _modality(dataset: Dataset, frame: int, stored: Pixels) -> Pixels:
    if "PerFrameFunctionalGroupsSequence" in dataset:
        group = dataset.PerFrameFunctionalGroupsSequence[frame]
        if "PixelValueTransformationSequence" in group:
            found = group.PixelValueTransformationSequence[0]
            return stored * float(found.RescaleSlope) + float(found.RescaleIntercept)
    return np.asarray(apply_modality_lut(stored, dataset), dtype=float)


def decibel(one: Pixels, other: Pixels) -> float:
    """Peak signal-to-noise ratio of two pictures of 8 bit; infinite where they are equal."""
    error = float(np.mean((one.astype(float) - other.astype(float)) ** 2))
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))
