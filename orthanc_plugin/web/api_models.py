"""What the staff API takes and gives (pydantic); the OpenAPI document is made from these models."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ..domain.share import Audience, Share, ShareState
from ..domain.study import StudyKey, StudyKeyKind
from ..use_cases.create_share import NewShare
from ..use_cases.validity import last_valid_day

_LONGEST_NOTE = 1000


def _printable(value: str) -> str:
    if any(not c.isprintable() and c != "\n" for c in value):
        raise ValueError("must hold printable characters and line breaks only")
    return value


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ShareRequest(_Model):
    """A share to be created. Exactly one of the three identifiers names the study."""

    orthanc_id: str | None = Field(default=None, description="Orthanc's identifier of the study.")
    study_instance_uid: str | None = Field(default=None, description="DICOM Study Instance UID (0020,000D).")
    accession_number: str | None = Field(
        default=None, description="DICOM Accession Number (0008,0050); 409 where several studies bear it."
    )
    validity_days: int | None = Field(
        default=None,
        strict=True,
        description="Days after today on which the share still opens: from 1 to MaxValidityDays; "
        "default DefaultValidityDays.",
    )
    audience: Audience = Field(default=Audience.PATIENT, description="Whom the share is made for.")
    language: str | None = Field(
        default=None, description="Language of the letter, for example `de` or `en`; default DefaultLanguage."
    )
    note: Annotated[str, AfterValidator(_printable)] = Field(
        default="", max_length=_LONGEST_NOTE, description="For staff only; stored encrypted."
    )
    exclude_series: Annotated[tuple[str, ...], Field(max_length=1000)] = Field(
        default=(), description="Series to leave out, by Orthanc's identifier or Series Instance UID."
    )
    handout: bool = Field(
        default=True,
        strict=True,
        description="Whether the answer carries the printable letter in `handout_html`.",
    )

    @model_validator(mode="after")
    def _one_identifier(self) -> Self:
        if len(self._given()) != 1:
            raise ValueError("exactly one of orthanc_id, study_instance_uid and accession_number is needed")
        return self

    def _given(self) -> list[StudyKey]:
        pairs = ((kind, getattr(self, kind.value)) for kind in StudyKeyKind)
        return [StudyKey(kind, value) for kind, value in pairs if value is not None]

    @property
    def study_key(self) -> StudyKey:
        """The identifier that was given."""
        return self._given()[0]


class ExtendRequest(_Model):
    """A new end of a share."""

    validity_days: int = Field(strict=True, description="Days after today on which the share still opens.")


class ShareView(_Model):
    """A share as staff see it; without code and password, which nobody can read again."""

    id: str
    state: ShareState
    audience: Audience
    language: str
    orthanc_id: str = Field(description="Orthanc's identifier of the study.")
    study_instance_uid: str
    created_at: datetime
    created_by: str
    expires_at: datetime = Field(description="The share opens no more from this moment on.")
    last_valid_day: date = Field(description="The last day on which the share opens, in the practice's time zone.")
    revoked_at: datetime | None
    excluded_series: list[str] = Field(description="Orthanc's identifiers of the series that are left out.")
    note: str


class CreatedShare(ShareView):
    """The answer to a creation: the only one that ever holds code and password."""

    link: str = Field(description="Personal link; the access code is in its fragment.")
    access_code: str
    password: str = Field(description="Hand it over separately from link and code.")
    handout_html: str | None = Field(description="Stand-alone printable page (A4) with all of the above.")


class ShareList(_Model):
    """One page of shares, newest first."""

    shares: list[ShareView]
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page; null on the last.")


class Candidate(_Model):
    """A study that answers to an ambiguous accession number."""

    orthanc_id: str
    study_instance_uid: str
    study_date: str
    study_description: str


class Fault(_Model):
    """What is wrong with one field of a request."""

    field: str
    detail: str


class Problem(_Model):
    """Problem details (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable name of the problem, for programs.")
    errors: list[Fault] = Field(default=[], description="Fields that are wrong.")
    candidates: list[Candidate] = Field(default=[], description="Studies to choose from (ambiguous-study).")


def share_fields(share: Share, now: float, zone: ZoneInfo) -> dict[str, object]:
    """The fields of ShareView."""
    return {
        "id": share.id,
        "state": share.state(now),
        "audience": share.audience,
        "language": share.language,
        "orthanc_id": share.study_id,
        "study_instance_uid": share.study_instance_uid,
        "created_at": _moment(share.created_at),
        "created_by": share.created_by,
        "expires_at": _moment(share.expires_at),
        "last_valid_day": last_valid_day(share.expires_at, zone),
        "revoked_at": None if share.revoked_at is None else _moment(share.revoked_at),
        "excluded_series": sorted(share.excluded_series),
        "note": share.note,
    }


def created_share(new: NewShare, link: str, handout_html: str | None, now: float, zone: ZoneInfo) -> CreatedShare:
    """The answer to a creation."""
    return CreatedShare.model_validate(
        {
            **share_fields(new.share, now, zone),
            "link": link,
            "access_code": new.code.grouped,
            "password": new.password.grouped,
            "handout_html": handout_html,
        }
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
