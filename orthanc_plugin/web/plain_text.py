"""Text files for people: the plainest of editors shows them as they are meant."""

from __future__ import annotations


def plain_text(text: str) -> bytes:
    """UTF-8 with a byte order mark, lines ended by CR LF."""
    return ("\ufeff" + text.replace("\n", "\r\n") + "\r\n").encode("utf-8")
