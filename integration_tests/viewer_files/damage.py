"""Files of our own with damaged tags, as a broken or hostile sender makes them."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Iterator

from pydicom import Dataset

from .every import ours

_IMAGE_TAGS = (
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "SamplesPerPixel",
    "PixelRepresentation",
    "PlanarConfiguration",
)
_TEXTS = (
    "WindowCenter",
    "WindowWidth",
    "RescaleSlope",
    "RescaleIntercept",
    "PhotometricInterpretation",
    "VOILUTFunction",
    "FrameTime",
    "NumberOfFrames",
)
_NUMBERS = (0, 1, 2, 3, 7, 8, 12, 16, 17, 32, 64, 255, 4096, 65535)
_WORDS = (
    b"",
    b"0",
    b"-1",
    b"1e308",
    b"nan",
    b"RGB",
    b"YBR_FULL_422",
    b"PALETTE COLOR",
    b"MONOCHROME1",
    b"\xff\xfe",
    b"9999999",
)


def damaged(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """`count` files, each time the same ones for a seed: what was done to it, and its bytes."""
    chosen = random.Random(seed)
    files = [(name, dataset) for name, dataset, _ in ours() if name != "mg-large"]
    for place in range(count):
        name, dataset = chosen.choice(files)
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = (
            f"1.2.826.0.1.3680043.8.498.{seed}.{place}"
        )
        dataset.SeriesInstanceUID = f"1.2.826.0.1.3680043.8.498.{seed}.1.{place}"
        dataset.StudyInstanceUID, dataset.PatientID = f"1.2.826.0.1.3680043.8.498.{seed}.0", "VF-DAMAGE"
        dataset.SeriesNumber = place + 1
        what, data = _change(_bytes(dataset), chosen)
        yield f"{place} {name}: {what}", data


def _bytes(dataset: Dataset) -> bytes:
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _change(data: bytes, chosen: random.Random) -> tuple[str, bytes]:
    """One to three changes: a number or a text of the image's tags, a cut, or bytes anywhere behind the identifiers."""
    made, done = bytearray(data), []
    for _ in range(chosen.randint(1, 3)):
        match chosen.randrange(4):
            case 0:
                done.append(_number(made, chosen))
            case 1:
                done.append(_text(made, chosen))
            case 2:
                keep = chosen.randrange(len(made) // 2, len(made))
                del made[keep:]
                done.append(f"cut at {keep}")
            case _:
                start = chosen.randrange(len(made) // 3, len(made))
                for _ in range(chosen.randint(1, 40)):
                    made[chosen.randrange(start, len(made))] = chosen.randrange(256)
                done.append(f"bytes from {start}")
    return ", ".join(done), bytes(made)


def _number(made: bytearray, chosen: random.Random) -> str:
    keyword, value = chosen.choice(_IMAGE_TAGS), chosen.choice(_NUMBERS)
    place = _place(made, keyword, b"US")
    if place:
        made[place : place + 2] = struct.pack("<H", value)
    return f"{keyword}={value}"


def _text(made: bytearray, chosen: random.Random) -> str:
    keyword, value = chosen.choice(_TEXTS), chosen.choice(_WORDS)
    for vr in (b"DS", b"CS", b"IS"):
        place = _place(made, keyword, vr)
        if place:
            (length,) = struct.unpack("<H", made[place - 2 : place])
            made[place : place + length] = value[:length].ljust(length)
    return f"{keyword}={value!r}"


def _place(made: bytearray, keyword: str, vr: bytes) -> int:
    """Where the value of an Explicit VR Little Endian element begins; 0 where there is none."""
    from pydicom.datadict import tag_for_keyword  # noqa: PLC0415

    tag = tag_for_keyword(keyword) or 0
    found = made.find(struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr)
    return found + 8 if found >= 0 else 0
