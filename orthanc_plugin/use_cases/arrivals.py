"""Notice what happened to the studies of a share: arrived, gone from Orthanc, come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..domain.audit import SYSTEM
from ..domain.audit_terms import Action
from ..domain.errors import AmbiguousStudy, InvalidInput, StudyNotFound
from ..domain.share import Presence, Share, SharedStudy, ShareState
from ..domain.study import StudySummary
from ..ports import Archive, Clock, ObjectionRepository, PatientIndex, ShareRepository, Transaction
from .find_study import FindStudy
from .record_event import RecordEvent


@dataclass(frozen=True)
class Arrivals:
    """Brings what the store knows of a share's studies up to date with Orthanc.

    `forget` drops what this process remembers of a share, so that a change takes effect at once.
    """

    find_study: FindStudy
    archive: Archive
    shares: ShareRepository
    objections: ObjectionRepository
    patients: PatientIndex
    clock: Clock
    forget: Callable[[str], None]
    transaction: Transaction
    record: RecordEvent

    def __call__(self, share: Share) -> Share:
        """The share as it stands; harmless to repeat, and for two threads at once."""
        changed = False
        for position, study in enumerate(share.studies):
            seen = self._arrived(share, study) if study.id is None else self._still_there(study)
            if seen == study:
                continue
            if study.id is None and self.objections.since([seen.patient, *self._candidates(seen)]) is not None:
                # Whoever objected before the images were taken must not be shared by an older order.
                with self.transaction():
                    if self.shares.revoke(share.id, int(self.clock.now())):
                        self.record(Action.SHARE_REVOKED, SYSTEM, share)
            else:
                with self.transaction():
                    self.shares.set_study(share.id, position, seen)
                    gone = seen.presence is Presence.GONE
                    self.record(Action.STUDY_GONE if gone else Action.STUDY_ARRIVED, SYSTEM, share)
            changed = True
        if not changed:
            return share
        self.forget(share.id)
        return self.shares.get(share.id) or share

    def sweep(self) -> int:
        """Look after every open share; answers how many changed."""
        now = int(self.clock.now())
        open_shares = [s for s in self.shares.open_shares(now) if s.state(now) is not ShareState.REVOKED]
        return sum(1 for share in open_shares if self(share) != share)

    def _still_there(self, study: SharedStudy) -> SharedStudy:
        gone = self.archive.study(study.id or "") is None
        if gone == (study.gone_at is not None):
            return study
        return replace(study, gone_at=int(self.clock.now()) if gone else None)

    def _arrived(self, share: Share, awaited: SharedStudy) -> SharedStudy:
        try:
            found = self.find_study(awaited.awaited_by)
        except (StudyNotFound, AmbiguousStudy, InvalidInput):
            return awaited
        if not self._belongs(share, awaited, found):
            return awaited
        return SharedStudy(found.id, found.study_instance_uid, patient=self.patients.patient(found.patient_id))

    def _belongs(self, share: Share, awaited: SharedStudy, found: StudySummary) -> bool:
        """Whether the study is of the patient whom the order named, or whose other studies the share holds.

        An accession number can be mistyped at the modality: a stranger's images must not follow it into a share.
        """
        expected = {awaited.patient, *(study.patient for study in share.studies if study.id)} - {""}
        return found.id not in share.study_ids and expected <= set(self.patients.patient_candidates(found.patient_id))

    def _candidates(self, seen: SharedStudy) -> tuple[str, ...]:
        study = self.archive.study(seen.id or "")
        return tuple(self.patients.patient_candidates(study.patient_id)) if study else ()
