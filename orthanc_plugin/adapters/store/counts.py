"""How much there is in the store, for monitoring."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, func, or_, select

from ...domain.outbox import MailState
from ...ports import Clock
from .database import reading
from .schema import outbox, sessions, shares


@dataclass(frozen=True)
class StoreCounts:
    """Numbers alone."""

    engine: Engine
    clock: Clock

    def open_shares(self) -> float:
        """Shares that are neither revoked nor expired."""
        now = int(self.clock.now())
        return self._count(select(func.count()).where(shares.c.revoked_at.is_(None), shares.c.expires_at > now))

    def open_sessions(self) -> float:
        """Sessions that nobody has ended, as far as is noticed."""
        now = int(self.clock.now())
        watched = or_(sessions.c.alive_until.is_(None), sessions.c.alive_until > now)
        return self._count(select(func.count()).where(sessions.c.ended_at.is_(None), watched))

    def mail_waiting(self) -> float:
        """Messages and events that have not been delivered yet."""
        waiting = (MailState.WAITING.value, MailState.SENDING.value)
        return self._count(select(func.count()).where(outbox.c.state.in_(waiting)))

    def mail_failed(self) -> float:
        """Messages and events of which staff have to see: refused, given up, or with an unclear end."""
        failed = (MailState.REFUSED.value, MailState.FAILED.value, MailState.UNCLEAR.value)
        return self._count(select(func.count()).where(outbox.c.state.in_(failed)))

    def _count(self, query: object) -> float:
        with reading(self.engine) as connection:
            return float(connection.execute(query).scalar() or 0)  # type: ignore[call-overload]
