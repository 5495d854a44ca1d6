"""What the staff API tells of the audit log (pydantic); the OpenAPI document is made from these models."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from ..domain.audit_terms import Action
from ..ports import AuditEntry, Verification


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AuditCodeView(_Model):
    """A code of the scheme DCM (DICOM PS3.16)."""

    code: str
    meaning: str


class AuditEntryView(_Model):
    """One entry."""

    seq: int = Field(description="Number of the entry; without gaps.")
    at: datetime
    action: Action
    event: AuditCodeView = Field(description="EventID (DICOM PS3.15 section A.5).")
    event_type: AuditCodeView | None = Field(description="EventTypeCode.")
    operation: str = Field(description="EventActionCode: C, R, U, D or E.")
    outcome: int = Field(description="EventOutcomeIndicator: 0 success, 4, 8 or 12 failure.")
    who: str = Field(description="`staff:` and the user, `recipient:` and the id of the share, or `system`.")
    share_id: str | None
    studies: list[str] = Field(description="Study Instance UIDs.")
    series: int | None = Field(description="Ordinal of the series inside the share.")
    detail: dict[str, str | int]
    key_version: int
    previous: str = Field(description="Seal of the entry before.")
    mac: str = Field(description="Seal of this entry.")


class AuditList(_Model):
    """One page of entries, newest first."""

    entries: list[AuditEntryView]
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page; null on the last.")


class AuditVerification(_Model):
    """What a verification of the whole log found."""

    intact: bool
    entries: int = Field(description="How many entries are as they were written.")
    first_bad: int | None = Field(description="The first entry that is not as it was written, or is missing.")
    reason: str
    head_seq: int
    head_mac: str = Field(description="Note it elsewhere: `patient-share audit verify --expect SEQ:MAC`.")


def entry_view(entry: AuditEntry) -> AuditEntryView:
    """An entry for the API."""
    values = json.loads(entry.text)
    at = datetime.fromtimestamp(values.pop("at"), UTC)
    return AuditEntryView(
        seq=entry.seq, at=at, key_version=entry.key_version, previous=entry.previous, mac=entry.mac, **values
    )


def verification_view(found: Verification) -> AuditVerification:
    """A verification for the API."""
    return AuditVerification(
        intact=found.intact,
        entries=found.entries,
        first_bad=found.first_bad,
        reason=found.reason,
        head_seq=found.head.seq,
        head_mac=found.head.mac,
    )
