"""Failures per share, in the store: one row for each bucket of domain/throttle.py."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, func, insert, select, update

from ...domain.throttle import DAY, UNKNOWN_DEVICES, Attempt, Bucket, Client, buckets_of, count, taken_back
from .database import reading, transaction
from .schema import attempts, devices, shares


@dataclass(frozen=True)
class SqlAttempts:
    """AttemptCounter on SQLAlchemy; every change is on the disk when its method returns."""

    engine: Engine

    def reserve(self, key: str, client: Client, now: float) -> Attempt:
        """Count an attempt on the share `key` before its password is verified, or say how long to wait."""
        with transaction(self.engine) as connection:
            # One attempt on a share at a time, on PostgreSQL too: rows that do not exist yet cannot be locked.
            connection.execute(select(shares.c.id).where(shares.c.id == key).with_for_update())
            names = buckets_of(client, _is_known(connection, key, client.device))
            before = _read(connection, key, names)
            wait, after = count({name: before.get(name, Bucket()) for name in names}, now)
            for name, bucket in after.items():
                if name not in before:
                    # A wait of one bucket leaves the other as it was: not there.
                    if not wait:
                        connection.execute(insert(attempts).values(share_id=key, address=name, **asdict(bucket)))
                elif bucket != before[name]:
                    connection.execute(update(attempts).where(_row(key, name)).values(**asdict(bucket)))
        return Attempt(wait, names)

    def cancel(self, key: str, attempt: Attempt) -> None:
        """Take a counted attempt back, since its password was never verified."""
        with transaction(self.engine) as connection:
            _take_back(connection, key, attempt.buckets)

    def forgive(self, key: str, attempt: Attempt) -> None:
        """After a success forget this client's failures; of those of all unknown devices only this attempt."""
        with transaction(self.engine) as connection:
            for name in attempt.buckets:
                if name != UNKNOWN_DEVICES:
                    connection.execute(delete(attempts).where(_row(key, name)))
            if UNKNOWN_DEVICES in attempt.buckets:
                _take_back(connection, key, (UNKNOWN_DEVICES,))

    def failures(self, share_id: str, now: float) -> int:
        """Failures of the last day that no success from the same address or device has followed."""
        mine = and_(attempts.c.share_id == share_id, attempts.c.address != UNKNOWN_DEVICES)
        query = select(func.coalesce(func.sum(attempts.c.failures), 0)).where(mine, attempts.c.last_at >= now - DAY)
        with reading(self.engine) as connection:
            return int(connection.execute(query).scalar_one())

    def purge(self, now: float) -> int:
        """Delete what no rule looks at any more; answers how many rows."""
        old = and_(attempts.c.last_at < now - 2 * DAY, attempts.c.first_at < now - 2 * DAY)
        with transaction(self.engine) as connection:
            return int(connection.execute(delete(attempts).where(old)).rowcount)


def _take_back(connection: Connection, share_id: str, names: tuple[str, ...]) -> None:
    connection.execute(select(shares.c.id).where(shares.c.id == share_id).with_for_update())
    for name, bucket in _read(connection, share_id, names).items():
        connection.execute(update(attempts).where(_row(share_id, name)).values(**asdict(taken_back(bucket))))


def _is_known(connection: Connection, share_id: str, device: str) -> bool:
    if not device:
        return False
    query = select(devices.c.device).where(devices.c.share_id == share_id, devices.c.device == device)
    return connection.execute(query).first() is not None


def _read(connection: Connection, share_id: str, names: tuple[str, ...]) -> dict[str, Bucket]:
    query = select(attempts).where(attempts.c.share_id == share_id, attempts.c.address.in_(names))
    return {
        row.address: Bucket(row.failures, row.first_at, row.last_at, row.blocked_until)
        for row in connection.execute(query.with_for_update())
    }


def _row(share_id: str, name: str) -> ColumnElement[bool]:
    return and_(attempts.c.share_id == share_id, attempts.c.address == name)
