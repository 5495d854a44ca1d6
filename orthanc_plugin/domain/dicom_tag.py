"""Tags of DICOM as settings write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

_WRITTEN = re.compile(r"([0-9A-Fa-f]{4}),(?:([0-9A-Fa-f]{4})|([0-9A-Fa-f]{2}):([!-\[\]-~][ -\[\]-~]{0,63}))", re.ASCII)


@dataclass(frozen=True)
class DicomTag:
    """A tag (DICOM PS3.5 section 7.1); of a private one `element` is the last byte, and `creator` reserves its block.

    Private elements lie wherever the file has put their creator (section 7.8.1): only its name says what they mean.
    """

    group: int
    element: int
    creator: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `0010,2155`, or `0011,20:NAME OF THE CREATOR`; raises ValueError."""
        found = _WRITTEN.fullmatch(text)
        if not found:
            raise ValueError("must be a tag as in 0010,2155, or for a private one 0011,20:CREATOR")
        group = int(found[1], 16)
        if bool(group % 2) != bool(found[4]):
            raise ValueError("private tags have an odd group and need their creator, others have neither")
        return cls(group, int(found[2] or found[3], 16), (found[4] or "").rstrip(" "))
