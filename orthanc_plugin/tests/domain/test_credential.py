from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from orthanc_plugin.domain.credential import (
    ALPHABET,
    CODE_BITS,
    LONGEST_INPUT,
    PASSWORD_BITS,
    AccessCode,
    Password,
    check_character,
    code_in,
)
from orthanc_plugin.domain.errors import MistypedCode, MistypedPassword

codes = st.integers(0, (1 << CODE_BITS) - 1).map(AccessCode.from_number)
passwords = st.integers(0, (1 << PASSWORD_BITS) - 1).map(Password.from_number)
SEPARATORS = ["", " ", "-", "  ", "\t", "\u00a0", "\u2013", "_", "."]


@st.composite
def typed(draw: st.DrawFn, text: str) -> str:
    """The text as somebody in a hurry types it."""
    lookalikes = {"0": "0Oo", "1": "1IiLl"}
    out = [draw(st.sampled_from(SEPARATORS))]
    for symbol in text:
        out.append(draw(st.sampled_from(sorted(lookalikes.get(symbol, symbol + symbol.lower())))))
        out.append(draw(st.sampled_from(["", "", "", *SEPARATORS])))
    return "".join(out)


@given(st.data(), codes)
def test_case_separators_and_lookalikes_do_not_matter_in_a_code(data: st.DataObject, code: AccessCode) -> None:
    assert AccessCode.parse(data.draw(typed(code.text))) == code


@given(st.data(), passwords)
def test_case_separators_and_lookalikes_do_not_matter_in_a_password(data: st.DataObject, password: Password) -> None:
    assert Password.parse(data.draw(typed(password.text))) == password


@given(codes, st.integers(0, 13), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_found(code: AccessCode, place: int, other: str) -> None:
    assume(code.text[place] != other)
    with pytest.raises(MistypedCode):
        AccessCode.parse(code.text[:place] + other + code.text[place + 1 :])


@given(codes, st.integers(0, 12))
def test_every_swap_of_neighbours_is_found(code: AccessCode, place: int) -> None:
    left, right = code.text[place], code.text[place + 1]
    assume(left != right)
    with pytest.raises(MistypedCode):
        AccessCode.parse(code.text[:place] + right + left + code.text[place + 2 :])


def test_the_check_character_finds_all_errors_of_two_characters_after_every_interim() -> None:
    """The table of the checksum itself: 32 interims, all pairs, both kinds of error."""
    for start in ALPHABET:
        checks = {a + b: check_character(start + a + b) for a in ALPHABET for b in ALPHABET}
        for a in ALPHABET:
            assert len({checks[a + b] for b in ALPHABET}) == 32
            assert len({checks[b + a] for b in ALPHABET}) == 32
            assert all(checks[a + b] != checks[b + a] for b in ALPHABET if b != a)


@given(st.text(max_size=200) | st.text(alphabet=st.characters(categories=["Cs", "Nd", "Lu", "Cc", "Zs"]), max_size=40))
def test_hostile_text_is_a_mistyped_code_and_nothing_else(text: str) -> None:
    try:
        parsed = AccessCode.parse(text)
    except MistypedCode:
        return
    assert len(parsed.text) == 14
    assert set(parsed.text) <= set(ALPHABET)


@given(st.text(max_size=200))
def test_hostile_text_is_a_mistyped_password_and_nothing_else(text: str) -> None:
    try:
        parsed = Password.parse(text)
    except MistypedPassword:
        return
    assert len(parsed.text) == 10
    assert set(parsed.text) <= set(ALPHABET)


@pytest.mark.parametrize(
    "text", ["", " ", "-" * 14, "U" * 14, "0" * 13, "0" * 15, "0" * LONGEST_INPUT + "0", "\u0660" * 14]
)
def test_what_no_code_can_look_like_is_mistyped(text: str) -> None:
    with pytest.raises(MistypedCode):
        AccessCode.parse(text)


def test_very_long_text_is_refused_even_if_a_code_is_in_it() -> None:
    code = AccessCode.from_number(12345)
    assert AccessCode.parse(code.text + "-" * (LONGEST_INPUT - 14)) == code
    with pytest.raises(MistypedCode):
        AccessCode.parse(code.text + "-" * (LONGEST_INPUT - 13))


@given(codes)
def test_a_code_is_shown_in_groups_of_five_and_reads_back(code: AccessCode) -> None:
    assert [len(group) for group in code.grouped.split("-")] == [5, 5, 4]
    assert AccessCode.parse(code.grouped) == code


@given(passwords)
def test_a_password_is_shown_in_two_groups_and_reads_back(password: Password) -> None:
    assert [len(group) for group in password.grouped.split("-")] == [5, 5]
    assert Password.parse(password.grouped) == password


@given(st.sets(st.integers(0, (1 << CODE_BITS) - 1), min_size=2, max_size=20))
def test_different_numbers_make_different_codes(numbers: set[int]) -> None:
    assert len({AccessCode.from_number(number).text for number in numbers}) == len(numbers)


@pytest.mark.parametrize("number", [-1, 1 << CODE_BITS])
def test_a_code_holds_65_bits_exactly(number: int) -> None:
    with pytest.raises(ValueError, match="65 bits"):
        AccessCode.from_number(number)


@pytest.mark.parametrize("number", [-1, 1 << PASSWORD_BITS])
def test_a_password_holds_50_bits_exactly(number: int) -> None:
    with pytest.raises(ValueError, match="50 bits"):
        Password.from_number(number)


def test_neither_code_nor_password_appears_in_a_traceback() -> None:
    code, password = AccessCode.from_number(98765), Password.from_number(98765)
    assert code.text not in repr(code) + repr([code])
    assert password.text not in repr(password) + f"{password!r}"
    assert code.text not in str(code)
    assert password.text not in str(password)


@pytest.mark.parametrize(
    ("foreign", "latin"),
    [("АВЕКМНОРСТХУ", "ABEKMHOPCTXY"), ("авекмнорстху", "ABEKMHOPCTXY"), ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX")],  # noqa: RUF001
)
def test_letters_of_other_keyboards_that_look_the_same_are_the_same(foreign: str, latin: str) -> None:
    for letter, same in zip(foreign, latin, strict=True):
        assert Password.parse("0" * 9 + letter) == Password.parse("0" * 9 + same), same


@pytest.mark.parametrize("unlike", "ЖШЯБГДΩΣΔΛ")
def test_other_letters_are_typing_errors(unlike: str) -> None:
    with pytest.raises(MistypedPassword):
        Password.parse("0" * 9 + unlike)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("https://portal.example/portal/#5JRGH-JAXAK-WEWX", "5JRGH-JAXAK-WEWX"),
        ("portal.example/portal#5JRGH-JAXAK-WEWX ", "5JRGH-JAXAK-WEWX "),
        ("5JRGH-JAXAK-WEWX", "5JRGH-JAXAK-WEWX"),
        ("https://portal.example/portal", "https://portal.example/portal"),
        ("", ""),
    ],
)
def test_the_code_in_a_whole_link(typed: str, code: str) -> None:
    assert code_in(typed) == code
