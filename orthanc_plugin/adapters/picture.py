"""From decoded pixels to a JPEG: grey values by their curve (curve.py), scaling, JPEG."""

from __future__ import annotations

import os

import numpy as np
from PIL import Image

from ..domain.errors import ImageUnavailable
from ..domain.study import Window
from .arrays import Array
from .curve import Curve, shade

JPEG_QUALITY = 85
# For turning pages, where a quarter less on the line is seen sooner than the difference.
BRISK_QUALITY = 75
# Screens are not truer than this either.
_NEARLY_SQUARE = 0.01
_LONGEST_EDGE = 8192


def jpeg(
    pixels: Array, size: int, curve: Curve, window: Window | None, brisk: bool = False, pixel_aspect: float = 1.0
) -> bytes:
    """Render rows, columns, and 1 or 3 samples `size` long at most; `window` wins over the curve's.

    `brisk`: a lighter picture, for somebody who turns pages. `pixel_aspect`: height of a pixel in parts of its width.
    """
    picture = _squared(Image.fromarray(_shown(pixels, curve, window)), pixel_aspect, size)
    if max(picture.size) > size:
        picture.thumbnail((size, size), Image.Resampling.BILINEAR, reducing_gap=2.0)
    # A file in memory, with a descriptor: only into one does Pillow encode without holding up all other threads.
    with os.fdopen(os.memfd_create("picture"), "w+b") as target:
        # Doppler colours end within a pixel: halved differences of colour would smear them.
        picture.save(target, "JPEG", quality=BRISK_QUALITY if brisk else JPEG_QUALITY, subsampling=0)
        target.seek(0)
        return target.read()


def screen(pixels: Array, curve: Curve, window: Window | None, pixel_aspect: float = 1.0) -> Array:
    """What is to be seen, in its full size: 8 bit, without a third dimension for grey values."""
    shown = _shown(pixels, curve, window)
    if _is_square(pixel_aspect):
        return shown
    squared: Array = np.asarray(_squared(Image.fromarray(shown), pixel_aspect, _LONGEST_EDGE))
    return squared


def _shown(pixels: Array, curve: Curve, window: Window | None) -> Array:
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3):
        raise ImageUnavailable
    if pixels.shape[2] == 1:
        return shade(pixels[:, :, 0], curve, window)
    return _eight_bits(pixels)


def _is_square(pixel_aspect: float) -> bool:
    return abs(pixel_aspect - 1) < _NEARLY_SQUARE


def _squared(picture: Image.Image, pixel_aspect: float, longest: int) -> Image.Image:
    """Stretched along the longer side of its pixels, so that a circle is one; at most `longest` pixels long."""
    if _is_square(pixel_aspect):
        return picture
    width, height = picture.width * max(1.0, 1 / pixel_aspect), picture.height * max(1.0, pixel_aspect)
    factor = min(1.0, longest / max(width, height))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return picture.resize(size, Image.Resampling.BILINEAR)


def _eight_bits(values: Array) -> Array:
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    largest = float(values.max()) or 1.0
    scaled: Array = (np.clip(values, 0, None) * (255.0 / largest)).astype(np.uint8)
    return scaled
