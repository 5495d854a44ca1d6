"""What an answer may be wrapped in, taken off again: compression, archives, parts, escapes, DICOM, pictures."""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

import numpy as np
from PIL import Image
from pydicom import Dataset, dcmread

_DEEPEST = 5
_MOST_VIEWS = 4000
_BOUNDARY = re.compile(r'boundary="?([^";,]+)', re.IGNORECASE)
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
_ESCAPE = re.compile(rb"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True)
class Picture:
    """A decoded picture."""

    pixels: np.ndarray


def views(body: bytes, content_type: str = "", content_encoding: str = "") -> Iterator[bytes | Picture]:
    """The answer and everything inside it; bounded, since an answer may be anything."""
    waiting: list[tuple[bytes, int]] = [(body, 0)]
    if content_encoding:
        waiting += [(inner, 1) for inner in _inflated(body)]
    boundary = _BOUNDARY.search(content_type)
    if boundary:
        waiting += [(part, 1) for part in _parts(body, b"--" + boundary[1].encode())]
    for count, (data, depth) in enumerate(_walk(waiting)):
        if count > _MOST_VIEWS:
            return
        yield data
        if depth <= _DEEPEST:
            picture = _picture(data)
            if picture is not None:
                yield picture


def _walk(waiting: list[tuple[bytes, int]]) -> Iterator[tuple[bytes, int]]:
    while waiting:
        data, depth = waiting.pop()
        yield data, depth
        if depth < _DEEPEST and data:
            waiting += [(inner, depth + 1) for inner in _inside(data)]


def _inside(data: bytes) -> Iterator[bytes]:
    if data[:2] == b"\x1f\x8b" or data[:1] == b"\x78":
        yield from _inflated(data)
    if data[:4] == b"PK\x03\x04":
        yield from _members(data)
        return
    if data[128:132] == b"DICM":
        yield from _elements(data)
        return
    if data[:2] == b"--" and b"\r\n" in data[:200]:
        yield from _parts(data, data.partition(b"\r\n")[0])
        return
    if data[:3] == b"\xff\xd8\xff" or data[:4] == b"\x89PNG":
        return
    if data[4:7] == b"\xff\xd8\xff":
        yield from _row(data)
        return
    yield from _unescaped(data)
    for run in _BASE64.findall(data):
        with _ignored:
            yield base64.b64decode(run.translate(bytes.maketrans(b"-_", b"+/")) + b"=" * (-len(run.rstrip(b"=")) % 4))


class _Ignored:
    """Whatever cannot be taken apart is left as it is."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        known = (
            ValueError,
            OSError,
            EOFError,
            zlib.error,
            binascii.Error,
            zipfile.BadZipFile,
            KeyError,
            AttributeError,
        )
        return kind is not None and issubclass(kind, (*known, NotImplementedError, TypeError, RuntimeError))


_ignored = _Ignored()


def _inflated(data: bytes) -> list[bytes]:
    for inflate in (gzip.decompress, zlib.decompress, lambda raw: zlib.decompress(raw, -15)):
        with _ignored:
            return [inflate(data)]
    return []


def _members(data: bytes) -> Iterator[bytes]:
    with _ignored, zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist()[:60]:
            yield entry.filename.encode(errors="replace")
            yield archive.read(entry)


def _row(data: bytes) -> Iterator[bytes]:
    """A row of pictures, each after its length (web/picture_batch.py)."""
    while len(data) > 4:
        length = int.from_bytes(data[:4], "big")
        yield data[4 : 4 + length]
        data = data[4 + length :]


def _parts(data: bytes, boundary: bytes) -> Iterator[bytes]:
    for part in data.split(boundary)[:80]:
        head, _, content = part.partition(b"\r\n\r\n")
        yield head
        if content:
            yield content.removesuffix(b"\r\n")


def _unescaped(data: bytes) -> Iterator[bytes]:
    if b"\\u" in data or b"\\/" in data:
        text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)).encode(errors="replace"), data)
        yield text.replace(b"\\/", b"/")
    if b"&#" in data or b"&quot;" in data:
        yield html.unescape(data.decode("latin-1")).encode(errors="replace")
    if re.search(rb"%[0-9a-fA-F]{2}", data[:200_000]):
        yield unquote_to_bytes(data)


def _elements(data: bytes) -> Iterator[bytes]:
    found: list[bytes] = []
    with _ignored, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset: Dataset = dcmread(io.BytesIO(data), force=True)
        for element in dataset.iterall():
            raw = isinstance(element.value, bytes)
            found.append(element.value if raw else str(element.value).encode(errors="replace"))
    yield from found


def _picture(data: bytes) -> Picture | None:
    if not (data[:3] == b"\xff\xd8\xff" or data[:4] == b"\x89PNG" or data[128:132] == b"DICM"):
        return None
    with _ignored, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if data[128:132] == b"DICM":
            return Picture(np.asarray(dcmread(io.BytesIO(data), force=True).pixel_array))
        with Image.open(io.BytesIO(data)) as image:
            if min(image.size) >= 16:
                return Picture(np.asarray(image, dtype=float))
    return None
