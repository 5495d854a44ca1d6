"""Pixels as NumPy arrays, out of what Orthanc answers."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

from ..domain.errors import ImageUnavailable

Array = np.ndarray[Any, np.dtype[Any]]
# A picture larger than this is no medical image but an attack on memory: 16384 x 16384.
MOST_PIXELS = 1 << 28


def from_npy(npy: bytes) -> Array:
    """Rows, columns, samples of NumPy's .npy format; raises ImageUnavailable."""
    try:
        pixels: Array = np.lib.format.read_array(io.BytesIO(npy), allow_pickle=False)
    except (ValueError, EOFError, MemoryError) as fault:
        raise ImageUnavailable from fault
    return _checked(pixels)


def from_png(png: bytes) -> Array:
    """Rows, columns, samples of a PNG that Orthanc wrote; raises ImageUnavailable."""
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as opened:
            pixels: Array = np.asarray(opened)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as fault:
        raise ImageUnavailable from fault
    return _checked(pixels[:, :, :3] if pixels.ndim == 3 else pixels)


def _checked(pixels: Array) -> Array:
    if pixels.dtype.kind not in "iuf":
        raise ImageUnavailable
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3) or not 0 < pixels.size <= 3 * MOST_PIXELS:
        raise ImageUnavailable
    return pixels
