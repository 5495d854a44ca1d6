"""Marks (words, identifiers, pixels) with their owners, and the search for them in an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from harness.demo_study import read_mark

from .unpack import Picture, views

# Every mark has one of these shapes; each begins with fixed characters, which makes the search fast.
_SHAPES = (
    re.compile(rb"qx[0-9a-f]{8}z"),
    re.compile(rb"1\.2\.826\.0\.1\.3680043\.8\.498\.[0-9]+"),
    re.compile(rb"19[0-9]{6}"),
)
# Orthanc's identifiers, less their first group.
_END_OF_ID = re.compile(rb"(?:-[0-9a-f]{8}){4}")
_GROUP = 8
_SHORTEST_PIXELS = 128


def series_owner(study: str, number: int) -> str:
    """Who owns what belongs to one series."""
    return f"series:{study}/{number}"


@dataclass
class Marks:
    """Mark -> owner (`patient:AB`, `study:A`, `series:A/1`, `share:…`)."""

    texts: dict[str, str] = field(default_factory=dict)
    pixels: dict[bytes, str] = field(default_factory=dict)
    # Words of no known shape, looked for one by one.
    odd: list[bytes] = field(default_factory=list)
    pictures: dict[tuple[int, int, int], str] = field(default_factory=dict)

    def add(self, owner: str, *words: str) -> None:
        """Note words."""
        for word in words:
            lowered = word.lower().encode()
            if not any(shape.fullmatch(lowered) for shape in _SHAPES) and not _END_OF_ID.fullmatch(lowered[_GROUP:]):
                self.odd.append(lowered)
            assert self.texts.setdefault(word.lower(), owner) == owner, word

    def add_picture(self, owner: str, mark: tuple[int, int, int], hounsfield: np.ndarray, offset: int) -> None:
        """Note a picture and the forms in which its last row is sent uncompressed."""
        self.pictures[mark] = owner
        row = hounsfield[-1]
        for kind, values in (("<u2", row + offset), (">u2", row + offset), ("<i2", row), (">i2", row), ("<f4", row)):
            self.pixels[values.astype(kind).tobytes()] = owner
        # As Orthanc writes a matrix for Matlab.
        self.pixels[" ".join(str(int(value)) for value in row).encode()] = owner

    @property
    def owners(self) -> set[str]:
        """Everybody who owns a mark."""
        return {*self.texts.values(), *self.pixels.values()}

    def found(self, body: bytes, content_type: str = "", content_encoding: str = "") -> set[tuple[str, str]]:
        """Every (owner, mark) in an answer, however it is packed."""
        hits: set[tuple[str, str]] = set()
        for view in views(body, content_type, content_encoding):
            hits |= self._in_picture(view) if isinstance(view, Picture) else self._in_bytes(view)
        return hits

    def _in_bytes(self, data: bytes) -> set[tuple[str, str]]:
        lowered = data.lower()
        words = {match.decode() for shape in _SHAPES for match in shape.findall(lowered)}
        words |= {lowered[m.start() - _GROUP : m.end()].decode("latin-1") for m in _END_OF_ID.finditer(lowered)}
        words |= {word.decode() for word in self.odd if word in lowered}
        hits = {(self.texts[word], word) for word in words if word in self.texts}
        if len(data) >= _SHORTEST_PIXELS:
            hits |= {(owner, "pixels") for row, owner in self.pixels.items() if row in data}
        return hits

    def _in_picture(self, picture: Picture) -> set[tuple[str, str]]:
        mark = read_mark(picture.pixels)
        owner = self.pictures.get(mark) if mark else None
        return {(owner, "picture")} if owner else set()


def forbidden(hits: Iterable[tuple[str, str]], allowed: frozenset[str] | None) -> set[tuple[str, str]]:
    """The hits whose owner is not allowed; None allows everything."""
    return set() if allowed is None else {hit for hit in hits if hit[0] not in allowed}
