"""Requests with an Idempotency-Key in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from ...ports import KnownRequest
from .database import reading, transaction
from .schema import requests


@dataclass(frozen=True)
class SqlRequests:
    """RequestRepository on SQLAlchemy."""

    engine: Engine

    def find(self, keys: Sequence[str]) -> KnownRequest | None:
        """The request under one of the keyed hashes."""
        with reading(self.engine) as connection:
            row = connection.execute(select(requests).where(requests.c.key.in_(keys))).first()
        return None if row is None else KnownRequest(row.key, row.body, row.share_id)

    def add(self, request: KnownRequest, now: int) -> bool:
        """File it; False where the key is taken, if need be after waiting for who is about to take it."""
        row = {"key": request.key, "body": request.body, "share_id": request.share_id, "created_at": now}
        try:
            with transaction(self.engine) as connection:
                connection.execute(insert(requests).values(row))
        except IntegrityError:
            return False
        return True

    def purge(self, before: int) -> int:
        """Forget what was filed before this moment; answers how many."""
        with transaction(self.engine) as connection:
            return connection.execute(delete(requests).where(requests.c.created_at < before)).rowcount
