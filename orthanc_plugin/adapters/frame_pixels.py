"""The stored values of one frame: from Orthanc's decoders, and from our own for the few kinds that it refuses.

Everything runs on the product's own threads, whose stack is large enough for any decoder.
"""

from __future__ import annotations

import numpy as np

from ..domain.errors import ImageUnavailable
from ..domain.study import ImageRef
from ..domain.transfer_syntax import BUILT_IN, JPEG_2000, JPEG_LS, RLE_LOSSLESS, UNCOMPRESSED
from . import native_frame
from .arrays import Array, from_npy, from_png
from .image_facts import ImageFacts
from .rest import Rest

# Colours that Orthanc's own decoder refuses unless they come in JPEG.
_OWN_COLOURS = frozenset(["YBR_FULL", "YBR_FULL_422", "PALETTE COLOR"])


class FramePixels:
    """Reads frames through Orthanc's REST API."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def __call__(self, image: ImageRef, facts: ImageFacts) -> Array:
        """Rows, columns, and 1 or 3 samples; grey values before any rescaling. Raises ImageUnavailable."""
        if facts.bits_allocated == 1:
            # Segmentations, eight pixels a byte: Orthanc hands over something else than the picture.
            raise ImageUnavailable
        pixels = self._decoded(image, facts)
        # The decoder of JPEG 2000 knows the bits of its values from the picture itself.
        plain = pixels.shape[2] == 1 and facts.transfer_syntax in BUILT_IN
        return native_frame.own_bits(pixels, facts) if plain else pixels

    def _decoded(self, image: ImageRef, facts: ImageFacts) -> Array:
        syntax = facts.transfer_syntax
        if native_frame.is_grey_of_odd_bits(facts):
            return self._native(image, facts)
        if facts.photometric in _OWN_COLOURS and (syntax in UNCOMPRESSED or syntax == RLE_LOSSLESS):
            return self._native(image, facts)
        if syntax in BUILT_IN:
            # This route decodes with Orthanc's own decoder only, and never transcodes.
            pixels = from_npy(self._get(image, "numpy?compress=0&rescale=0"))
            # Only in JPEG-LS they come as they are.
            return native_frame.to_rgb(pixels) if facts.photometric == "YBR_FULL" and syntax in JPEG_LS else pixels
        if syntax in JPEG_2000:
            return self._through_png(image, facts)
        raise ImageUnavailable

    def _native(self, image: ImageRef, facts: ImageFacts) -> Array:
        try:
            if facts.photometric == "YBR_FULL_422" and facts.transfer_syntax in UNCOMPRESSED:
                # Orthanc cuts frames by three samples a pixel, of which there are two here.
                data = self._found(f"/instances/{image.instance_id}/content/7fe0-0010/{image.frame}")
            else:
                data = self._get(image, "raw")
            tables = [self._table(image, f"0028-120{place}") for place in (1, 2, 3)] if facts.palette else []
            return native_frame.decode(data, facts, tables)
        except ValueError:
            raise ImageUnavailable from None

    def _table(self, image: ImageRef, tag: str) -> bytes:
        return self._found(f"/instances/{image.instance_id}/content/{tag}")

    def _through_png(self, image: ImageRef, facts: ImageFacts) -> Array:
        if facts.samples != 1:
            return from_png(self._get(image, "preview"))
        if facts.signed:
            return from_png(self._get(image, "image-int16")).astype(np.uint16).view(np.int16)
        return from_png(self._get(image, "image-uint16"))

    def _get(self, image: ImageRef, what: str) -> bytes:
        return self._found(f"/instances/{image.instance_id}/frames/{image.frame}/{what}")

    def _found(self, path: str) -> bytes:
        try:
            found = self._rest.get(path)
        except OSError:
            raise ImageUnavailable from None
        if found is None:
            raise ImageUnavailable
        return found
