"""DICOM person names (PS3.5 section 6.2, value representation PN) as people write them."""

from __future__ import annotations


def display_name(value: str) -> str:
    """Turn `Family^Given^Middle^Prefix^Suffix` into "Prefix Given Middle Family Suffix".

    The first of the alphabetic, ideographic and phonetic groups that holds anything is used.
    """
    group = next((g for g in value.split("=") if g.strip(" ^")), "")
    family, given, middle, prefix, suffix, *_ = [part.strip() for part in group.split("^")] + [""] * 5
    return " ".join(part for part in (prefix, given, middle, family, suffix) if part)
