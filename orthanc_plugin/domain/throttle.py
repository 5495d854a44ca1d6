"""How many wrong passwords are let through, and how long to wait after them.

An attempt is counted before its password is verified, in one bucket or in two:

- a device that has logged in to this share before has a bucket of its own, and no other holds for it;
- everybody else is counted per client address, and once more together with all other unknown devices.

So nobody can slow down a device that the patient has used before, and a stranger at another address can at most bring
new devices to one try per quarter of an hour. Nothing is locked for good: a wait ends, and a day later all is
forgotten. The same rules hold for codes that no share has, so that nobody can tell the two apart by their waits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

DAY = 24 * 3600
# The bucket of all devices that have not logged in to the share before; no keyed hash can take this name.
UNKNOWN_DEVICES = "*"


@dataclass(frozen=True)
class Bucket:
    """Failures that are remembered; all times in seconds since 1970."""

    failures: int = 0
    first_at: int = 0
    last_at: int = 0
    blocked_until: int = 0


@dataclass(frozen=True)
class Rule:
    """From how many failures on there is a wait, and how it grows; times in seconds.

    `sliding`: failures are forgotten a day after the last of them; otherwise a day after the first, as in "20 a day".
    """

    free: int
    first_wait: int
    longest_wait: int
    sliding: bool

    def wait_after(self, failures: int) -> int:
        """The wait that this many failures bring; it doubles with each one beyond the free ones."""
        if failures < self.free:
            return 0
        return int(min(self.first_wait * 2 ** min(failures - self.free, 20), self.longest_wait))

    def current(self, bucket: Bucket, now: float) -> Bucket:
        """The bucket as it stands at `now`.

        Times that lie ahead come from a clock that has been set back since: they move to `now`, or the wait and the
        memory would last longer than anybody meant.
        """
        moment = math.ceil(now)
        bucket = Bucket(
            bucket.failures,
            min(bucket.first_at, moment),
            min(bucket.last_at, moment),
            min(bucket.blocked_until, moment + self.wait_after(bucket.failures)),
        )
        if now - (bucket.last_at if self.sliding else bucket.first_at) > DAY and now >= bucket.blocked_until:
            return Bucket()
        return bucket

    def failed(self, bucket: Bucket, now: float) -> Bucket:
        """One failure more; `bucket` is current."""
        failures, moment = bucket.failures + 1, math.ceil(now)
        wait = self.wait_after(failures)
        first_at = bucket.first_at if bucket.failures else moment
        return Bucket(failures, first_at, moment, moment + wait if wait else 0)


ONE_CLIENT = Rule(free=5, first_wait=30, longest_wait=3600, sliding=True)
ALL_UNKNOWN_DEVICES = Rule(free=20, first_wait=900, longest_wait=900, sliding=False)


@dataclass(frozen=True)
class Client:
    """Where an attempt comes from: keyed hashes of the address and of the device's identifier, if it brought one."""

    address: str
    device: str = ""


@dataclass(frozen=True)
class Attempt:
    """An attempt that asked to be counted: the seconds to wait, 0 to go on, and the buckets that hold for it."""

    wait: int
    buckets: tuple[str, ...]


def rule_of(name: str) -> Rule:
    """The rule of the bucket with this name."""
    return ALL_UNKNOWN_DEVICES if name == UNKNOWN_DEVICES else ONE_CLIENT


def buckets_of(client: Client, device_known: bool) -> tuple[str, ...]:
    """The buckets that an attempt is counted in."""
    return (client.device,) if device_known else (client.address, UNKNOWN_DEVICES)


def count(buckets: Mapping[str, Bucket], now: float) -> tuple[int, dict[str, Bucket]]:
    """The seconds to wait, 0 to go on, and the buckets as they are to be kept.

    The longest wait holds. An attempt that must wait is counted nowhere.
    """
    current = {name: rule_of(name).current(bucket, now) for name, bucket in buckets.items()}
    wait = max((math.ceil(bucket.blocked_until - now) for bucket in current.values()), default=0)
    if wait > 0:
        return wait, current
    return 0, {name: rule_of(name).failed(bucket, now) for name, bucket in current.items()}


def taken_back(bucket: Bucket) -> Bucket:
    """The bucket without the attempt that was counted last: its password was not verified, or was right."""
    return replace(bucket, failures=max(bucket.failures - 1, 0), blocked_until=0)
