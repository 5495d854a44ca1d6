"""Find the one study that staff mean."""

from __future__ import annotations

from dataclasses import dataclass

from ..domain.errors import AmbiguousStudy, InvalidInput, StudyCandidate, StudyNotFound
from ..domain.study import StudyKey, StudyKeyKind, StudySummary, is_orthanc_id, is_uid
from ..ports import Archive

# DICOM PS3.5 section 6.2: SH holds 16 characters; real systems send longer ones, so the limit is generous.
_LONGEST_ACCESSION_NUMBER = 64


@dataclass(frozen=True)
class FindStudy:
    """Resolve an identifier to exactly one study."""

    archive: Archive

    def __call__(self, key: StudyKey) -> StudySummary:
        """Answer the study; raises InvalidInput, StudyNotFound or AmbiguousStudy."""
        _check(key)
        found = self.archive.find_studies(key)
        if not found:
            raise StudyNotFound
        if len(found) > 1:
            raise AmbiguousStudy(tuple(_candidate(study) for study in found))
        return found[0]


def _check(key: StudyKey) -> None:
    match key.kind:
        case StudyKeyKind.ORTHANC_ID:
            valid, shape = is_orthanc_id(key.value), "five groups of eight hexadecimal digits"
        case StudyKeyKind.STUDY_INSTANCE_UID:
            valid, shape = is_uid(key.value), "a DICOM UID"
        case StudyKeyKind.ACCESSION_NUMBER:
            # Backslash, asterisk and question mark mean lists and wildcards in a DICOM query (PS3.4 C.2.2.2).
            valid = bool(key.value.strip()) and key.value.isprintable() and not set(key.value) & set("\\*?")
            valid = valid and len(key.value) <= _LONGEST_ACCESSION_NUMBER
            shape = f"1 to {_LONGEST_ACCESSION_NUMBER} printable characters without backslash, * and ?"
    if not valid:
        raise InvalidInput(key.kind.value, f"must be {shape}")


def _candidate(study: StudySummary) -> StudyCandidate:
    return StudyCandidate(
        orthanc_id=study.id,
        study_instance_uid=study.study_instance_uid,
        study_date=study.study_date,
        study_description=study.description,
    )
