"""Shares as the staff API shows them (pydantic)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from ..domain.outbox import MailState
from ..domain.report import ReportRule, ReportTime
from ..domain.share import Audience, Presence, Share, ShareState
from ..use_cases.create_share import NewShare
from ..use_cases.reissue_password import Reissued
from ..use_cases.validity import last_valid_day
from .api_models import ApiModel


class ShareStudyView(ApiModel):
    """A study of a share."""

    orthanc_id: str | None = Field(description="Orthanc's identifier; null until the study has arrived.")
    study_instance_uid: str | None
    presence: Presence = Field(description="Whether Orthanc holds the study, as it was seen last.")


class ConsentView(ApiModel):
    """That consent is on file."""

    recorded_by: str
    recorded_at: datetime


class ShareView(ApiModel):
    """A share as staff see it; without code and password, which nobody can read again."""

    id: str
    state: ShareState
    audience: Audience
    language: str
    studies: list[ShareStudyView]
    orthanc_id: str | None = Field(description="The same of the first study.")
    study_instance_uid: str | None = Field(description="The same of the first study.")
    presence: Presence = Field(description="`present` when one study is; `awaited` while none has arrived.")
    created_at: datetime
    created_by: str
    expires_at: datetime = Field(description="The share opens no more from this moment on.")
    last_valid_day: date = Field(description="The last day on which the share opens, in the practice's time zone.")
    revoked_at: datetime | None
    paused_at: datetime | None
    issued_at: datetime = Field(description="When the password in force was minted.")
    opened: int = Field(description="How often the share was opened with its password.")
    first_opened_at: datetime | None
    last_opened_at: datetime | None
    consent: ConsentView | None
    excluded_series: list[str] = Field(description="Orthanc's identifiers of the series that are left out.")
    report: str = Field(
        description="When reports are shown: `never`, `hold`, `at-once`, hours after their arrival, or a date and time."
    )
    note: str
    email_state: MailState | None = Field(
        description="State of the newest e-mail to the recipient; null where there is none."
    )


class CreatedShare(ShareView):
    """The answer to a creation: the only one that ever holds code and password."""

    link: str = Field(description="Personal link; the access code is in its fragment.")
    access_code: str
    password: str = Field(description="Hand it over separately from link and code.")
    handout_html: str | None = Field(description="Stand-alone printable page (A4) with all of the above.")


class AlreadyCreated(ShareView):
    """The answer to a repeated creation: the share that the first one made, without code and password.

    Where they were lost with the first answer, re-issue with a new code.
    """

    already_created: Literal[True]


class ReissuedPassword(ShareView):
    """The answer to a re-issue: the new password, and the new code where one was asked for."""

    password: str = Field(description="Hand it over separately from link and code.")
    access_code: str | None = Field(description="Null where the old one goes on.")
    link: str | None = Field(description="Null where the old one goes on.")
    handout_html: str | None = Field(description="The whole letter; null where the old code goes on.")


class ShareList(ApiModel):
    """One page of shares, newest first."""

    shares: list[ShareView]
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page; null on the last.")


class ObjectionView(ApiModel):
    """What the register of objections says of a patient."""

    objects: bool
    since: datetime | None


class Withdrawal(ApiModel):
    """What an objection or a withdrawn consent brought about."""

    revoked_shares: int = Field(description="Shares that were revoked by it.")


def report_in_words(rule: ReportRule) -> str:
    """The rule as the API writes it."""
    when = moment(rule.seconds) if rule.time is ReportTime.FROM else None
    return when.isoformat() if when else rule.text


def share_fields(share: Share, now: float, zone: ZoneInfo, email_state: str | None = None) -> dict[str, object]:
    """The fields of ShareView."""
    return {
        "id": share.id,
        "state": share.state(now),
        "audience": share.audience,
        "language": share.language,
        "studies": [
            {"orthanc_id": s.id, "study_instance_uid": s.study_instance_uid, "presence": s.presence}
            for s in share.studies
        ],
        "orthanc_id": share.studies[0].id,
        "study_instance_uid": share.studies[0].study_instance_uid,
        "presence": share.presence,
        "created_at": moment(share.created_at),
        "created_by": share.created_by,
        "expires_at": moment(share.expires_at),
        "last_valid_day": last_valid_day(share.expires_at, zone),
        "revoked_at": moment(share.revoked_at),
        "paused_at": moment(share.paused_at),
        "issued_at": moment(share.issued_at),
        "opened": share.openings.count,
        "first_opened_at": moment(share.openings.first_at),
        "last_opened_at": moment(share.openings.last_at),
        "consent": share.consent
        and {"recorded_by": share.consent.recorded_by, "recorded_at": moment(share.consent.recorded_at)},
        "excluded_series": sorted(share.excluded_series),
        "report": report_in_words(share.report),
        "note": share.note,
        "email_state": email_state,
    }


def created_share(
    new: NewShare, link: str, handout_html: str | None, now: float, zone: ZoneInfo, email_state: str | None = None
) -> CreatedShare:
    """The answer to a creation."""
    return CreatedShare.model_validate(
        {
            **share_fields(new.share, now, zone, email_state),
            "link": link,
            "access_code": new.code.grouped,
            "password": new.password.grouped,
            "handout_html": handout_html,
        }
    )


def reissued_password(
    new: Reissued,
    link: str | None,
    handout_html: str | None,
    now: float,
    zone: ZoneInfo,
    email_state: str | None = None,
) -> ReissuedPassword:
    """The answer to a re-issue."""
    return ReissuedPassword.model_validate(
        {
            **share_fields(new.share, now, zone, email_state),
            "password": new.password.grouped,
            "access_code": new.code.grouped if new.code else None,
            "link": link,
            "handout_html": handout_html,
        }
    )


def moment(seconds: int | None) -> datetime | None:
    """Seconds since 1970 as a date and time."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
