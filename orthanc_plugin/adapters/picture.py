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


def jpeg(pixels: Array, size: int, curve: Curve, window: Window | None, brisk: bool = False) -> bytes:
    """Render rows, columns, and 1 or 3 samples `size` long at most; `window` wins over the curve's.

    `brisk`: a lighter picture, for somebody who turns pages.
    """
    picture = Image.fromarray(screen(pixels, curve, window))
    if max(picture.size) > size:
        picture.thumbnail((size, size), Image.Resampling.BILINEAR, reducing_gap=2.0)
    # A file in memory, with a descriptor: only into one does Pillow encode without holding up all other threads.
    with os.fdopen(os.memfd_create("picture"), "w+b") as target:
        # Doppler colours end within a pixel: halved differences of colour would smear them.
        picture.save(target, "JPEG", quality=BRISK_QUALITY if brisk else JPEG_QUALITY, subsampling=0)
        target.seek(0)
        return target.read()


def screen(pixels: Array, curve: Curve, window: Window | None) -> Array:
    """What is to be seen, in its full size: 8 bit, without a third dimension for grey values."""
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3):
        raise ImageUnavailable
    if pixels.shape[2] == 1:
        return shade(pixels[:, :, 0], curve, window)
    return _eight_bits(pixels)


def _eight_bits(values: Array) -> Array:
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    largest = float(values.max()) or 1.0
    scaled: Array = (np.clip(values, 0, None) * (255.0 / largest)).astype(np.uint8)
    return scaled
