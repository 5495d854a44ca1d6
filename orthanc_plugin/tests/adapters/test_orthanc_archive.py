from __future__ import annotations

import json

import pytest

from orthanc_plugin.adapters.orthanc_archive import OrthancArchive
from orthanc_plugin.domain.study import Level, Place, ResourceName, StudyKey, StudyKeyKind

from ..support.report_files import SR
from ..support.rest import INSTANCE, SERIES, STUDY, FakeRest, series_answer, study_answer
from ..support.studies import orthanc_id, uid

ID, UID, ACCESSION = StudyKeyKind
CT = "1.2.840.10008.5.1.4.1.1.2"


def test_a_study_is_read_with_its_series(archive: OrthancArchive) -> None:
    study = archive.study(STUDY)
    assert study is not None
    assert (study.id, study.study_instance_uid, study.accession_number) == (STUDY, uid("study"), "A-1")
    assert (study.patient_name, study.patient_birth_date) == ("Muster^Erika", "19640812")
    assert (study.study_date, study.description) == ("20260601", "Schädel")
    (series,) = study.series
    assert (series.id, series.uid, series.modality, series.number) == (SERIES, uid("series"), "CT", 3)
    assert (series.description, series.body_part, series.instance_count) == ("Axial", "HEAD", 2)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        (" 12 ", 12),
        ("-1", -1),
        ("+4", 4),
        ("", None),
        ("x", None),
        ("1.5", None),
        ("٣", None),
        ("9" * 13, None),
        ("--1", None),
        ("+", None),
    ],
)
def test_a_series_number_is_a_whole_number_or_none(
    archive: OrthancArchive, rest: FakeRest, text: str, number: int | None
) -> None:
    rest.answers[f"/studies/{STUDY}/series"] = [series_answer(text)]
    study = archive.study(STUDY)
    assert study is not None
    assert study.series[0].number == number


def test_missing_tags_are_empty(archive: OrthancArchive, rest: FakeRest) -> None:
    rest.answers[f"/studies/{STUDY}"] = {"ID": STUDY, "MainDicomTags": {}}
    rest.answers[f"/studies/{STUDY}/series"] = [{"ID": SERIES, "Instances": [], "MainDicomTags": {}}]
    study = archive.study(STUDY)
    assert study is not None
    assert study.patient_name == study.description == study.series[0].modality == ""


def test_a_study_that_orthanc_does_not_know_is_none(archive: OrthancArchive) -> None:
    assert archive.study(orthanc_id("other")) is None
    assert archive.find_studies(StudyKey(ID, orthanc_id("other"))) == []


HOSTILE = ["", "..", "../system", f"{STUDY}/../x", STUDY.upper(), f"{STUDY}\n", f"{STUDY}?expand", "*", "a" * 44]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_path_is_ever_built_from_an_unchecked_identifier(archive: OrthancArchive, rest: FakeRest, text: str) -> None:
    assert archive.study(text) is None
    assert archive.find_studies(StudyKey(ID, text)) == []
    for level in Level:
        assert archive.place(ResourceName(level, text)) is None
        assert archive.place(ResourceName(level, text, by_uid=True)) is None
    assert rest.asked == []


def test_a_resource_lies_where_orthanc_says(archive: OrthancArchive) -> None:
    assert archive.place(ResourceName(Level.STUDY, STUDY)) == Place(STUDY)
    assert archive.place(ResourceName(Level.SERIES, SERIES)) == Place(STUDY, SERIES)
    assert archive.place(ResourceName(Level.INSTANCE, INSTANCE)) == Place(STUDY, SERIES)
    assert archive.place(ResourceName(Level.SERIES, INSTANCE)) is None
    assert archive.place(ResourceName(Level.INSTANCE, orthanc_id("unknown"))) is None


def test_a_uid_stands_for_a_resource_only_while_it_is_the_only_one(archive: OrthancArchive, rest: FakeRest) -> None:
    name = ResourceName(Level.SERIES, uid("series"), by_uid=True)
    rest.found_by_uid = [{"ID": SERIES, "Type": "Series"}, {"ID": STUDY, "Type": "Study"}]
    assert archive.place(name) == Place(STUDY, SERIES)
    rest.found_by_uid.append({"ID": orthanc_id("twin"), "Type": "Series"})
    assert archive.place(name) is None
    rest.found_by_uid = []
    assert archive.place(name) is None


