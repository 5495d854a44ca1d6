"""Consent of patients: note that it is on file, register an objection, withdraw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..domain.audit import Who
from ..domain.audit_terms import Action
from ..domain.errors import InvalidInput, ShareNotFound
from ..domain.share import Consent, Share
from ..ports import Clock, ObjectionRepository, PatientIndex, ShareRepository, Transaction
from .record_event import RecordEvent

# DICOM PS3.5 section 6.2: LO holds 64 characters.
_LONGEST_PATIENT_ID = 64


@dataclass(frozen=True)
class LookAfterConsent:
    """Patients are known by a keyed hash of their identifier, DICOM (0010,0020).

    `forget` drops what this process remembers of a share, so that a revocation takes effect at once.
    """

    shares: ShareRepository
    objections: ObjectionRepository
    patients: PatientIndex
    clock: Clock
    forget: Callable[[str], None]
    transaction: Transaction
    note: RecordEvent

    def record(self, share_id: str, user: str) -> Share:
        """Note that the patient's consent is on file; raises ShareNotFound."""
        share = self._get(share_id)
        with self.transaction():
            self.shares.record_consent(share_id, Consent(user, int(self.clock.now())))
            self.note(Action.CONSENT_RECORDED, Who.staff(user), share)
        return self._get(share_id)

    def object(self, patient_id: str, user: str) -> int:
        """Register an objection and revoke all shares of the patient; answers how many. Raises InvalidInput."""
        hashes = self._hashes(patient_id)
        # First the register, then the shares: a share that is made in between finds the objection.
        with self.transaction():
            self.objections.add(hashes[0], user, int(self.clock.now()))
            self.note(Action.OBJECTION_RECORDED, Who.staff(user))
        return self._revoke(self.shares.of_patient(hashes), user)

    def withdraw(self, share_id: str, user: str) -> int:
        """The patient of this share withdraws consent: as if they had objected. Answers how many shares were revoked.

        Raises ShareNotFound.
        """
        share = self._get(share_id)
        hashes = sorted({study.patient for study in share.studies if study.patient})
        with self.transaction():
            for patient in hashes:
                self.objections.add(patient, user, int(self.clock.now()))
            self.note(Action.CONSENT_WITHDRAWN, Who.staff(user), share)
        # A share of a study without a patient's identifier is found by no hash.
        others = [other for other in self.shares.of_patient(hashes) if other.id != share_id]
        return self._revoke([share, *others], user)

    def objects_since(self, patient_id: str) -> int | None:
        """When the patient objected (seconds since 1970), None where they did not; raises InvalidInput."""
        return self.objections.since(self._hashes(patient_id))

    def consent_again(self, patient_id: str, user: str) -> bool:
        """Take the objection back; revoked shares stay revoked. False where there was none; raises InvalidInput."""
        hashes = self._hashes(patient_id)
        with self.transaction():
            removed = self.objections.remove(hashes)
            if removed:
                self.note(Action.OBJECTION_REMOVED, Who.staff(user))
        return removed

    def _revoke(self, shares: Sequence[Share], user: str) -> int:
        revoked = 0
        for share in shares:
            with self.transaction():
                if self.shares.revoke(share.id, int(self.clock.now())):
                    self.note(Action.SHARE_REVOKED, Who.staff(user), share)
                    revoked += 1
            self.forget(share.id)
        return revoked

    def _hashes(self, patient_id: str) -> Sequence[str]:
        text = patient_id.strip()
        if not text or len(text) > _LONGEST_PATIENT_ID or not text.isprintable():
            raise InvalidInput("patient_id", f"must be 1 to {_LONGEST_PATIENT_ID} printable characters")
        return self.patients.patient_candidates(text)

    def _get(self, share_id: str) -> Share:
        share = self.shares.get(share_id)
        if share is None:
            raise ShareNotFound
        return share
