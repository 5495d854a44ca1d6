"""Text files and names of files for people: every computer shows them as they are meant."""

from __future__ import annotations

import re


def plain_text(text: str) -> bytes:
    """UTF-8 with a byte order mark, lines ended by CR LF."""
    return ("\ufeff" + text.replace("\n", "\r\n") + "\r\n").encode("utf-8")


def plain_word(word: str, instead: str) -> str:
    """A word for the name of a file, in letters that every computer and every header knows."""
    return word if re.fullmatch(r"[A-Za-z]{1,20}", word) else instead
