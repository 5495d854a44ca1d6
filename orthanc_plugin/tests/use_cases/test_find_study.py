from __future__ import annotations

from collections.abc import Sequence

import pytest

from orthanc_plugin.domain.errors import AmbiguousStudy, InvalidInput, StudyNotFound
from orthanc_plugin.domain.study import StudyKey, StudyKeyKind, StudySummary
from orthanc_plugin.use_cases.find_study import FindStudy

from ..support.studies import MemoryArchive, orthanc_id, study, uid

ID, UID, ACCESSION = StudyKeyKind


@pytest.fixture
def archive() -> MemoryArchive:
    found = MemoryArchive()
    found.add(study("one", accession="A-1"), study("two", accession="A-2"), study("three", accession="A-2"))
    return found


@pytest.mark.parametrize(("kind", "value"), [(ID, orthanc_id("one")), (UID, uid("one")), (ACCESSION, "A-1")])
def test_each_kind_of_identifier_leads_to_the_study(archive: MemoryArchive, kind: StudyKeyKind, value: str) -> None:
    assert FindStudy(archive)(StudyKey(kind, value)).id == orthanc_id("one")


@pytest.mark.parametrize(("kind", "value"), [(ID, orthanc_id("x")), (UID, uid("x")), (ACCESSION, "a-1")])
def test_what_nothing_answers_to_is_not_found(archive: MemoryArchive, kind: StudyKeyKind, value: str) -> None:
    with pytest.raises(StudyNotFound):
        FindStudy(archive)(StudyKey(kind, value))


def test_several_studies_under_one_accession_number_are_candidates_without_a_name(archive: MemoryArchive) -> None:
    with pytest.raises(AmbiguousStudy) as refusal:
        FindStudy(archive)(StudyKey(ACCESSION, "A-2"))
    assert {candidate.orthanc_id for candidate in refusal.value.candidates} == {orthanc_id("two"), orthanc_id("three")}
    assert refusal.value.candidates[0].study_date == "20260601"
    assert "Muster" not in repr(refusal.value.candidates) + str(refusal.value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ID, ""),
        (ID, orthanc_id("one").upper()),
        (ID, orthanc_id("one") + "/../x"),
        (ID, orthanc_id("one") + "\n"),
        (UID, ""),
        (UID, "1.2,1.3"),
        (UID, "1.2\\1.3"),
        (UID, "*"),
        (UID, "1" * 65),
        (ACCESSION, ""),
        (ACCESSION, "   "),
        (ACCESSION, "A\\B"),
        (ACCESSION, "A\nB"),
        (ACCESSION, "A\x00"),
        (ACCESSION, "\ud800"),
        (ACCESSION, "\u202eA"),
        (ACCESSION, "A" * 65),
    ],
)
def test_an_identifier_of_the_wrong_shape_never_reaches_orthanc(kind: StudyKeyKind, value: str) -> None:
    class Untouchable(MemoryArchive):
        def find_studies(self, key: StudyKey) -> Sequence[StudySummary]:
            raise AssertionError("asked Orthanc")

    with pytest.raises(InvalidInput) as refusal:
        FindStudy(Untouchable())(StudyKey(kind, value))
    assert refusal.value.field == kind.value
    assert not value.strip() or value not in refusal.value.detail
