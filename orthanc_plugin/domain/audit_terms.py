"""What can stand in the audit log, in the product's words and in those of DICOM PS3.15 section A.5.

Event identifiers are of context group 400, event types of context group 401, both DICOM PS3.16; their coding scheme
is DCM. Where the standard leaves no choice of EventActionCode (sections A.5.3.1 to A.5.3.12), it is followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Action(StrEnum):
    """What happened, in the product's own words."""

    STARTED = "started"
    STOPPED = "stopped"
    SHARE_CREATED = "share-created"
    SHARE_EXTENDED = "share-extended"
    SHARE_PAUSED = "share-paused"
    SHARE_RESUMED = "share-resumed"
    SHARE_REVOKED = "share-revoked"
    SHARE_DELETED = "share-deleted"
    PASSWORD_REISSUED = "password-reissued"  # noqa: S105 - a word of the log
    SHARE_PRINTED = "share-printed"
    REPORT_RELEASED = "report-released"
    REPORT_TIMED = "report-timed"
    REPORT_ADDED = "report-added"
    REPORT_REMOVED = "report-removed"
    LOGIN = "login"
    LOGIN_FAILED = "login-failed"
    UNKNOWN_CODE_FAILURES = "unknown-code-failures"
    LOGOUT = "logout"
    SESSION_ENDED = "session-ended"
    STUDY_VIEWED = "study-viewed"
    SERIES_VIEWED = "series-viewed"
    EXPORTED = "exported"
    STUDY_ARRIVED = "study-arrived"
    STUDY_GONE = "study-gone"
    CONSENT_RECORDED = "consent-recorded"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    OBJECTION_RECORDED = "objection-recorded"
    OBJECTION_REMOVED = "objection-removed"
    EMAIL_ORDERED = "email-ordered"
    EMAIL_ENDED = "email-ended"
    EMAIL_RETRIED = "email-retried"
    EMAIL_CANCELLED = "email-cancelled"
    KEY_ROTATED = "key-rotated"
    PURGED = "purged"
    RESTORED = "restored"
    AUDIT_READ = "audit-read"
    AUDIT_EXPORTED = "audit-exported"


class Outcome(IntEnum):
    """EventOutcomeIndicator (DICOM PS3.15 section A.5.2)."""

    SUCCESS = 0
    MINOR_FAILURE = 4
    SERIOUS_FAILURE = 8
    MAJOR_FAILURE = 12


@dataclass(frozen=True)
class Code:
    """A code of the scheme DCM with its meaning."""

    value: str
    meaning: str


APPLICATION_ACTIVITY = Code("110100", "Application Activity")
AUDIT_LOG_USED = Code("110101", "Audit Log Used")
INSTANCES_ACCESSED = Code("110103", "DICOM Instances Accessed")
INSTANCES_TRANSFERRED = Code("110104", "DICOM Instances Transferred")
STUDY_DELETED = Code("110105", "DICOM Study Deleted")
EXPORT = Code("110106", "Export")
IMPORT = Code("110107", "Import")
PATIENT_RECORD = Code("110110", "Patient Record")
SECURITY_ALERT = Code("110113", "Security Alert")
USER_AUTHENTICATION = Code("110114", "User Authentication")

APPLICATION_START = Code("110120", "Application Start")
APPLICATION_STOP = Code("110121", "Application Stop")
LOGIN = Code("110122", "Login")
LOGOUT = Code("110123", "Logout")
SECURITY_CONFIGURATION = Code("110129", "Security Configuration")
RESTRICTED_FUNCTION = Code("110132", "Use of Restricted Function")
OBJECT_SECURITY_CHANGED = Code("110135", "Object Security Attributes Changed")
USER_SECURITY_CHANGED = Code("110137", "User Security Attributes Changed")


@dataclass(frozen=True)
class Kind:
    """How the standard names an action; `operation` is the EventActionCode: C, R, U, D or E."""

    event: Code
    type: Code | None
    operation: str


_SHARE_CHANGED = Kind(SECURITY_ALERT, OBJECT_SECURITY_CHANGED, "E")
_RESTRICTED = Kind(SECURITY_ALERT, RESTRICTED_FUNCTION, "E")
_LOGIN = Kind(USER_AUTHENTICATION, LOGIN, "E")
_LOGOUT = Kind(USER_AUTHENTICATION, LOGOUT, "E")
_VIEWED = Kind(INSTANCES_ACCESSED, None, "R")
_LOG_READ = Kind(AUDIT_LOG_USED, None, "R")

KINDS: dict[Action, Kind] = {
    Action.STARTED: Kind(APPLICATION_ACTIVITY, APPLICATION_START, "E"),
    Action.STOPPED: Kind(APPLICATION_ACTIVITY, APPLICATION_STOP, "E"),
    Action.SHARE_CREATED: _SHARE_CHANGED,
    Action.SHARE_EXTENDED: _SHARE_CHANGED,
    Action.SHARE_PAUSED: _SHARE_CHANGED,
    Action.SHARE_RESUMED: _SHARE_CHANGED,
    Action.SHARE_REVOKED: _SHARE_CHANGED,
    Action.SHARE_DELETED: _SHARE_CHANGED,
    Action.PASSWORD_REISSUED: Kind(SECURITY_ALERT, USER_SECURITY_CHANGED, "E"),
    Action.SHARE_PRINTED: _RESTRICTED,
    Action.REPORT_RELEASED: _SHARE_CHANGED,
    Action.REPORT_TIMED: _SHARE_CHANGED,
    Action.REPORT_ADDED: Kind(IMPORT, None, "C"),
    Action.REPORT_REMOVED: Kind(INSTANCES_ACCESSED, None, "D"),
    Action.LOGIN: _LOGIN,
    Action.LOGIN_FAILED: _LOGIN,
    Action.UNKNOWN_CODE_FAILURES: _LOGIN,
    Action.LOGOUT: _LOGOUT,
    Action.SESSION_ENDED: _LOGOUT,
    Action.STUDY_VIEWED: _VIEWED,
    Action.SERIES_VIEWED: _VIEWED,
    Action.EXPORTED: Kind(EXPORT, None, "R"),
    Action.STUDY_ARRIVED: Kind(INSTANCES_TRANSFERRED, None, "C"),
    Action.STUDY_GONE: Kind(STUDY_DELETED, None, "D"),
    Action.CONSENT_RECORDED: Kind(PATIENT_RECORD, None, "U"),
    Action.CONSENT_WITHDRAWN: Kind(PATIENT_RECORD, None, "U"),
    Action.OBJECTION_RECORDED: Kind(PATIENT_RECORD, None, "U"),
    Action.OBJECTION_REMOVED: Kind(PATIENT_RECORD, None, "U"),
    Action.EMAIL_ORDERED: _RESTRICTED,
    Action.EMAIL_ENDED: _RESTRICTED,
    Action.EMAIL_RETRIED: _RESTRICTED,
    Action.EMAIL_CANCELLED: _RESTRICTED,
    Action.KEY_ROTATED: Kind(SECURITY_ALERT, SECURITY_CONFIGURATION, "E"),
    Action.PURGED: _RESTRICTED,
    Action.RESTORED: _RESTRICTED,
    Action.AUDIT_READ: _LOG_READ,
    Action.AUDIT_EXPORTED: _LOG_READ,
}
EVENTS = {kind.event.value: kind.event for kind in KINDS.values()}
