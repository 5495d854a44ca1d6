"""An event of the audit log: who did what to which share and study, when, and how it ended."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .audit_terms import KINDS, Action, Outcome
from .credential import AccessCode, Password
from .errors import MistypedCode, MistypedPassword
from .study import is_uid

_LONGEST_USER = 200
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_WORDS = re.compile(r"[a-z0-9][a-z0-9_,.:-]{0,79}")
_SHARE_ID = re.compile(r"[0-9a-f]{32}")
_MALFORMED = "malformed"
_SESSION_MARK = 16
_UID_KEY = "series_instance_uid"

# What else may be said of an event. A key that is not here is refused, so that nobody writes a name by mistake.
DETAILS = {
    "count": "how many",
    "device": "what the browser calls itself: phone, tablet, computer, unknown",
    "email": "identifier of an entry of the outbox, never the address",
    "expires_at": "new end of the share, seconds since 1970-01-01 UTC",
    "filters": "by what the log was searched, without the values",
    "instances": "how many DICOM instances",
    "key_version": "version of a key, never the key",
    "reason": "one word that says why",
    "reply": "three-digit code that a mail server answered",
    "role": "role of the instance",
    "seconds": "a time",
    "series_instance_uid": "DICOM (0020,000E); the ordinal of a series changes when another one arrives",
    "session": "beginning of the hash under which the store keeps the session",
    "up_to": "number of the last entry that is meant",
    "viewer": "key of the viewer",
    "what": "one word for what was purged, read, re-issued or sent, or for what became of it",
}


@dataclass(frozen=True)
class Who:
    """Who acted: a member of staff, the recipient of a share, or the system itself."""

    text: str

    @classmethod
    def staff(cls, user: str) -> Who:
        """A user of Orthanc's RegisteredUsers."""
        return cls(f"staff:{user[:_LONGEST_USER]}")

    @classmethod
    def recipient(cls, share_id: str) -> Who:
        """Whoever holds code and password of this share; more is not known."""
        return cls(f"recipient:{share_id}")


SYSTEM = Who("system")


@dataclass(frozen=True)
class AuditEvent:
    """One event. `at` is whole seconds since 1970-01-01 UTC; `series` is the ordinal inside the share, from 1.

    `detail` holds keys of DETAILS with whole numbers and short words of the program's own. Raises ValueError for
    anything else: neither a name nor a code or password can be written here.
    """

    action: Action
    at: int
    who: Who
    outcome: Outcome = Outcome.SUCCESS
    share_id: str | None = None
    studies: tuple[str, ...] = ()
    series: int | None = None
    detail: Mapping[str, str | int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.share_id is not None and not _SHARE_ID.fullmatch(self.share_id):
            raise ValueError("share_id is not the id of a share")
        for key, value in self.detail.items():
            _check(key, value)

    @property
    def study_instance_uids(self) -> tuple[str, ...]:
        """The studies; what a modality sent in the place of a UID might hold a name and is not repeated."""
        return tuple(uid if is_uid(uid) else _MALFORMED for uid in self.studies)

    def canonical(self) -> str:
        """The event as JSON in ASCII with sorted keys and no spaces: always the same text for the same event."""
        kind = KINDS[self.action]
        values: dict[str, Any] = {
            "action": self.action.value,
            "at": self.at,
            "detail": dict(self.detail),
            "event": {"code": kind.event.value, "meaning": kind.event.meaning},
            "event_type": kind.type and {"code": kind.type.value, "meaning": kind.type.meaning},
            "operation": kind.operation,
            "outcome": int(self.outcome),
            "series": self.series,
            "share_id": self.share_id,
            "studies": self.study_instance_uids,
            "who": self.who.text,
        }
        return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def session_mark(session_hash: str) -> str:
    """What the log keeps of a session: enough to tell sessions of a share apart."""
    return session_hash[:_SESSION_MARK]


def _check(key: str, value: str | int) -> None:
    # The messages do not repeat what was given: it may be just what must not be seen.
    if key not in DETAILS or not _KEY.fullmatch(key):
        raise ValueError("detail holds a key that DETAILS does not name")
    if isinstance(value, int):
        return
    if key == _UID_KEY and is_uid(value):
        # A short one could be read as a password of digits.
        return
    if not _WORDS.fullmatch(value) or _is_credential(value):
        raise ValueError(f"detail.{key} is no short word of the program's own")


def _is_credential(text: str) -> bool:
    try:
        AccessCode.parse(text)
    except MistypedCode:
        pass
    else:
        return True
    try:
        Password.parse(text)
    except MistypedPassword:
        return False
    return True
