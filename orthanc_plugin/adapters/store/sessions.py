"""Sessions in the store."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, case, delete, insert, or_, select, update

from ...domain.session import Session, SessionLimits
from ...domain.share import Share
from .database import reading, transaction
from .schema import sessions, shares
from .share_rows import SHARE_COLUMNS
from .shares import SqlShares


@dataclass(frozen=True)
class SqlSessions:
    """SessionRepository on SQLAlchemy."""

    engine: Engine
    shares: SqlShares

    def start(self, session: Session, keep: int) -> None:
        """Add a session and end the oldest ones of the same share beyond `keep`, in one transaction."""
        alive = (
            select(sessions.c.id_hash)
            .where(sessions.c.share_id == session.share_id, sessions.c.ended_at.is_(None))
            # Those whose pages were closed give way first.
            .order_by(
                case((sessions.c.alive_until <= session.created_at, 1), else_=0),
                sessions.c.created_at.desc(),
                sessions.c.seen_at.desc(),
            )
        )
        with transaction(self.engine) as connection:
            old = list(connection.execute(alive).scalars())[keep - 1 :]
            if old:
                connection.execute(
                    update(sessions).where(sessions.c.id_hash.in_(old)).values(ended_at=session.created_at)
                )
            connection.execute(
                insert(sessions).values(
                    id_hash=session.id_hash,
                    share_id=session.share_id,
                    created_at=session.created_at,
                    seen_at=session.seen_at,
                    issue=session.issue,
                    alive_until=session.alive_until,
                )
            )

    def find(self, id_hash: str) -> tuple[Session, Share] | None:
        """The session that has not been ended, and its share."""
        found = self._open(sessions.c.id_hash == id_hash)
        return found[0] if found else None

    def over(self, now: int, limits: SessionLimits, limit: int) -> list[tuple[Session, Share]]:
        """Sessions that are over by themselves, and were not ended yet; at most `limit`."""
        over = or_(
            sessions.c.created_at <= now - limits.absolute,
            sessions.c.seen_at <= now - limits.idle,
            sessions.c.alive_until <= now,
        )
        return self._open(over, limit)

    def purge(self, before: int) -> int:
        """Remove the sessions that ended before this moment; answers how many."""
        with transaction(self.engine) as connection:
            return connection.execute(delete(sessions).where(sessions.c.ended_at < before)).rowcount

    def _open(self, which: ColumnElement[bool], limit: int = 1) -> list[tuple[Session, Share]]:
        query = (
            select(
                sessions.c.id_hash.label("session_id_hash"),
                sessions.c.created_at.label("session_created_at"),
                sessions.c.seen_at.label("session_seen_at"),
                sessions.c.issue.label("session_issue"),
                sessions.c.alive_until.label("session_alive_until"),
                *SHARE_COLUMNS,
            )
            .join(shares, shares.c.id == sessions.c.share_id)
            .where(which, sessions.c.ended_at.is_(None))
            .limit(limit)
        )
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
            # A share may have several sessions.
            found = {share.id: share for share in self.shares.rows.shares(connection, rows)} if rows else {}
        return [
            (
                Session(
                    row.session_id_hash,
                    row.id,
                    row.session_created_at,
                    row.session_seen_at,
                    issue=row.session_issue,
                    alive_until=row.session_alive_until,
                ),
                found[row.id],
            )
            for row in rows
        ]

    def touch(self, id_hash: str, now: int) -> None:
        """Note that the session was in use."""
        change = update(sessions).where(sessions.c.id_hash == id_hash, sessions.c.seen_at < now)
        with transaction(self.engine) as connection:
            connection.execute(change.values(seen_at=now))

    def end(self, id_hash: str, now: int) -> bool:
        """End one session; False where it has ended before."""
        change = update(sessions).where(sessions.c.id_hash == id_hash, sessions.c.ended_at.is_(None))
        with transaction(self.engine) as connection:
            return connection.execute(change.values(ended_at=now)).rowcount == 1


class NoSessions:
    """SessionRepository of an instance that knows no recipients."""

    def start(self, session: Session, keep: int) -> None:
        """Never called: there is no login."""
        raise NotImplementedError

    def find(self, id_hash: str) -> None:
        """Nobody."""
        del id_hash

    def touch(self, id_hash: str, now: int) -> None:
        """Nothing to note."""

    def end(self, id_hash: str, now: int) -> bool:
        """Nothing to end."""
        del id_hash, now
        return False

    def over(self, now: int, limits: SessionLimits, limit: int) -> list[tuple[Session, Share]]:
        """The instances that know recipients look after them."""
        del now, limits, limit
        return []

    def purge(self, before: int) -> int:
        """Nothing to remove."""
        del before
        return 0