@pytest.mark.parametrize(
    ("value", "found"), [("A-1", True), (" A-1 ", True), ("a-1", False), ("A-", False), ("A*", False)]
)
def test_an_accession_number_is_compared_exactly_although_orthanc_is_forgiving(
    archive: OrthancArchive, rest: FakeRest, value: str, found: bool
) -> None:
    rest.found = [STUDY]
    assert [study.id for study in archive.find_studies(StudyKey(ACCESSION, value))] == ([STUDY] if found else [])


def test_several_studies_with_one_accession_number_are_all_found_once(archive: OrthancArchive, rest: FakeRest) -> None:
    other = orthanc_id("other")
    rest.answers[f"/studies/{other}"] = study_answer("other", "A-1")
    rest.found = [STUDY, other, STUDY, orthanc_id("deleted meanwhile")]
    assert [study.id for study in archive.find_studies(StudyKey(ACCESSION, "A-1"))] == [STUDY, other]


def test_a_study_instance_uid_is_compared_exactly(archive: OrthancArchive, rest: FakeRest) -> None:
    rest.found = [STUDY]
    assert [study.id for study in archive.find_studies(StudyKey(UID, uid("study")))] == [STUDY]
    assert archive.find_studies(StudyKey(UID, uid("other"))) == []


def test_finding_studies_asks_for_no_series(archive: OrthancArchive, rest: FakeRest) -> None:
    assert archive.find_studies(StudyKey(ID, STUDY))[0].series == ()
    assert rest.asked == [f"/studies/{STUDY}"]


def test_what_staff_type_cannot_leave_the_json_of_the_query(archive: OrthancArchive, rest: FakeRest) -> None:
    archive.find_studies(StudyKey(ACCESSION, 'x"}, "Level": "Patient'))
    (asked,) = rest.asked
    query = json.loads(asked.partition(" ")[2])
    assert query["Level"] == "Study"


REPORTS = f"/studies/{STUDY}?requestedTags=SOPClassesInStudy;NumberOfStudyRelatedInstances"
ARRIVED = 1767225600  # 2026-01-01T00:00:00 UTC


def with_report(rest: FakeRest, instances: int = 2) -> None:
    """One more instance of the series is a structured report."""
    tags = {"SOPClassesInStudy": f"{CT}\\{SR}", "NumberOfStudyRelatedInstances": str(instances)}
    rest.answers[REPORTS] = {"LastUpdate": "20260101T000000", "RequestedTags": tags}
    rest.found = [
        {"ParentSeries": SERIES, "Metadata": {"SopClassUid": CT, "ReceptionDate": "20260102T000000"}},
        {"ParentSeries": SERIES, "Metadata": {"SopClassUid": SR, "ReceptionDate": "20260101T000000"}},
    ]


def test_a_series_with_a_report_is_known_by_its_arrival(archive: OrthancArchive, rest: FakeRest) -> None:
    with_report(rest)
    study = archive.study(STUDY)
    assert study is not None and study.series[0].report_at == ARRIVED
    assert archive.place(ResourceName(Level.STUDY, STUDY)) == Place(STUDY, None, ARRIVED)
    assert archive.place(ResourceName(Level.SERIES, SERIES)) == Place(STUDY, SERIES, ARRIVED)
    assert archive.place(ResourceName(Level.INSTANCE, INSTANCE)) == Place(STUDY, SERIES, ARRIVED)


def test_a_report_that_has_just_arrived_is_known_by_itself(archive: OrthancArchive, rest: FakeRest) -> None:
    rest.answers[f"/instances/{INSTANCE}/metadata?expand"] = {
        "SopClassUid": SR,
        "ReceptionDate": "20260101T000000",
    }
    assert archive.place(ResourceName(Level.INSTANCE, INSTANCE)) == Place(STUDY, SERIES, ARRIVED)
    rest.answers[f"/instances/{INSTANCE}/metadata?expand"]["ReceptionDate"] = "unreadable"
    assert archive.place(ResourceName(Level.INSTANCE, INSTANCE)) == Place(STUDY, SERIES, 0)


def test_a_study_is_gone_through_once_and_again_when_it_has_changed(archive: OrthancArchive, rest: FakeRest) -> None:
    def finds() -> int:
        return sum(call.startswith("/tools/find") for call in rest.asked)

    with_report(rest)
    for _ in range(5):
        archive.place(ResourceName(Level.INSTANCE, INSTANCE))
    assert finds() == 1
    with_report(rest, instances=3)
    archive.place(ResourceName(Level.INSTANCE, INSTANCE))
    assert finds() == 2
    rest.answers[REPORTS]["Series"] = [SERIES]
    archive.place(ResourceName(Level.INSTANCE, INSTANCE))
    assert finds() == 3
