from __future__ import annotations

import pytest

from orthanc_plugin.domain.lease import Leases, OpenPage, alive_until, gone, heard, is_page_id

A, B = "a" * 32, "b" * 32
OPEN = OpenPage(A, 5, 160)


def test_hidden_pages_get_more_time_and_phones_most() -> None:
    leases = Leases()
    assert [leases.length(True, False), leases.length(True, True)] == [60, 60]
    assert [leases.length(False, False), leases.length(False, True)] == [120, 300]


def test_a_heartbeat_renews_the_lease() -> None:
    assert heard(None, A, 1, 160) == OpenPage(A, 1, 160)
    assert heard(OPEN, A, 6, 200) == OpenPage(A, 6, 200)


@pytest.mark.parametrize("sequence", [4, 5])
def test_what_was_overtaken_counts_no_more(sequence: int) -> None:
    assert heard(OPEN, A, sequence, 999) is None
    assert gone(OPEN, sequence) is None


def test_a_late_heartbeat_does_not_undo_a_farewell_but_a_page_that_came_back_does() -> None:
    closed = gone(OPEN, 7)
    assert closed == OpenPage(A, 7, 160, closed=True)
    assert heard(closed, A, 6, 200) is None
    assert heard(closed, A, 8, 200) == OpenPage(A, 8, 200)


def test_a_farewell_of_nobody_or_a_second_one_is_nothing() -> None:
    assert gone(None, 1) is None
    assert gone(OpenPage(A, 5, 160, closed=True), 6) is None


def test_the_session_lives_as_long_as_its_longest_lease() -> None:
    assert alive_until([OPEN, OpenPage(B, 1, 150)], 100, 0, 15) == 160
    assert alive_until([OpenPage(A, 5, 160, closed=True), OpenPage(B, 1, 150)], 100, 0, 15) == 150


def test_after_the_last_farewell_there_is_the_grace() -> None:
    assert alive_until([OpenPage(A, 5, 160, closed=True)], 100, 0, 15) == 115
    # A page that went without a farewell long ago keeps nothing alive.
    assert alive_until([OpenPage(A, 5, 160, closed=True), OpenPage(B, 1, 99)], 100, 0, 15) == 115


def test_a_page_that_is_on_its_way_counts() -> None:
    assert alive_until([OpenPage(A, 5, 160, closed=True)], 100, 130, 15) == 130
    assert alive_until([], 100, 100, 15) == 115


@pytest.mark.parametrize("text", ["", "a" * 31, "a" * 33, "A" * 32, "g" * 32, "a" * 31 + "\n", "a" * 32 + "\n"])
def test_identifiers_of_pages_have_one_shape(text: str) -> None:
    assert is_page_id(A) and not is_page_id(text)
