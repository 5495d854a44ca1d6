"""A message that somebody writes to the practice on the portal's contact page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from .errors import InvalidInput, PatientShareError

LONGEST_MESSAGE = 2000
_LONGEST_NAME, _LONGEST_REACH = 100, 200


class TooManyMessages(PatientShareError):
    """So many have come just now that no further one is taken."""


@dataclass(frozen=True)
class ContactMessage:
    """Who writes, how to reach them, and what they write: printable text, lines ended by a line feed."""

    name: str = field(repr=False)
    reach: str = field(repr=False)
    text: str = field(repr=False)

    @classmethod
    def parse(cls, name: str, reach: str, text: str) -> Self:
        """What was typed; raises InvalidInput for `reach` or `message`."""
        cleaned = _lines(text)
        if not _line(reach, _LONGEST_REACH):
            raise InvalidInput("reach", "must not be empty")
        if not cleaned or len(cleaned) > LONGEST_MESSAGE:
            raise InvalidInput("message", f"must have 1 to {LONGEST_MESSAGE} characters")
        return cls(_line(name, _LONGEST_NAME), _line(reach, _LONGEST_REACH), cleaned)


def _line(text: str, longest: int) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:longest]


def _lines(text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c if c.isprintable() or c == "\n" else " " for c in plain).strip()
