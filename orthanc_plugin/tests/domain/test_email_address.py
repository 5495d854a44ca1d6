from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.domain.email_address import EmailAddress
from orthanc_plugin.domain.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("erika@example.org", "erika@example.org"),
        (" Erika.Muster+mrt@Example.ORG ", "Erika.Muster+mrt@example.org"),
        ("info@münchen.example", "info@xn--mnchen-3ya.example"),
        ("o'neill@sub.sub.example", "o'neill@sub.sub.example"),
    ],
)
def test_one_plain_address_is_read(text: str, wanted: str) -> None:
    assert EmailAddress.parse(text).text == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "erika",
        "@example.org",
        "erika@",
        "erika@example",
        "erika@example.123",
        "erika@[192.0.2.1]",
        "erika@192.0.2.1",
        "a@b@example.org",
        "erika@example.org, max@example.org",
        "erika@example.org;max@example.org",
        "Erika <erika@example.org>",
        "<erika@example.org>",
        '"erika muster"@example.org',
        "erika\r\nBcc: all@example.org",
        "erika@example.org\r\nBcc: all@example.org",
        "erika@example.org\n",
        "\terika@example.org",
        "erika\x00@example.org",
        "erika muster@example.org",
        "müller@example.org",
        ".erika@example.org",
        "erika.@example.org",
        "e..r@example.org",
        "erika@-example.org",
        "erika@example-.org",
        "erika@exa_mple.org",
        "erika@example..org",
        "erika@example.org.",
        "a" * 65 + "@example.org",
        "erika@" + "a" * 64 + ".org",
        "erika@" + ".".join(["a" * 60] * 5),
        "x" * 5000 + "@example.org",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        EmailAddress.parse(text)


@given(st.text(max_size=80) | st.from_regex(r"[^@]{1,20}@[^@]{1,20}\.[a-z]{2,4}", fullmatch=True))
def test_what_is_accepted_cannot_break_out_of_a_line(text: str) -> None:
    try:
        found = EmailAddress.parse(text).text
    except InvalidInput:
        return
    assert found.isascii() and found.isprintable() and len(found) <= 254
    assert not set(found) & set(' <>,;:"()[]\\') and found.count("@") == 1
