"""The open pages of sessions in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, delete, insert, select, update

from ...domain.lease import OpenPage
from .database import reading, transaction
from .schema import pages, sessions


@dataclass(frozen=True)
class SqlPages:
    """PageRepository on SQLAlchemy."""

    engine: Engine

    def of(self, id_hash: str) -> Sequence[OpenPage]:
        """All pages of the session that are remembered."""
        query = select(pages.c.page, pages.c.sequence, pages.c.lease_until, pages.c.closed)
        with reading(self.engine) as connection:
            rows = connection.execute(query.where(pages.c.session == id_hash)).all()
        return [OpenPage(row.page, row.sequence, row.lease_until, bool(row.closed)) for row in rows]

    def put(self, id_hash: str, page: OpenPage) -> None:
        """Write a page, new or known."""
        values = {"sequence": page.sequence, "lease_until": page.lease_until, "closed": int(page.closed)}
        here = (pages.c.session == id_hash, pages.c.page == page.id)
        with transaction(self.engine) as connection:
            if connection.execute(update(pages).where(*here).values(values)).rowcount == 0:
                connection.execute(insert(pages).values(session=id_hash, page=page.id, **values))

    def remove(self, id_hash: str, page_ids: Sequence[str]) -> None:
        """Forget pages."""
        with transaction(self.engine) as connection:
            connection.execute(delete(pages).where(pages.c.session == id_hash, pages.c.page.in_(page_ids)))

    def loading_until(self, id_hash: str) -> int:
        """Until when a page that was sent is waited for; 0 where none is."""
        query = select(sessions.c.loading_until).where(sessions.c.id_hash == id_hash)
        with reading(self.engine) as connection:
            return connection.execute(query).scalar() or 0

    def wait_for(self, id_hash: str, until: int) -> bool:
        """Wait for a page that was sent; False where the session is not under leases."""
        change = update(sessions).where(sessions.c.id_hash == id_hash, sessions.c.alive_until.is_not(None))
        with transaction(self.engine) as connection:
            return connection.execute(change.values(loading_until=until)).rowcount == 1

    def keep(self, id_hash: str, alive_until: int, loading_until: int) -> None:
        """Put the session under leases: it ends at `alive_until`."""
        change = update(sessions).where(sessions.c.id_hash == id_hash, sessions.c.ended_at.is_(None))
        with transaction(self.engine) as connection:
            connection.execute(change.values(alive_until=alive_until, loading_until=loading_until))
