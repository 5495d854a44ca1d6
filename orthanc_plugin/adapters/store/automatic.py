"""What rules have shared, and how far they have looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, delete, insert, select, update

from .database import reading, transaction
from .schema import automatic_shares, awaited_studies, cursors

_CHANGES = "automatic-sharing"


@dataclass(frozen=True)
class SqlAutomatic:
    """AutomaticClaims on SQLAlchemy."""

    engine: Engine

    def cursor(self) -> int | None:
        """Number of the last change that was looked at; None before the first time."""
        with reading(self.engine) as connection:
            found = connection.execute(select(cursors.c.place).where(cursors.c.name == _CHANGES)).scalar()
        return None if found is None else int(found)

    def move(self, place: int) -> None:
        """Everything up to this change was looked at."""
        with transaction(self.engine) as connection:
            connection.execute(delete(cursors).where(cursors.c.name == _CHANGES))
            connection.execute(insert(cursors).values(name=_CHANGES, place=place))

    def wait_for(self, study_id: str, now: int) -> None:
        """Look at the study once it is complete."""
        with transaction(self.engine) as connection:
            wanted = awaited_studies.c.study_id == study_id
            if connection.execute(select(awaited_studies.c.since).where(wanted)).first() is None:
                connection.execute(insert(awaited_studies).values(study_id=study_id, since=now))

    def awaited(self) -> Sequence[str]:
        """Studies to be looked at, those first that have waited longest."""
        with reading(self.engine) as connection:
            wanted = select(awaited_studies.c.study_id).order_by(awaited_studies.c.since, awaited_studies.c.study_id)
            return list(connection.execute(wanted).scalars())

    def looked_at(self, study_id: str) -> None:
        """The study waits no more."""
        with transaction(self.engine) as connection:
            connection.execute(delete(awaited_studies).where(awaited_studies.c.study_id == study_id))

    def claimed(self, study_id: str, rule: str) -> bool:
        """Whether the rule has shared the study, even if the share is gone."""
        wanted = (automatic_shares.c.study_id == study_id) & (automatic_shares.c.rule == rule)
        with reading(self.engine) as connection:
            return connection.execute(select(automatic_shares.c.share_id).where(wanted)).first() is not None

    def add(self, study_id: str, rule: str, share_id: str, now: int) -> None:
        """The rule has shared the study; its letter waits to be given out."""
        row = {"study_id": study_id, "rule": rule, "share_id": share_id, "waiting": True, "created_at": now}
        with transaction(self.engine) as connection:
            connection.execute(insert(automatic_shares).values(row))

    def waiting(self) -> Sequence[str]:
        """Shares whose letters were not given out."""
        with reading(self.engine) as connection:
            wanted = select(automatic_shares.c.share_id).where(automatic_shares.c.waiting.is_(True))
            return list(connection.execute(wanted).scalars())

    def finish(self, share_id: str) -> None:
        """The letter was given out."""
        with transaction(self.engine) as connection:
            wanted = update(automatic_shares).where(automatic_shares.c.share_id == share_id)
            connection.execute(wanted.values(waiting=False))
