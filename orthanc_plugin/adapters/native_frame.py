"""Frames that Orthanc hands out but does not decode: YBR and palette colours, uncompressed or in RLE.

DICOM PS3.3 C.7.6.3.1.2 and C.7.9, PS3.5 annex G. Raises ValueError for data that do not fit their description.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from ..domain.transfer_syntax import RLE_LOSSLESS, UNCOMPRESSED
from .arrays import MOST_PIXELS, Array
from .image_facts import ImageFacts, LutDescriptor

_RLE_HEADER = struct.Struct("<16I")
# YBR_FULL to RGB.
_TO_RGB = np.array([[1.0, 0.0, 1.402], [1.0, -0.344136, -0.714136], [1.0, 1.772, 0.0]], dtype=np.float32)


def decode(data: bytes, facts: ImageFacts, tables: Sequence[bytes]) -> Array:
    """Rows, columns, three samples of 8 bit; one sample of 8 or 16 bit for grey values, as they are stored."""
    pixels = facts.rows * facts.columns
    if not 0 < pixels <= MOST_PIXELS or facts.bits_allocated not in (8, 16):
        raise ValueError("size")
    if facts.photometric == "PALETTE COLOR":
        return _through_palette(_grey(data, facts), facts, tables)
    if not facts.colour:
        return _grey(data, facts)[:, :, np.newaxis]
    if facts.bits_allocated != 8 or facts.samples != 3:
        raise ValueError("kind of colour")
    if facts.transfer_syntax == RLE_LOSSLESS:
        planes = [_bytes(segment, pixels) for segment in rle_segments(data, pixels, 3)]
        full = np.stack([plane.reshape(facts.rows, facts.columns) for plane in planes], axis=2)
    elif facts.photometric == "YBR_FULL_422":
        full = _doubled(data, facts)
    elif facts.by_plane:
        full = _bytes(data, 3 * pixels).reshape(3, facts.rows, facts.columns).transpose(1, 2, 0)
    else:
        full = _bytes(data, 3 * pixels).reshape(facts.rows, facts.columns, 3)
    return to_rgb(full)


def is_grey_of_odd_bits(facts: ImageFacts) -> bool:
    """Uncompressed grey values that Orthanc reads as bytes where they are words, or refuses, or shifts away."""
    if facts.colour or facts.transfer_syntax not in UNCOMPRESSED or facts.bits_allocated not in (8, 16):
        return False
    if facts.bits_allocated == 16:
        return facts.bits_stored <= 8 or facts.high_bit != facts.bits_stored - 1
    return facts.signed or facts.bits_stored < 8


def own_bits(stored: Array, facts: ImageFacts) -> Array:
    """Grey values without bits that are not theirs (overlays of old archives), and with their sign (C.7.6.3.1.1)."""
    size = stored.dtype.itemsize
    spare = 8 * size - facts.bits_stored
    if stored.dtype.kind not in "iu" or facts.bits_stored <= 0 or spare < 0:
        return stored
    below = facts.high_bit + 1 - facts.bits_stored if is_grey_of_odd_bits(facts) else 0
    # Lifted to the top, what lies above falls off; on the way down the sign comes along.
    lifted = stored.view(f"u{size}") << (spare - min(max(0, below), spare))
    return (lifted.view(f"i{size}") if facts.signed else lifted) >> spare


def _grey(data: bytes, facts: ImageFacts) -> Array:
    pixels, wide = facts.rows * facts.columns, facts.bits_allocated == 16
    if facts.transfer_syntax == RLE_LOSSLESS:
        parts = [_bytes(part, pixels) for part in rle_segments(data, pixels, 2 if wide else 1)]
        flat = parts[0].astype(np.uint16) * 256 + parts[1] if wide else parts[0]
    else:
        flat = _bytes(data, pixels * (2 if wide else 1)).view("<u2" if wide else "u1")
    return flat.reshape(facts.rows, facts.columns)


def _doubled(data: bytes, facts: ImageFacts) -> Array:
    """Two luminances share one blue and one red difference."""
    if facts.columns % 2:
        raise ValueError("odd width")
    if len(data) not in (2 * facts.rows * facts.columns, 2 * facts.rows * facts.columns + 1):
        # Not this frame: cut as if there were three samples a pixel.
        raise ValueError("size of the frame")
    groups = _bytes(data, 2 * facts.rows * facts.columns).reshape(facts.rows, facts.columns // 2, 4)
    full = np.empty((facts.rows, facts.columns, 3), np.uint8)
    full[:, ::2, 0], full[:, 1::2, 0] = groups[:, :, 0], groups[:, :, 1]
    full[:, :, 1], full[:, :, 2] = (np.repeat(groups[:, :, place], 2, axis=1) for place in (2, 3))
    return full


def to_rgb(full: Array) -> Array:
    """From YBR_FULL of 8 bit (C.7.6.3.1.2)."""
    values = full.astype(np.float32)
    values[:, :, 1:] -= 128
    rgb: Array = np.clip(np.rint(values @ _TO_RGB.T), 0, 255).astype(np.uint8)
    return rgb


def _through_palette(indices: Array, facts: ImageFacts, tables: Sequence[bytes]) -> Array:
    if len(facts.palette) != 3 or len(tables) != 3:
        raise ValueError("palette")
    channels = []
    for descriptor, data in zip(facts.palette, tables, strict=True):
        table = lut_values(data, descriptor)
        largest = 65535 if descriptor.bits > 8 else 255
        eight = (table.astype(np.uint32) * 255 // largest).astype(np.uint8)
        places = np.clip(indices.astype(np.int32) - descriptor.first, 0, len(table) - 1)
        channels.append(eight[places])
    return np.stack(channels, axis=2)


def lut_values(data: bytes, descriptor: LutDescriptor) -> Array:
    """The entries of a look-up table as bytes, words, or numbers in a text (US), whichever Orthanc hands out."""
    entries = descriptor.entries
    text = data.rstrip(b"\0 ")
    if b"\\" in text and not text.translate(None, b"0123456789\\-"):
        values = np.array([int(part or 0) & 0xFFFF for part in text.split(b"\\")], dtype=np.uint16)
        if len(values) >= entries:
            return values[:entries]
    if len(data) >= 2 * entries:
        return np.frombuffer(data, "<u2", entries)
    if descriptor.bits <= 8 and len(data) >= entries:
        return np.frombuffer(data, "u1", entries)
    raise ValueError("look-up table")


def rle_segments(data: bytes, pixels: int, wanted: int) -> list[bytes]:
    """The byte planes of an RLE frame, of `pixels` bytes each, most significant byte first."""
    if len(data) < _RLE_HEADER.size:
        raise ValueError("RLE header")
    count, *offsets = _RLE_HEADER.unpack_from(data)
    if count != wanted:
        raise ValueError("RLE segments")
    ends = [*offsets[1:count], len(data)]
    return [_unpacked(data[start:end], pixels) for start, end in zip(offsets, ends, strict=False)]


def _unpacked(packed: bytes, length: int) -> bytes:
    """PackBits, of which no more is written than `length` bytes."""
    out, place = bytearray(), 0
    while place < len(packed) and len(out) < length:
        head = packed[place]
        if head < 128:
            out += packed[place + 1 : place + 2 + head]
            place += head + 2
        elif head > 128:
            out += packed[place + 1 : place + 2] * (257 - head)
            place += 2
        else:
            place += 1
    return bytes(out[:length])


def _bytes(data: bytes, length: int) -> Array:
    if len(data) < length:
        raise ValueError("too short")
    return np.frombuffer(data, np.uint8, length)
