from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

from orthanc_plugin.adapters.image_facts import ImageFacts, LutDescriptor, read_facts
from orthanc_plugin.adapters.native_frame import decode, is_grey_of_odd_bits, lut_values, own_bits, rle_segments
from orthanc_plugin.domain.transfer_syntax import RLE_LOSSLESS

LITTLE_ENDIAN = "1.2.840.10008.1.2.1"


def facts(photometric: str, syntax: str = LITTLE_ENDIAN, **tags: Any) -> ImageFacts:
    wanted = {"Rows": "1", "Columns": "2", "BitsAllocated": "8", "SamplesPerPixel": "3", **tags}
    return read_facts({"PhotometricInterpretation": photometric, **wanted}, syntax)


def rle(*segments: bytes) -> bytes:
    offsets, place = [], 64
    for segment in segments:
        offsets.append(place)
        place += len(segment)
    return struct.pack("<16I", len(segments), *offsets, *[0] * (15 - len(segments))) + b"".join(segments)


RED_AND_GREY = [[[255, 0, 0], [100, 100, 100]]]


def test_luminance_and_differences_become_red_green_and_blue() -> None:
    by_pixel = bytes([76, 85, 255, 100, 128, 128])
    by_plane = bytes([76, 100, 85, 128, 255, 128])
    runs = rle(bytes([1, 76, 100]), bytes([1, 85, 128]), bytes([1, 255, 128]))
    for data, what in (
        (by_pixel, facts("YBR_FULL")),
        (by_plane, facts("YBR_FULL", PlanarConfiguration="1")),
        (runs, facts("YBR_FULL", RLE_LOSSLESS)),
    ):
        assert np.abs(decode(data, what, []).astype(int) - RED_AND_GREY).max() <= 2


def test_two_pixels_share_their_differences() -> None:
    assert decode(bytes([10, 200, 128, 128]), facts("YBR_FULL_422"), []).tolist() == [[[10] * 3, [200] * 3]]
    for wrong in (bytes(3), bytes(6)):
        with pytest.raises(ValueError, match="frame"):
            decode(wrong, facts("YBR_FULL_422"), [])


def palette(entries: int, first: int, bits: int) -> dict[str, str]:
    return {f"{c}PaletteColorLookupTableDescriptor": f"{entries}\\{first}\\{bits}" for c in ("Red", "Green", "Blue")}


def test_a_palette_of_eight_or_sixteen_bits_is_looked_up_from_its_first_value() -> None:
    eight = facts("PALETTE COLOR", SamplesPerPixel="1", **palette(2, 5, 8))
    assert decode(b"\x05\x06", eight, [b"\x01\x02", b"\x03\x04", b"\x05\x06"]).tolist() == [[[1, 3, 5], [2, 4, 6]]]
    # Beyond an end the entry at that end counts.
    assert decode(b"\x00\xff", eight, [b"\x01\x02", b"\x03\x04", b"\x05\x06"]).tolist() == [[[1, 3, 5], [2, 4, 6]]]
    sixteen = facts("PALETTE COLOR", SamplesPerPixel="1", **palette(2, 0, 16))
    words = struct.pack("<2H", 0, 65535)
    assert decode(b"\x00\x01", sixteen, [words] * 3).tolist() == [[[0] * 3, [255] * 3]]
    with pytest.raises(ValueError, match="palette"):
        decode(b"\x00\x01", sixteen, [])


def test_a_table_comes_as_words_as_bytes_or_as_text() -> None:
    descriptor = LutDescriptor(3, 0, 8)
    for data in (struct.pack("<3H", 1, 2, 3), b"\x01\x02\x03\x00", b"1\\2\\3"):
        assert lut_values(data, descriptor).tolist() == [1, 2, 3]
    for data in (b"", b"\x01", b"1\\2"):
        with pytest.raises(ValueError, match="table"):
            lut_values(data, LutDescriptor(3, 0, 16))


def test_runs_are_unpacked_and_never_beyond_the_frame() -> None:
    assert rle_segments(rle(bytes([0xFE, 7, 0x80, 1, 1, 2])), 5, 1) == [bytes([7, 7, 7, 1, 2])]
    assert rle_segments(rle(bytes([0x81, 9]) * 100), 4, 1) == [bytes([9] * 4)]


@pytest.mark.parametrize("data", [b"", bytes(63), rle(b"\x00\x01"), rle(*[b""] * 15), b"\xff" * 64, b"\xff" * 1000])
def test_frames_that_do_not_fit_their_description_are_refused(data: bytes) -> None:
    for what in (facts("YBR_FULL", RLE_LOSSLESS), facts("YBR_FULL", RLE_LOSSLESS, Rows="0")):
        with pytest.raises(ValueError):
            decode(data, what, [])


@pytest.mark.parametrize(
    ("tags", "values", "expected"),
    [
        ({"BitsStored": "12", "HighBit": "11"}, [0xF123, 0x0FFF], [0x123, 0xFFF]),
        (
            {"BitsStored": "12", "HighBit": "11", "PixelRepresentation": "1"},
            [0x0FFF, 0x0800, 0x07FF],
            [-1, -2048, 2047],
        ),
        ({"BitsStored": "12", "HighBit": "15"}, [0x1230], [0x123]),
        ({"BitsStored": "16", "HighBit": "15", "PixelRepresentation": "1"}, [0xFFFF], [-1]),
        ({"BitsStored": "16", "HighBit": "15"}, [0xFFFF], [0xFFFF]),
        ({"BitsStored": "8", "HighBit": "7"}, [0x12FE], [0xFE]),
        ({"BitsStored": "40"}, [0xFFFF], [0xFFFF]),
    ],
)
def test_only_the_bits_of_a_value_count(tags: dict[str, str], values: list[int], expected: list[int]) -> None:
    described = facts("MONOCHROME2", BitsAllocated="16", SamplesPerPixel="1", **tags)
    assert own_bits(np.array(values, np.uint16), described).tolist() == expected


def test_bytes_with_a_sign_are_read() -> None:
    described = facts("MONOCHROME2", SamplesPerPixel="1", PixelRepresentation="1", Rows="1", Columns="2")
    assert is_grey_of_odd_bits(described)
    stored = decode(b"\xff\x7f", described, ())
    assert own_bits(stored, described)[:, :, 0].tolist() == [[-1, 127]]
