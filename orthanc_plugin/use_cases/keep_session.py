"""Keep a session as long as one of its pages is open: heartbeats, farewells, and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..domain.errors import InvalidInput
from ..domain.lease import MOST_PAGES, Leases, OpenPage, alive_until, gone, heard
from ..domain.session import SessionLimits
from ..ports import Clock, PageRepository, SessionRepository, Transaction


@dataclass(frozen=True)
class SignOfLife:
    """What a page says of itself; `sequence` grows with each message of the page.

    `used` says that somebody has touched, typed or moved the mouse since the page's last message.
    """

    page_id: str
    sequence: int
    visible: bool
    used: bool


@dataclass(frozen=True)
class Remaining:
    """Seconds until the session ends: without input, and in any case."""

    idle: int
    absolute: int


@dataclass(frozen=True)
class KeepSession:
    """All three take the hash under which the store keeps the session; harmless where it has ended meanwhile."""

    sessions: SessionRepository
    pages: PageRepository
    clock: Clock
    limits: SessionLimits
    leases: Leases
    transaction: Transaction
    forget_session: Callable[[str], None]

    def heartbeat(self, id_hash: str, sign: SignOfLife, phone: bool) -> Remaining | None:
        """Renew the lease of a page; None where the session is over. Raises InvalidInput for too many pages.

        The first heartbeat of all puts a session under leases that had none: from then on its pages must be heard of.
        """
        now = int(self.clock.now())
        with self.transaction():
            found = self.sessions.find(id_hash)
            if found is None or not found[0].alive(now, self.limits):
                return None
            session, loading_until = found[0], self.pages.loading_until(id_hash)
            known = {page.id: page for page in self.pages.of(id_hash)}
            if sign.page_id not in known:
                loading_until = 0
                if len(known) >= MOST_PAGES:
                    self._make_room(id_hash, known, now)
            lease_until = now + self.leases.length(sign.visible, phone)
            page = heard(known.get(sign.page_id), sign.page_id, sign.sequence, lease_until)
            if page is not None:
                known[page.id] = page
                self.pages.put(id_hash, page)
                self._keep(id_hash, known, now, loading_until)
            seen_at = session.seen_at
            if sign.used and seen_at < now:
                seen_at = now
                self.sessions.touch(id_hash, now)
        self.forget_session(id_hash)
        return Remaining(seen_at + self.limits.idle - now, session.created_at + self.limits.absolute - now)

    def farewell(self, id_hash: str, page_id: str, sequence: int) -> None:
        """Note that a page has gone; after the last one the session ends with the grace."""
        now = int(self.clock.now())
        with self.transaction():
            known = {page.id: page for page in self.pages.of(id_hash)}
            page = gone(known.get(page_id), sequence)
            if page is None:
                return
            known[page_id] = page
            self.pages.put(id_hash, page)
            self._keep(id_hash, known, now, self.pages.loading_until(id_hash))
        self.forget_session(id_hash)

    def page_sent(self, id_hash: str) -> None:
        """A page is on its way: the session waits for it as long as for a page that is looked at."""
        now = int(self.clock.now())
        until = now + self.leases.visible
        with self.transaction():
            if self.pages.wait_for(id_hash, until):
                self._keep(id_hash, {page.id: page for page in self.pages.of(id_hash)}, now, until)
        self.forget_session(id_hash)

    def _keep(self, id_hash: str, known: dict[str, OpenPage], now: int, loading_until: int) -> None:
        until = alive_until(known.values(), now, loading_until, self.leases.grace)
        self.pages.keep(id_hash, until, loading_until)

    def _make_room(self, id_hash: str, known: dict[str, OpenPage], now: int) -> None:
        over = [page.id for page in known.values() if page.closed or page.lease_until <= now]
        if not over:
            raise InvalidInput("page", "too many pages are open")
        self.pages.remove(id_hash, over)
        for page_id in over:
            del known[page_id]
