"""Choose the studies of a share: those that Orthanc holds, and those that are still to come."""

from __future__ import annotations

from dataclasses import dataclass

from ..domain.errors import InvalidInput, StudyNotFound
from ..domain.share import SharedStudy
from ..domain.study import SeriesSummary, StudyKey, StudyKeyKind, StudySummary
from ..ports import Archive, PatientIndex
from .find_study import FindStudy

MOST_STUDIES = 20


@dataclass(frozen=True)
class Choice:
    """What a share will hold; `patients` are the keyed hashes under which an objection would be filed."""

    studies: tuple[SharedStudy, ...]
    present: tuple[StudySummary, ...]
    patients: tuple[str, ...]
    excluded_series: frozenset[str]


@dataclass(frozen=True)
class ChooseStudies:
    """Resolve what staff named, and refuse studies of two patients in one share."""

    find_study: FindStudy
    archive: Archive
    patients: PatientIndex

    def __call__(
        self, keys: tuple[StudyKey, ...], exclude_series: tuple[str, ...], may_arrive_later: bool, patient_id: str
    ) -> Choice:
        """Answer the choice; raises InvalidInput, StudyNotFound or AmbiguousStudy."""
        if not 1 <= len(keys) <= MOST_STUDIES:
            raise InvalidInput("studies", f"must name from 1 to {MOST_STUDIES} studies")
        found = [(key, self._find(key, may_arrive_later)) for key in keys]
        present = tuple(study for _, study in found if study is not None)
        if len({study.id for study in present}) != len(present) or len(set(keys)) != len(keys):
            raise InvalidInput("studies", "must not name a study twice")
        identifiers = {study.patient_id for study in present} | ({patient_id} if patient_id else set())
        if len(identifiers) > 1 or len({_person(study) for study in present}) > 1:
            raise InvalidInput("studies", "must all belong to one patient")
        return Choice(
            studies=tuple(self._shared(key, study, patient_id) for key, study in found),
            present=present,
            patients=tuple(hash_ for each in identifiers for hash_ in self.patients.patient_candidates(each)),
            excluded_series=self._excluded(present, exclude_series),
        )

    def _find(self, key: StudyKey, may_arrive_later: bool) -> StudySummary | None:
        try:
            return self.find_study(key)
        except StudyNotFound:
            # Orthanc's own identifier is made from what a study holds, so nobody can know it before.
            if not may_arrive_later or key.kind is StudyKeyKind.ORTHANC_ID:
                raise
            return None

    def _shared(self, key: StudyKey, study: StudySummary | None, patient_id: str) -> SharedStudy:
        if study is not None:
            return SharedStudy(study.id, study.study_instance_uid, patient=self.patients.patient(study.patient_id))
        by_uid = key.kind is StudyKeyKind.STUDY_INSTANCE_UID
        return SharedStudy(
            id=None,
            study_instance_uid=key.value if by_uid else None,
            accession_number="" if by_uid else key.value,
            patient=self.patients.patient(patient_id),
        )

    def _excluded(self, present: tuple[StudySummary, ...], wanted: tuple[str, ...]) -> frozenset[str]:
        if not wanted:
            return frozenset()
        series: list[SeriesSummary] = []
        for study in present:
            complete = self.archive.study(study.id)
            if complete is None:
                raise StudyNotFound
            series += complete.series
        names = {name: entry.id for entry in series for name in (entry.id, entry.uid)}
        if any(name not in names for name in wanted):
            raise InvalidInput("exclude_series", "must name series of the study")
        excluded = frozenset(names[name] for name in wanted)
        if len(excluded) == len(series):
            raise InvalidInput("exclude_series", "must leave at least one series in the share")
        return excluded


def _person(study: StudySummary) -> tuple[str, str]:
    """Two patients may bear one identifier where two archives were joined: the name and birth date tell them apart."""
    return study.patient_name.strip().casefold(), study.patient_birth_date.strip()
