"""Who may reach what: the one decision that native routes and the product's own routes share.

Everything that is not allowed by a line below is denied.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .principal import Principal, Recipient, Staff
from .share import ShareState
from .target import NativeRoute, OwnRoute, RouteAudience, StudyData, Target, ViewerFile


class Reason(StrEnum):
    """Why a request was allowed or denied; fit for a log, since it names nobody."""

    FOR_EVERYBODY = "route is for everybody"
    STAFF_EVERYWHERE = "staff may use Orthanc"
    SHARE_OPEN = "recipient of a live share"
    NOT_SIGNED_IN = "no valid credentials"
    NOT_FOR_RECIPIENTS = "not a route for recipients"
    NOT_FOR_STAFF = "staff hold no share"
    SHARE_REVOKED = "share revoked"
    SHARE_EXPIRED = "share expired"
    SHARE_PAUSED = "share paused"
    OUTSIDE_SHARE = "resource outside the share"
    UNSAFE_TO_DECODE = "pixels that Orthanc cannot decode on an HTTP thread"
    OWN_ROUTE = "own route: decided where the route is known"
    NOT_READY = "not started yet, or stopping"
    METHOD_OVERRIDE = "overrides of the method are refused"
    MULTIPART = "multipart forms are refused"
    BODY_TOO_LARGE = "body too large or of unknown length"
    CROSS_SITE = "not sent by a page of this site"
    BUSY = "queue full"
    STORE_UNAVAILABLE = "share store unavailable"


@dataclass(frozen=True)
class Decision:
    """The answer to "may this principal reach this target now?" and the reason for it."""

    allowed: bool
    reason: Reason


_CLOSED = {
    ShareState.REVOKED: Reason.SHARE_REVOKED,
    ShareState.EXPIRED: Reason.SHARE_EXPIRED,
    ShareState.PAUSED: Reason.SHARE_PAUSED,
}


def decide(principal: Principal, target: Target, now: float) -> Decision:
    """Decide on live state; `now` is seconds since 1970-01-01 UTC. Never raises."""
    if isinstance(target, OwnRoute) and target.audience is RouteAudience.EVERYBODY:
        return Decision(True, Reason.FOR_EVERYBODY)
    if isinstance(principal, Staff):
        return _decide_staff(target)
    if isinstance(principal, Recipient):
        return _decide_recipient(principal, target, now)
    return Decision(False, Reason.NOT_SIGNED_IN)


def _decide_staff(target: Target) -> Decision:
    if isinstance(target, OwnRoute) and target.audience is RouteAudience.RECIPIENT:
        return Decision(False, Reason.NOT_FOR_STAFF)
    if isinstance(target, OwnRoute | ViewerFile | StudyData | NativeRoute):
        return Decision(True, Reason.STAFF_EVERYWHERE)
    return Decision(False, Reason.NOT_SIGNED_IN)


def _decide_recipient(recipient: Recipient, target: Target, now: float) -> Decision:
    state = recipient.share.state(now)
    if state is not ShareState.ACTIVE:
        return Decision(False, _CLOSED[state])
    if isinstance(target, OwnRoute) and target.audience is RouteAudience.RECIPIENT:
        return Decision(True, Reason.SHARE_OPEN)
    if isinstance(target, ViewerFile):
        return Decision(True, Reason.SHARE_OPEN)
    if isinstance(target, StudyData):
        # An unknown resource (None) is denied like a foreign one; a request that names nothing is denied as well.
        if not target.places or not all(
            place is not None and recipient.share.includes(place, now) for place in target.places
        ):
            return Decision(False, Reason.OUTSIDE_SHARE)
        if target.unsafe_to_decode:
            return Decision(False, Reason.UNSAFE_TO_DECODE)
        return Decision(True, Reason.SHARE_OPEN)
    return Decision(False, Reason.NOT_FOR_RECIPIENTS)
