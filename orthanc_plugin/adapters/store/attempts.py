"""Failures per share and client address: 5 free tries, then waits that double from 30 s to 1 h."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import Engine, and_, delete, insert, select, update

from .database import writing
from .schema import attempts

FREE_TRIES = 5
FIRST_WAIT = 30
LONGEST_WAIT = 3600
# Failures of yesterday are forgotten: there is no permanent lock.
MEMORY = 24 * 3600


@dataclass(frozen=True)
class SqlAttempts:
    """AttemptCounter on SQLAlchemy."""

    engine: Engine

    def reserve(self, share_id: str, address: str, now: float) -> int:
        """Count an attempt before its password is verified; answers the seconds to wait, 0 to go on."""
        mine = and_(attempts.c.share_id == share_id, attempts.c.address == address)
        with writing(self.engine).begin() as connection:
            row = connection.execute(select(attempts).where(mine).with_for_update()).one_or_none()
            if row is not None and now < row.blocked_until:
                # The cap keeps a clock that was set back from turning a short wait into a long one.
                return min(math.ceil(int(row.blocked_until) - now), LONGEST_WAIT)
            failures = 1 if row is None or now - row.last_at > MEMORY else row.failures + 1
            values = {
                "failures": failures,
                "last_at": int(now),
                "blocked_until": math.ceil(now) + wait_after(failures) if failures >= FREE_TRIES else 0,
            }
            if row is None:
                connection.execute(insert(attempts).values(share_id=share_id, address=address, **values))
            else:
                connection.execute(update(attempts).where(mine).values(**values))
        return 0

    def cancel(self, share_id: str, address: str) -> None:
        """Take one reserved attempt back, since its password was never verified."""
        mine = and_(attempts.c.share_id == share_id, attempts.c.address == address, attempts.c.failures > 0)
        with writing(self.engine).begin() as connection:
            connection.execute(update(attempts).where(mine).values(failures=attempts.c.failures - 1, blocked_until=0))

    def forgive(self, share_id: str, address: str) -> None:
        """Forget the failures after a success."""
        mine = and_(attempts.c.share_id == share_id, attempts.c.address == address)
        with writing(self.engine).begin() as connection:
            connection.execute(delete(attempts).where(mine))


def wait_after(failures: int) -> int:
    """Seconds to wait after this many failures, at least FREE_TRIES of them."""
    return int(min(FIRST_WAIT * 2 ** min(failures - FREE_TRIES, 20), LONGEST_WAIT))
