"""The register of patients who object to sharing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, delete, func, insert, select

from .database import reading, transaction
from .schema import objections


@dataclass(frozen=True)
class SqlObjections:
    """ObjectionRepository on SQLAlchemy."""

    engine: Engine

    def add(self, patient: str, user: str, now: int) -> None:
        """Register an objection; a second one changes nothing."""
        known = select(objections.c.patient).where(objections.c.patient == patient).with_for_update()
        with transaction(self.engine) as connection:
            if connection.execute(known).first() is None:
                connection.execute(insert(objections).values(patient=patient, created_by=user, created_at=now))

    def since(self, patients: Sequence[str]) -> int | None:
        """When the patient objected (seconds since 1970), None where they did not."""
        query = select(func.min(objections.c.created_at)).where(objections.c.patient.in_(patients))
        with reading(self.engine) as connection:
            found: int | None = connection.execute(query).scalar()
        return found

    def remove(self, patients: Sequence[str]) -> bool:
        """Take the objection out of the register; False where there is none."""
        with transaction(self.engine) as connection:
            return connection.execute(delete(objections).where(objections.c.patient.in_(patients))).rowcount > 0
