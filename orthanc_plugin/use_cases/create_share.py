"""Create a share of one study: the only moment at which its code and password exist in the clear."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ..domain.credential import CODE_BITS, PASSWORD_BITS, AccessCode, Password
from ..domain.errors import InvalidInput, StudyNotFound
from ..domain.share import Audience, Share
from ..domain.study import StudyKey, StudySummary
from ..ports import Clock, CodeIndex, Entropy, PasswordHasher, ShareRepository
from .find_study import FindStudy
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

    study: StudyKey
    audience: Audience
    language: str
    validity_days: int | None
    note: str
    user: str
    # Series to leave out, by Orthanc's identifier or by Series Instance UID.
    exclude_series: tuple[str, ...] = ()


@dataclass(frozen=True)
class NewShare:
    """A fresh share with the credentials that nobody can read again."""

    share: Share
    study: StudySummary
    code: AccessCode
    password: Password


@dataclass(frozen=True)
class CreateShare:
    """Mint code and password and file the share."""

    find_study: FindStudy
    shares: ShareRepository
    codes: CodeIndex
    hasher: PasswordHasher
    entropy: Entropy
    clock: Clock
    validity: ValidityRule

    def __call__(self, order: ShareOrder) -> NewShare:
        """Answer the new share; raises InvalidInput, StudyNotFound, AmbiguousStudy or Busy."""
        now = self.clock.now()
        expires_at = self.validity.end(now, order.validity_days)
        study = self.find_study(order.study)
        code = AccessCode.from_number(self.entropy.bits(CODE_BITS))
        password = Password.from_number(self.entropy.bits(PASSWORD_BITS))
        share = Share(
            id=f"{self.entropy.bits(128):032x}",
            study_id=study.id,
            study_instance_uid=study.study_instance_uid,
            audience=order.audience,
            language=order.language,
            created_at=int(now),
            created_by=order.user,
            expires_at=expires_at,
            note=order.note,
            excluded_series=self._excluded(study.id, order.exclude_series),
        )
        self.shares.add(share, self.codes.current(code), self.hasher.hash(password))
        return NewShare(share, study, code, password)

    def _excluded(self, study_id: str, wanted: tuple[str, ...]) -> frozenset[str]:
        if not wanted:
            return frozenset()
        complete = self.find_study.archive.study(study_id)
        if complete is None:
            raise StudyNotFound
        names = {name: series.id for series in complete.series for name in (series.id, series.uid)}
        if any(name not in names for name in wanted):
            raise InvalidInput("exclude_series", "must name series of the study")
        excluded = frozenset(names[name] for name in wanted)
        if len(excluded) == len(complete.series):
            raise InvalidInput("exclude_series", "must leave at least one series in the share")
        return excluded
