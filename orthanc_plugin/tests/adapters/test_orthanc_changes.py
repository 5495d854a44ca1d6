from __future__ import annotations

import pytest

from orthanc_plugin.adapters.orthanc_changes import OrthancChanges
from orthanc_plugin.domain.automatic import StudyFacts
from orthanc_plugin.domain.dicom_tag import DicomTag

from ..support.rest import FakeRest

CHANGES = {
    "Changes": [
        {"ChangeType": "NewStudy", "ID": "c", "Seq": 4},
        {"ChangeType": "StableStudy", "ID": "a", "Seq": 5},
        {"ChangeType": "StableSeries", "ID": "s", "Seq": 6},
        {"ChangeType": "StableStudy", "ID": "b", "Seq": 7},
        {"ChangeType": "StableStudy", "ID": "a", "Seq": 8},
    ],
    "Done": True,
    "Last": 8,
}


def test_complete_studies_are_told_once_each_with_the_place_to_go_on_from() -> None:
    feed = OrthancChanges(FakeRest({"/changes?since=3&limit=100": CHANGES, "/changes?last": {"Last": 8}}))
    page = feed.since(3)
    assert (page.studies, page.last, page.done) == (("c", "a", "b"), 8, True)
    assert feed.last() == 8


def test_what_rules_look_at_comes_from_study_series_and_sender() -> None:
    rest = FakeRest(
        {
            "/studies/a": {
                "MainDicomTags": {"InstitutionName": " Praxis ", "ReferringPhysicianName": "Haus^Arzt"},
                "Labels": ["share"],
                "IsStable": True,
            },
            "/studies/a/series": [
                {"MainDicomTags": {"Modality": "CT", "StationName": "ROOM-2"}, "Instances": ["i1"]},
                {"MainDicomTags": {"Modality": "SR"}, "Instances": []},
            ],
            "/instances/i1/metadata/RemoteAET": b"CT1",
        }
    )
    assert OrthancChanges(rest).facts("a") == StudyFacts(
        frozenset({"CT", "SR"}),
        frozenset({"CT1"}),
        frozenset({"ROOM-2"}),
        frozenset({"Praxis"}),
        frozenset({"share"}),
        True,
    )


def test_tags_are_read_where_the_file_has_them_also_in_another_private_block() -> None:
    flag, other, telecom = DicomTag(0x11, 0x20, "RIS"), DicomTag(0x11, 0x20, "NOBODY"), DicomTag(0x10, 0x2155)
    rest = FakeRest(
        {
            "/studies/a": {"MainDicomTags": {}},
            "/studies/a/series": [{"MainDicomTags": {}, "Instances": ["i1"]}],
            "/instances/i1/content/0011-0010": b"OTHER ",
            "/instances/i1/content/0011-1020": b"N ",
            "/instances/i1/content/0011-0012": b"RIS ",
            "/instances/i1/content/0011-1220": b"J\0",
            "/instances/i1/content/0010-2155": b"x" * 5000,
        }
    )
    facts = OrthancChanges(rest, (flag, other, telecom)).facts("a")
    assert facts is not None and facts.tags == {flag: "J"}


@pytest.mark.parametrize("name", ["", "^^^", " "])
def test_an_empty_name_is_no_referring_physician(name: str) -> None:
    rest = FakeRest({"/studies/a": {"MainDicomTags": {"ReferringPhysicianName": name}}, "/studies/a/series": []})
    assert OrthancChanges(rest).facts("a") == StudyFacts(is_stable=False)


def test_a_study_that_is_gone_has_no_facts() -> None:
    assert OrthancChanges(FakeRest({})).facts("a") is None
    with pytest.raises(OSError, match="changes"):
        OrthancChanges(FakeRest({})).last()
