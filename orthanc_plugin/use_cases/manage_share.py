"""Look after existing shares: get, list, extend, pause, revoke, delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..domain.audit import Who
from ..domain.audit_terms import Action
from ..domain.errors import ShareNotFound, ShareRevoked, ShareStillOpen
from ..domain.report import ReportRule, ReportTime
from ..domain.share import Share, ShareState
from ..ports import Clock, ShareFilter, SharePage, ShareRepository, Transaction
from .create_share import ValidityRule
from .record_event import RecordEvent


@dataclass(frozen=True)
class ManageShare:
    """What staff do with a share after its creation.

    `forget` drops what this process remembers of a share, so that a change takes effect at once.
    """

    shares: ShareRepository
    clock: Clock
    validity: ValidityRule
    forget: Callable[[str], None]
    transaction: Transaction
    record: RecordEvent

    def get(self, share_id: str) -> Share:
        """The share; raises ShareNotFound."""
        share = self.shares.get(share_id)
        if share is None:
            raise ShareNotFound
        return share

    def page(self, wanted: ShareFilter, limit: int, cursor: str | None) -> SharePage:
        """A page of shares, newest first; raises InvalidInput for a foreign cursor."""
        return self.shares.page(wanted, int(self.clock.now()), limit, cursor)

    def extend(self, share_id: str, days: int, user: str) -> Share:
        """Let the share end `days` days from today; raises ShareNotFound, ShareRevoked or InvalidInput.

        An expired share opens again with the same code and password.
        """
        share, expires_at = self.get(share_id), self.validity.end(self.clock.now(), days)
        with self.transaction():
            if not self.shares.set_expiry(share_id, expires_at):
                raise ShareRevoked
            self.record(Action.SHARE_EXTENDED, Who.staff(user), share, expires_at=expires_at)
        self.forget(share_id)
        return self.get(share_id)

    def revoke(self, share_id: str, user: str) -> Share:
        """Revoke the share for good and end its sessions; raises ShareNotFound. A second call is harmless."""
        share = self.get(share_id)
        with self.transaction():
            if self.shares.revoke(share_id, int(self.clock.now())):
                self.record(Action.SHARE_REVOKED, Who.staff(user), share)
        self.forget(share_id)
        return self.get(share_id)

    def pause(self, share_id: str, user: str) -> Share:
        """Close the share until it is resumed; its sessions end. Raises ShareNotFound or ShareRevoked."""
        share = self.get(share_id)
        if share.paused_at is None or share.revoked_at is not None:
            self._set_paused(share, int(self.clock.now()), Action.SHARE_PAUSED, user)
        return self.get(share_id)

    def resume(self, share_id: str, user: str) -> Share:
        """Open a paused share again, with the same code and password; raises ShareNotFound or ShareRevoked."""
        self._set_paused(self.get(share_id), None, Action.SHARE_RESUMED, user)
        return self.get(share_id)

    def set_report(self, share_id: str, report: ReportRule, user: str) -> Share:
        """Change when the recipient may read the report; raises ShareNotFound or ShareRevoked."""
        share = self.get(share_id)
        action = Action.REPORT_RELEASED if report.time is ReportTime.AT_ONCE else Action.REPORT_TIMED
        with self.transaction():
            if not self.shares.set_report(share_id, report):
                raise ShareRevoked
            self.record(action, Who.staff(user), share, what=report.time.value)
        self.forget(share_id)
        return self.get(share_id)

    def delete(self, share_id: str, user: str) -> None:
        """Remove a share that opens no more, never its study; raises ShareNotFound or ShareStillOpen."""
        share = self.get(share_id)
        if share.state(self.clock.now()) not in (ShareState.REVOKED, ShareState.EXPIRED):
            raise ShareStillOpen
        with self.transaction():
            if self.shares.delete(share_id):
                self.record(Action.SHARE_DELETED, Who.staff(user), share)
        self.forget(share_id)

    def _set_paused(self, share: Share, paused_at: int | None, action: Action, user: str) -> None:
        with self.transaction():
            if not self.shares.set_paused(share.id, paused_at):
                raise ShareRevoked
            self.record(action, Who.staff(user), share)
        self.forget(share.id)
