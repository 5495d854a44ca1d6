"""Everything that can be refused, with the facts that an answer needs; no sentence for people lives here."""

from __future__ import annotations

from dataclasses import dataclass


class PatientShareError(Exception):
    """Base of all refusals that the product itself decides on."""


class InvalidInput(PatientShareError):
    """A value from outside cannot be used; `field` names it, `detail` says why in English for staff."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field
        self.detail = detail


class MistypedCode(PatientShareError):
    """The access code cannot have been minted: its length, a character or its check character is wrong.

    Telling this apart from an unknown code helps the patient and tells an attacker nothing: the rule is public.
    """


class MistypedPassword(PatientShareError):
    """The password cannot have been minted: its length or a character is wrong."""


class WrongCredentials(PatientShareError):
    """Code unknown, or password wrong: deliberately one error for both.

    `owed` is how many seconds the answer came too early, because nothing was there to be verified.
    """

    def __init__(self, owed: float = 0.0) -> None:
        super().__init__()
        self.owed = owed


class Throttled(PatientShareError):
    """Too many failures; `retry_after` is the whole number of seconds to wait."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


class Busy(PatientShareError):
    """A bounded queue is full; trying again in a few seconds will do."""


class Unavailable(PatientShareError):
    """The share store cannot be reached or is locked; nothing is decided without it."""


class ShareClosed(PatientShareError):
    """The password was right, but the share is revoked or expired, or its study is gone; `state` says which."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class StudyNotFound(PatientShareError):
    """No study in Orthanc answers to the identifier."""


@dataclass(frozen=True)
class StudyCandidate:
    """One of several studies that answer to an accession number; no patient name on purpose."""

    orthanc_id: str
    study_instance_uid: str
    study_date: str
    study_description: str


class AmbiguousStudy(PatientShareError):
    """Several studies answer to one accession number; `candidates` lets staff choose."""

    def __init__(self, candidates: tuple[StudyCandidate, ...]) -> None:
        super().__init__(f"{len(candidates)} studies")
        self.candidates = candidates


class AlreadyShared(PatientShareError):
    """The same form was sent before: the share `share_id` was made then."""

    def __init__(self, share_id: str) -> None:
        super().__init__(share_id)
        self.share_id = share_id


class AlreadyReissued(PatientShareError):
    """Since the form was shown, a password has been issued."""


class ReportNotFound(PatientShareError):
    """Orthanc has no report with this identifier that was added here."""


class ShareNotFound(PatientShareError):
    """No share has this id."""


class ShareRevoked(PatientShareError):
    """A revoked share stays revoked: it can be neither extended nor opened."""


class ShareStillOpen(PatientShareError):
    """A share that can still be opened cannot be deleted: it must be revoked first."""


class PatientObjects(PatientShareError):
    """The patient is in the register of those who object to sharing, or has withdrawn consent."""


class KeyReused(PatientShareError):
    """The Idempotency-Key was used for another request; `deleted` says that the share it made has been deleted."""

    def __init__(self, deleted: bool = False) -> None:
        super().__init__()
        self.deleted = deleted


class MailNotFound(PatientShareError):
    """No entry of the outbox has this id."""


class MailUnchangeable(PatientShareError):
    """The e-mail is in a state, `state`, that does not allow what was asked for."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class ImageUnavailable(PatientShareError):
    """Orthanc cannot decode the image, or it has gone; the rest of the series may be fine."""
