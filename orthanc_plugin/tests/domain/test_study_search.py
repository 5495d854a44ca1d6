from __future__ import annotations

import pytest

from orthanc_plugin.domain.errors import InvalidInput
from orthanc_plugin.domain.study_search import StudySearch, folded, parse_day

from ..support.studies import study


@pytest.mark.parametrize(
    "typed",
    [
        "3.4.1958",
        "03.04.1958",
        "3. 4. 1958",
        "3/4/1958",
        "1958-04-03",
        "1958-4-3",
        "03041958",
        "19580403",
        " 3.4.1958 ",
    ],
)
def test_a_day_is_understood_however_it_is_typed(typed: str) -> None:
    assert parse_day("birth_date", typed) == "19580403"


@pytest.mark.parametrize(
    "typed", ["31.2.1958", "3.4.58", "1958", "x", "3.4.1858", "19581332", "٣.٤.1958", "*", "3.4.1958-"]
)
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_day("birth_date", typed)
    assert refused.value.field == "birth_date"


@pytest.mark.parametrize("typed", ["Größmüller", "GROESSMUELLER", "größmüller, jörg", "Joerg  Größm", "Jo\u0308rg"])
def test_a_name_is_found_however_it_is_spelt(typed: str) -> None:
    search = StudySearch.parse(name=typed)
    assert search.fits(study("s", patient="Größmüller^Jörg^^Dr."))
    assert not search.fits(study("s", patient="Gross^Jürgen"))


def test_every_word_must_be_there() -> None:
    search = StudySearch.parse(name="anna beispiel")
    assert search.fits(study("s", patient="Beispiel^Anna"))
    assert not search.fits(study("s", patient="Beispiel^Bert"))


def test_folding() -> None:
    assert folded("  MÜLLER^Renée=x ") == "mueller renee x"


@pytest.mark.parametrize("field", ["name", "accession_number", "patient_id"])
@pytest.mark.parametrize("typed", ["*", "Mü*", "?", "A\\B", "x" * 65, "a\nb"])
def test_wildcards_and_the_like_are_refused(field: str, typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        StudySearch.parse(**{field: typed})
    assert refused.value.field == field


@pytest.mark.parametrize("typed", ["a", "...", "- -"])
def test_a_name_of_one_letter_is_too_little(typed: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        StudySearch.parse(name=typed)


def test_something_must_be_looked_for() -> None:
    with pytest.raises(InvalidInput, match="search"):
        StudySearch.parse(name="  ")
