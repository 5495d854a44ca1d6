from __future__ import annotations

import pytest

from orthanc_plugin.domain.study import is_orthanc_id, is_uid, most_informative

from ..support.studies import orthanc_id, series, study, uid

GOOD = orthanc_id("any")


def test_series_follow_their_numbers_then_those_without_one() -> None:
    found = study("s", series("b", number=None), series("c", number=10), series("a", number=2), series("z", number=-1))
    assert [entry.description for entry in found.ordered_series] == ["z", "a", "c", "b"]


def test_series_number_nought_comes_before_those_without_a_number() -> None:
    found = study("s", series("none", number=None), series("nought", number=0))
    assert [entry.description for entry in found.ordered_series] == ["nought", "none"]


def test_equal_numbers_keep_one_order_whatever_orthanc_lists_first() -> None:
    entries = [series(name, number=1) for name in "abcdef"]
    assert study("s", *entries).ordered_series == study("s", *reversed(entries)).ordered_series


@pytest.mark.parametrize(
    "text",
    [
        "",
        GOOD.upper() if GOOD.upper() != GOOD else "X",
        GOOD + "\n",
        "\n" + GOOD,
        GOOD + "/",
        GOOD[:-1],
        GOOD + "0",
        GOOD.replace("-", ""),
        GOOD.replace("-", "_"),
        GOOD + "-00000000",
        "../" + GOOD,
        "g" * 8 + GOOD[8:],
        "\u0660" * 8 + GOOD[8:],
    ],
)
def test_what_is_no_identifier_of_orthanc(text: str) -> None:
    assert not is_orthanc_id(text)


def test_what_is_an_identifier_of_orthanc() -> None:
    assert is_orthanc_id(GOOD)


@pytest.mark.parametrize("text", ["1.2.840.10008.1.2", "0", uid("x"), "1." + "2" * 62])
def test_what_is_a_uid(text: str) -> None:
    assert is_uid(text)


@pytest.mark.parametrize(
    "text", ["", ".", "1.", ".1", "1..2", "1.2\n", "1.2 ", "1.2a", "1,2", "1.2\\1.3", "1." + "2" * 63, "1.٢", "*"]
)
def test_what_is_no_uid(text: str) -> None:
    assert not is_uid(text)


def test_names_and_descriptions_do_not_appear_in_a_traceback() -> None:
    shown = repr(study("s", series("Thorax of Erika"), patient="Muster^Erika", accession="A-7"))
    assert "Muster" not in shown
    assert "Erika" not in shown
    assert "A-7" not in shown
    assert "1964" not in shown


def test_viewing_begins_with_the_largest_series_that_was_not_made_for_planning() -> None:
    entries = [
        series("Localizer", instances=40),
        series("Axial", instances=9),
        series("Sagittal", instances=9),
        series("Dose", instances=1),
    ]
    assert most_informative(entries) is entries[1]
    assert most_informative(entries[:1]) is entries[0]
    assert most_informative([]) is None
