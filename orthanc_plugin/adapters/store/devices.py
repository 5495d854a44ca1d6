"""Devices that have logged in to a share, in the store."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, and_, delete, insert, select, update

from .database import reading, transaction
from .schema import devices, shares

MOST_DEVICES = 20


@dataclass(frozen=True)
class SqlDevices:
    """DeviceRepository on SQLAlchemy."""

    engine: Engine

    def is_known(self, device: str) -> bool:
        """Whether the device has logged in to any share."""
        with reading(self.engine) as connection:
            return connection.execute(select(devices.c.device).where(devices.c.device == device)).first() is not None

    def remember(self, share_id: str, device: str, now: int) -> None:
        """Note a login of this device; beyond 20 devices the one that was away longest is forgotten."""
        mine = and_(devices.c.share_id == share_id, devices.c.device == device)
        with transaction(self.engine) as connection:
            connection.execute(select(shares.c.id).where(shares.c.id == share_id).with_for_update())
            if connection.execute(update(devices).where(mine).values(last_at=now)).rowcount:
                return
            newest_first = (
                select(devices.c.device)
                .where(devices.c.share_id == share_id)
                .order_by(devices.c.last_at.desc(), devices.c.created_at.desc(), devices.c.device)
            )
            old = list(connection.execute(newest_first).scalars())[MOST_DEVICES - 1 :]
            if old:
                connection.execute(delete(devices).where(devices.c.share_id == share_id, devices.c.device.in_(old)))
            connection.execute(insert(devices).values(share_id=share_id, device=device, created_at=now, last_at=now))

    def forget(self, share_id: str) -> None:
        """Forget all devices of a share: its password was issued anew."""
        with transaction(self.engine) as connection:
            connection.execute(delete(devices).where(devices.c.share_id == share_id))
