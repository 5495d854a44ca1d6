from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.domain.person_name import display_name


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("Muster^Erika", "Erika Muster"),
        ("Muster^Erika^Maria^Dr.^MSc", "Dr. Erika Maria Muster MSc"),
        ("Muster", "Muster"),
        ("^Erika", "Erika"),
        ("Muster^^^^", "Muster"),
        (" Muster ^ Erika ", "Erika Muster"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Tarou Yamada"),
        ("=山田^太郎", "太郎 山田"),
        ("^^=  =やまだ", "やまだ"),
        ("A^B^C^D^E^F^G", "D B C A E"),
        ("", ""),
        ("^^^^", ""),
        ("===", ""),
    ],
)
def test_names_are_shown_as_people_write_them(stored: str, shown: str) -> None:
    assert display_name(stored) == shown


@given(st.text())
def test_any_text_can_be_shown(value: str) -> None:
    assert "^" not in display_name(value)
