"""From the pixels that Orthanc decoded to a JPEG: windowing (DICOM PS3.3 C.11.2.1.3.2, LINEAR_EXACT), scaling, JPEG."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

from ..domain.errors import ImageUnavailable
from ..domain.study import Window

JPEG_QUALITY = 85
# A picture larger than this is no medical image but an attack on memory: 16384 x 16384.
_MOST_PIXELS = 1 << 28
_SAMPLED_PIXELS = 65_536

_Array = np.ndarray[Any, np.dtype[Any]]


def natural_window(npy: bytes) -> Window | None:
    """The window that shows nearly all grey values of an image that names none; None for colour."""
    pixels = _load(npy)
    if pixels.shape[2] != 1:
        return None
    flat = pixels.reshape(-1)
    # A sample is enough, and keeps a mammography from costing seconds.
    sample = flat[:: max(1, flat.size // _SAMPLED_PIXELS)]
    finite = sample[np.isfinite(sample)]
    low, high = np.percentile(finite, (0.5, 99.5)) if finite.size else (0.0, 1.0)
    return Window(float((low + high) / 2), float(max(high - low, 1.0)))


def jpeg(npy: bytes, size: int, window: Window | None, inverted: bool) -> bytes:
    """Render decoded pixels (NumPy's .npy format: height, width, channels) with `size` as the longer edge at most."""
    pixels = _load(npy)
    if pixels.shape[2] == 1:
        picture = Image.fromarray(_grey(pixels[:, :, 0], window or natural_window(npy), inverted))
    else:
        picture = Image.fromarray(_eight_bits(pixels))
    if max(picture.size) > size:
        picture.thumbnail((size, size), Image.Resampling.BILINEAR, reducing_gap=2.0)
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=JPEG_QUALITY)
    return target.getvalue()


def _load(npy: bytes) -> _Array:
    try:
        pixels: _Array = np.lib.format.read_array(io.BytesIO(npy), allow_pickle=False)
    except (ValueError, EOFError, MemoryError) as fault:
        raise ImageUnavailable from fault
    if pixels.dtype.kind not in "iuf":
        raise ImageUnavailable
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3) or not 0 < pixels.size <= 3 * _MOST_PIXELS:
        raise ImageUnavailable
    return pixels


def _grey(values: _Array, window: Window | None, inverted: bool) -> _Array:
    chosen = window or Window(128.0, 256.0)
    low = chosen.center - chosen.width / 2
    scaled = (values.astype(np.float32, copy=False) - np.float32(low)) * np.float32(255.0 / chosen.width)
    np.nan_to_num(scaled, copy=False)
    np.clip(scaled, 0, 255, out=scaled)
    grey: _Array = scaled.astype(np.uint8)
    return 255 - grey if inverted else grey


def _eight_bits(values: _Array) -> _Array:
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    largest = float(values.max()) or 1.0
    scaled: _Array = (np.clip(values, 0, None) * (255.0 / largest)).astype(np.uint8)
    return scaled
