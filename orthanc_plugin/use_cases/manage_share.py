"""Look after existing shares: get, list, extend, pause, revoke, delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..domain.errors import ShareNotFound, ShareRevoked, ShareStillOpen
from ..domain.share import Share, ShareState
from ..ports import Clock, ShareFilter, SharePage, ShareRepository
from .create_share import ValidityRule


@dataclass(frozen=True)
class ManageShare:
    """What staff do with a share after its creation.

    `forget` drops what this process remembers of a share, so that a change takes effect at once.
    """

    shares: ShareRepository
    clock: Clock
    validity: ValidityRule
    forget: Callable[[str], None]

    def get(self, share_id: str) -> Share:
        """The share; raises ShareNotFound."""
        share = self.shares.get(share_id)
        if share is None:
            raise ShareNotFound
        return share

    def page(self, wanted: ShareFilter, limit: int, cursor: str | None) -> SharePage:
        """A page of shares, newest first; raises InvalidInput for a foreign cursor."""
        return self.shares.page(wanted, int(self.clock.now()), limit, cursor)

    def extend(self, share_id: str, days: int) -> Share:
        """Let the share end `days` days from today; raises ShareNotFound, ShareRevoked or InvalidInput.

        An expired share opens again with the same code and password.
        """
        self.get(share_id)
        if not self.shares.set_expiry(share_id, self.validity.end(self.clock.now(), days)):
            raise ShareRevoked
        self.forget(share_id)
        return self.get(share_id)

    def revoke(self, share_id: str) -> Share:
        """Revoke the share for good and end its sessions; raises ShareNotFound. A second call is harmless."""
        self.shares.revoke(share_id, int(self.clock.now()))
        self.forget(share_id)
        return self.get(share_id)

    def pause(self, share_id: str) -> Share:
        """Close the share until it is resumed; its sessions end. Raises ShareNotFound or ShareRevoked."""
        if self.get(share_id).paused_at is None:
            self._set_paused(share_id, int(self.clock.now()))
        return self.get(share_id)

    def resume(self, share_id: str) -> Share:
        """Open a paused share again, with the same code and password; raises ShareNotFound or ShareRevoked."""
        self.get(share_id)
        self._set_paused(share_id, None)
        return self.get(share_id)

    def delete(self, share_id: str) -> None:
        """Remove a share that opens no more, never its study; raises ShareNotFound or ShareStillOpen."""
        if self.get(share_id).state(self.clock.now()) not in (ShareState.REVOKED, ShareState.EXPIRED):
            raise ShareStillOpen
        self.shares.delete(share_id)
        self.forget(share_id)

    def _set_paused(self, share_id: str, paused_at: int | None) -> None:
        if not self.shares.set_paused(share_id, paused_at):
            raise ShareRevoked
        self.forget(share_id)
