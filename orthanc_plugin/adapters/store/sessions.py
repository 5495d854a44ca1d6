"""Sessions in the store."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, insert, select, update

from ...domain.session import Session
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
            .order_by(sessions.c.created_at.desc(), sessions.c.seen_at.desc())
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
                )
            )

    def find(self, id_hash: str) -> tuple[Session, Share] | None:
        """The session that has not been ended, and its share."""
        query = (
            select(
                sessions.c.created_at.label("session_created_at"),
                sessions.c.seen_at.label("session_seen_at"),
                sessions.c.issue.label("session_issue"),
                *SHARE_COLUMNS,
            )
            .join(shares, shares.c.id == sessions.c.share_id)
            .where(sessions.c.id_hash == id_hash, sessions.c.ended_at.is_(None))
        )
        with reading(self.engine) as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            share = self.shares.rows.shares(connection, [row])[0]
        session = Session(id_hash, share.id, row.session_created_at, row.session_seen_at, issue=row.session_issue)
        return session, share

    def touch(self, id_hash: str, now: int) -> None:
        """Note that the session was in use."""
        change = update(sessions).where(sessions.c.id_hash == id_hash, sessions.c.seen_at < now)
        with transaction(self.engine) as connection:
            connection.execute(change.values(seen_at=now))

    def end(self, id_hash: str, now: int) -> None:
        """End one session; harmless when it has ended before."""
        change = update(sessions).where(sessions.c.id_hash == id_hash, sessions.c.ended_at.is_(None))
        with transaction(self.engine) as connection:
            connection.execute(change.values(ended_at=now))


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

    def end(self, id_hash: str, now: int) -> None:
        """Nothing to end."""
