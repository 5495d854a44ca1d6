from __future__ import annotations

import json
from typing import Any

from orthanc_plugin.adapters.orthanc_search import OrthancSearch, query
from orthanc_plugin.domain.study_search import StudySearch

from ..support.rest import FakeRest
from ..support.studies import orthanc_id


def answer(number: int, name: str) -> dict[str, Any]:
    return {
        "ID": orthanc_id(str(number)),
        "MainDicomTags": {"StudyDate": "20260601"},
        "PatientMainDicomTags": {"PatientName": name},
        "RequestedTags": {"NumberOfStudyRelatedInstances": "12", "ModalitiesInStudy": "CT\\SR"},
        "IsStable": False,
    }


def archive(names: list[str]) -> tuple[OrthancSearch, FakeRest]:
    rest = FakeRest({})

    def found(body: str) -> Any:
        wanted = json.loads(body)
        entries = [answer(number, name) for number, name in enumerate(names)]
        return entries[wanted["Since"] : wanted["Since"] + wanted["Limit"]]

    rest.found = found
    return OrthancSearch(rest), rest


def test_only_our_own_wildcards_reach_orthanc() -> None:
    assert query(StudySearch.parse(name="Müller")) == {"PatientName": "*m*ller*"}
    assert query(StudySearch.parse(name="Groß, Ian")) == {"PatientName": "*gro**"}
    keys = query(StudySearch(name="a*b?c\\d"))
    assert keys["PatientName"].strip("*").isalnum()
    assert query(StudySearch.parse(birth_date="3.4.1958", patient_id="P 1")) == {
        "PatientBirthDate": "19580403",
        "PatientID": "P 1",
    }


def test_an_answer_is_read() -> None:
    search, _ = archive(["Muster^Erika"])
    (found,) = search.find(StudySearch.parse(name="Erika"), 10, 0).studies
    assert (found.images, found.modalities, found.study.is_stable) == (12, ("CT", "SR"), False)


def test_pages_follow_one_another_without_gaps() -> None:
    names = [f"{'Muster' if number % 3 else 'Mustmann'}^{number}" for number in range(350)]
    search, _ = archive(names)
    seen: list[str] = []
    since: int | None = 0
    while since is not None:
        page = search.find(StudySearch.parse(name="muster"), 25, since)
        assert len(page.studies) <= 25
        seen += [found.study.patient_name for found in page.studies]
        since = page.next_since
    assert seen == [name for name in names if name.startswith("Muster^")]


def test_a_search_reads_a_bounded_number() -> None:
    search, rest = archive(["Mustmann^X"] * 5000)
    page = search.find(StudySearch.parse(name="muster"), 25, 0)
    assert page.studies == () and page.next_since == 2000
    assert len([path for path in rest.asked if path.startswith("/tools/find")]) == 20


def test_without_sorting_in_orthancs_database_the_newest_come_first_too() -> None:
    """Over PostgreSQL with plugins that know no extended search, Orthanc refuses to sort."""
    rest = FakeRest({"/system": {"Capabilities": {"HasExtendedFind": False}}})
    entries = [answer(number, f"Muster^{number}") for number in range(250)]
    for number, entry in enumerate(entries):
        entry["MainDicomTags"]["StudyDate"] = f"2026{number // 25 + 1:02}{number % 25 + 1:02}"
        del entry["RequestedTags"]
        counted = {**entry, "RequestedTags": {"NumberOfStudyRelatedInstances": str(number), "ModalitiesInStudy": "CT"}}
        path = f"/studies/{entry['ID']}?requestedTags=NumberOfStudyRelatedInstances;ModalitiesInStudy"
        rest.answers[path] = counted

    def found(body: str) -> Any:
        wanted = json.loads(body)
        assert "OrderBy" not in wanted and "Since" not in wanted
        return entries

    rest.found = found
    first = OrthancSearch(rest).find(StudySearch.parse(name="muster"), 25, 0)
    assert [study.images for study in first.studies] == list(range(249, 224, -1))
    assert first.next_since is not None
    second = OrthancSearch(rest).find(StudySearch.parse(name="muster"), 25, first.next_since)
    assert [study.images for study in second.studies] == list(range(224, 199, -1))
