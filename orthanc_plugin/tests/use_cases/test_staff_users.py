from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.use_cases.authenticate import StaffUsers

from ..support.world import STAFF_PASSWORD, STAFF_USER, basic

USERS = StaffUsers({"reception": "pass:with:colons", "ärztin": "päss wörd", "empty?": "x"})


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("header", "user"),
    [
        (basic("reception", "pass:with:colons"), "reception"),
        (basic("ärztin", "päss wörd"), "ärztin"),
        ("basic " + encoded("empty?:x"), "empty?"),
        ("BASIC   " + encoded("empty?:x") + "  ", "empty?"),
    ],
)
def test_staff_are_known_by_user_and_password(header: str, user: str) -> None:
    assert USERS.user(header) == user


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        "Basic",
        "Basic ",
        "Basic x",
        "Basic ====",
        "Basic \ud800",
        "Basic é",
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
        "Basic " + encoded("reception"),
        "Basic " + encoded("reception:"),
        "Basic " + encoded("reception:pass"),
        "Basic " + encoded("Reception:pass:with:colons"),
        "Basic " + encoded("reception:pass:with:colons "),
        "Basic " + encoded(":pass:with:colons"),
        "Basic " + encoded("reception:pass:with:colons")[:-1],
        "Basic" + encoded("reception:pass:with:colons"),
        "Bearer " + encoded("reception:pass:with:colons"),
        "Digest username=reception",
        encoded("reception:pass:with:colons"),
        "reception:pass:with:colons",
        "Basic " + encoded("reception:pass:with:colons") + " " * 2000,
        "Basic " + "A" * 100_000,
    ],
)
def test_anything_else_is_nobody(header: str) -> None:
    assert USERS.user(header) is None


@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda b: "Basic " + base64.b64encode(b).decode()))
def test_hostile_headers_never_raise_and_never_pass(header: str) -> None:
    assert USERS.user(header) is None


def test_the_passwords_of_staff_do_not_appear_in_a_traceback() -> None:
    assert "pass:with:colons" not in repr(vars(USERS))


def test_a_password_of_staff_under_another_user_is_wrong() -> None:
    users = StaffUsers({"a": "one", "b": "two"})
    assert users.user(basic("a", "two")) is None
    assert users.user(basic("b", "two")) == "b"
    assert StaffUsers({}).user(basic(STAFF_USER, STAFF_PASSWORD)) is None
