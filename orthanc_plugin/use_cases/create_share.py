"""Create a share: the only moment, but for a re-issue, at which its code and password exist in the clear."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from ..domain.audit import Who
from ..domain.audit_terms import Action
from ..domain.credential import CODE_BITS, PASSWORD_BITS, AccessCode, Password
from ..domain.errors import AlreadyShared, InvalidInput, PatientObjects
from ..domain.report import ReportRule, ReportTime
from ..domain.share import Audience, Consent, Share
from ..domain.study import StudyKey, StudySummary
from ..ports import Clock, CodeIndex, Entropy, ObjectionRepository, PasswordHasher, ShareRepository, Transaction
from .choose_studies import Choice, ChooseStudies
from .record_event import RecordEvent
from .validity import end_of_day


@dataclass(frozen=True)
class ValidityRule:
    """How long shares may live, in days of the practice's calendar."""

    default_days: int
    max_days: int
    zone: ZoneInfo

    def end(self, now: float, days: int | None) -> int:
        """The moment at which a share that is made or extended now ends; raises InvalidInput out of range."""
        wanted = self.default_days if days is None else days
        if not 1 <= wanted <= self.max_days:
            raise InvalidInput("validity_days", f"must be from 1 to {self.max_days}")
        return end_of_day(now, wanted, self.zone)


@dataclass(frozen=True)
class ShareOrder:
    """What staff ask for; `validity_days` None means the practice's default."""

    studies: tuple[StudyKey, ...]
    audience: Audience
    language: str
    validity_days: int | None
    note: str
    user: str
    # Series to leave out, by Orthanc's identifier or by Series Instance UID.
    exclude_series: tuple[str, ...] = ()
    # Whether studies that Orthanc does not hold yet are waited for.
    may_arrive_later: bool = False
    # Identifier of the patient, DICOM (0010,0020), that awaited studies must bear; empty accepts any.
    patient_id: str = ""
    # Whether the patient's consent is on file.
    consent: bool = False
    # When reports are shown; None means the practice's rule for this audience.
    report: ReportRule | None = None
    # What the same order bears when it is sent twice; empty where each one counts.
    once: str = ""


@dataclass(frozen=True)
class NewShare:
    """A fresh share with the credentials that nobody can read again; `studies` are those that have arrived."""

    share: Share
    studies: tuple[StudySummary, ...]
    code: AccessCode
    password: Password


@dataclass(frozen=True)
class CreateShare:
    """Mint code and password and file the share."""

    choose: ChooseStudies
    shares: ShareRepository
    objections: ObjectionRepository
    codes: CodeIndex
    hasher: PasswordHasher
    entropy: Entropy
    clock: Clock
    validity: ValidityRule
    transaction: Transaction
    record: RecordEvent
    require_consent: bool = False
    report_rules: Mapping[Audience, ReportRule] = field(default_factory=dict)

    def __call__(
        self,
        order: ShareOrder,
        along: Callable[[NewShare], None] | None = None,
        ahead: Callable[[NewShare], None] | None = None,
    ) -> NewShare:
        """Answer the new share; what `along` files is kept together with it, or neither is.

        `ahead` is for what takes long: it is called before the share is filed, and may be in vain.

        Raises InvalidInput, StudyNotFound, AmbiguousStudy, PatientObjects, AlreadyShared, Busy or Unavailable.
        """
        now = self.clock.now()
        expires_at = self.validity.end(now, order.validity_days)
        if self.require_consent and not order.consent:
            raise InvalidInput("consent", "must be true: this practice shares only with consent on file")
        choice = self.choose(order.studies, order.exclude_series, order.may_arrive_later, order.patient_id)
        self._refuse_objection(choice)
        code = AccessCode.from_number(self.entropy.bits(CODE_BITS))
        password = Password.from_number(self.entropy.bits(PASSWORD_BITS))
        share = Share(
            id=_id_of(order) or f"{self.entropy.bits(128):032x}",
            studies=choice.studies,
            audience=order.audience,
            language=order.language,
            created_at=int(now),
            created_by=order.user,
            expires_at=expires_at,
            note=order.note,
            excluded_series=choice.excluded_series,
            issued_at=int(now),
            report=order.report or self.report_rules.get(order.audience, ReportRule(ReportTime.HOLD)),
            consent=Consent(order.user, int(now)) if order.consent else None,
        )
        new = NewShare(share, choice.present, code, password)
        if order.once and self.shares.get(share.id):
            raise AlreadyShared(share.id)
        encoded = self.hasher.hash(password)
        if ahead:
            ahead(new)
        with self.transaction():
            # Once more: the same order may have been carried out since.
            if order.once and self.shares.get(share.id):
                raise AlreadyShared(share.id)
            self.shares.add(share, self.codes.current(code), encoded)
            self.record(Action.SHARE_CREATED, Who.staff(order.user), share, expires_at=expires_at)
            if along:
                along(new)
        try:
            # An objection that was registered meanwhile either finds the share, or is found here.
            self._refuse_objection(choice)
        except PatientObjects:
            self.shares.delete(share.id)
            raise
        return new

    def _refuse_objection(self, choice: Choice) -> None:
        if choice.patients and self.objections.since(choice.patients) is not None:
            raise PatientObjects


def _id_of(order: ShareOrder) -> str:
    """The same for the same order of the same member of staff."""
    return hashlib.sha256(f"{order.user}\0{order.once}".encode()).hexdigest()[:32] if order.once else ""
