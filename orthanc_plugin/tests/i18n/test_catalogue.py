from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.i18n.catalogue import load_languages, offered

from ..support.world import all_languages, languages


def test_german_and_english_are_there() -> None:
    assert sorted(languages()) == ["de", "en"]
    assert all(language.code == code for code, language in all_languages().items())


def test_the_portal_offers_the_practices_language_first_and_drafts_last() -> None:
    codes = list(offered(all_languages(), (), "en"))
    assert codes[:2] == ["en", "de"] and set(codes[2:]) == {"ar", "de-simple", "fr", "pl", "ru", "tr", "uk"}
    assert list(offered(all_languages(), ("tr", "en"), "de")) == ["de", "en", "tr"]
    assert list(offered(all_languages(), ("de",), "de")) == ["de"]
    with pytest.raises(KeyError):
        offered(all_languages(), ("xx",), "de")


def test_what_a_draft_lacks_is_said_in_the_language_it_simplifies_or_the_practices_own() -> None:
    only_for_staff = "Opened once, %(when)s"
    german = all_languages()["de"].text(only_for_staff)
    assert load_languages("en")["de-simple"].text(only_for_staff) == german != only_for_staff
    assert load_languages("de")["tr"].text(only_for_staff) == german
    assert load_languages("en")["tr"].text(only_for_staff) == only_for_staff


def test_languages_say_what_they_are_called_and_which_way_they_run() -> None:
    names = {code: one.own_name for code, one in all_languages().items()}
    assert names["de"] == "Deutsch" and names["de-simple"] == "Leichte Sprache" and names["tr"] == "Türkçe"
    assert [code for code, one in all_languages().items() if one.direction == "rtl"] == ["ar"]


def test_numbers_are_written_as_people_write_them() -> None:
    assert all_languages()["de"].number(1.25, 1) == all_languages()["de-simple"].number(1.25, 1) == "1,2"
    assert all_languages()["en"].number(1.55, 1) == "1.6" and all_languages()["en"].number(2, 0) == "2"


def test_the_source_is_english_and_german_is_translated() -> None:
    assert languages()["en"].text("Access code") == "Access code"
    assert languages()["de"].text("Access code") == "Zugangscode"
    assert languages()["de"].text("never heard of") == "never heard of"


@pytest.mark.parametrize(
    ("code", "long", "short"),
    [("de", "Freitag, 6. März 2026", "06.03.2026"), ("en", "Friday, March 6, 2026", "Mar 6, 2026")],
)
def test_dates_are_written_as_people_write_them(code: str, long: str, short: str) -> None:
    language = languages()[code]
    assert language.long_date(date(2026, 3, 6)) == long
    assert language.short_date(date(2026, 3, 6)) == short


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("20260306", "06.03.2026"),
        (" 20260306 ", "06.03.2026"),
        ("2026.03.06", "06.03.2026"),
        ("", ""),
        ("20260230", ""),
        ("2026", ""),
        ("x", ""),
        ("00000000", ""),
        ("20261301", ""),
        ("----", ""),
    ],
)
def test_dates_of_dicom_are_shown_or_left_out(value: str, shown: str) -> None:
    assert languages()["de"].dicom_date(value) == shown


@given(st.text(max_size=20) | st.text(alphabet="0123456789.+- _", max_size=12))
def test_hostile_dates_never_raise(value: str) -> None:
    for language in languages().values():
        assert isinstance(language.dicom_date(value), str)


def test_numbers_choose_singular_and_plural() -> None:
    german = languages()["de"].messages
    assert german.ngettext("%(n)d minute", "%(n)d minutes", 1) % {"n": 1} == "1 Minute"
    assert german.ngettext("%(n)d minute", "%(n)d minutes", 2) % {"n": 2} == "2 Minuten"
