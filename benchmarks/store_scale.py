"""`make bench-store`: whether the share store is as quick with 100,000 shares as with 100.

Two SQLite files lie side by side and are asked in turn, so that whatever else the machine does hits both alike.
What the authenticator remembers is left out: each decision reads the store. A login is timed as people have it, with
Argon2id, and without: hashing costs the same whatever the store holds, and hides everything else.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from sqlalchemy import Engine, insert

from orthanc_plugin.adapters.hasher import Argon2Hasher
from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.store import schema
from orthanc_plugin.adapters.store.attempts import SqlAttempts
from orthanc_plugin.adapters.store.audit import SqlAudit
from orthanc_plugin.adapters.store.database import SqlTransaction, open_store
from orthanc_plugin.adapters.store.devices import SqlDevices
from orthanc_plugin.adapters.store.sessions import SqlSessions
from orthanc_plugin.adapters.store.shares import SqlShares
from orthanc_plugin.adapters.unknown_codes import UnknownCodes
from orthanc_plugin.domain.credential import CODE_BITS, AccessCode, Password
from orthanc_plugin.domain.principal import Recipient
from orthanc_plugin.domain.session import SessionLimits
from orthanc_plugin.domain.share import ShareState
from orthanc_plugin.ports import ShareFilter
from orthanc_plugin.tests.support.cheap import CheapHasher, CountingEntropy
from orthanc_plugin.tests.support.clock import MovableClock
from orthanc_plugin.tests.support.studies import orthanc_id, study, uid
from orthanc_plugin.use_cases.authenticate import Authenticator, StaffUsers
from orthanc_plugin.use_cases.login_failures import LoginFailures
from orthanc_plugin.use_cases.open_share import OpenShare, session_hash
from orthanc_plugin.use_cases.record_event import RecordEvent

SIZES = (100, 100_000)
ROUNDS = {"decision, nothing remembered": 4000, "find by code": 4000, "login": 200, "login without hashing": 600,
          "list a page": 600, "list active shares of a study": 600}  # fmt: skip
GOAL = 1.2
# Shown for whoever looks for the reason; nobody logs in without it.
WITHOUT_GOAL = {"login without hashing"}
PAGE = 50
REPORT = Path(__file__).parent.parent / "build" / "bench-store.json"
LIMITS = SessionLimits(15 * 60, 4 * 3600)
STUDY = study("study")


@dataclass(frozen=True)
class Filled:
    """A store with so many shares, each with one session."""

    size: int
    engine: Engine
    keyring: Keyring
    shares: SqlShares
    authenticator: Authenticator
    open_share: OpenShare
    hasher: CheapHasher
    clock: MovableClock


def code(number: int) -> AccessCode:
    """The access code of a share; spread over the whole range, as random ones are."""
    return AccessCode.from_number(random.Random(number).getrandbits(CODE_BITS))


def password(number: int) -> Password:
    """Its password."""
    return Password.from_number(number)


def session_id(number: int) -> str:
    """The identifier of its session."""
    return f"session {number}"


def fill(folder: Path, size: int) -> Filled:
    """Make a store and write all rows at once."""
    engine = open_store(f"sqlite:///{folder / f'{size}.sqlite3'}")
    keyring, clock, hasher = Keyring({1: bytes(32)}), MovableClock(), CheapHasher()
    now = int(clock.now())
    for start in range(0, size, 5000):
        numbers = range(start, min(start + 5000, size))
        rows = [share_row(number, now, keyring, hasher) for number in numbers]
        with engine.begin() as connection:
            connection.execute(insert(schema.shares), rows)
            connection.execute(insert(schema.share_studies), [study_row(number) for number in numbers])
            connection.execute(insert(schema.sessions), [session_row(number, now) for number in numbers])
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shares = SqlShares(engine, keyring)
    sessions = SqlSessions(engine, shares)
    authenticator = Authenticator(StaffUsers({}), sessions, clock, LIMITS)
    open_share = OpenShare(
        shares, sessions, SqlAttempts(engine), UnknownCodes(), SqlDevices(engine), LoginFailures(), keyring, hasher,
        lambda share: share, CountingEntropy(), clock, LIMITS, authenticator.forget_session, authenticator.forget_share,
        SqlTransaction(engine), RecordEvent(SqlAudit(engine, keyring), clock),
    )  # fmt: skip
    return Filled(size, engine, keyring, shares, authenticator, open_share, hasher, clock)


def share_id_of(number: int) -> str:
    """The identifier of a share."""
    return f"{random.Random(-number).getrandbits(128):032x}"


def study_row(number: int) -> dict[str, object]:
    """Its study; five shares are of one study, all others of studies of their own."""
    same = number % 20 == 0 and number < 100
    return {
        "share_id": share_id_of(number),
        "position": 0,
        "study_id": STUDY.id if same else orthanc_id(f"study {number}"),
        "study_instance_uid": STUDY.study_instance_uid if same else uid(f"study {number}"),
    }


def share_row(number: int, now: int, keyring: Keyring, hasher: CheapHasher) -> dict[str, object]:
    """A share."""
    share_id = share_id_of(number)
    return {
        "id": share_id,
        "code_index": keyring.current(code(number)),
        "password_hash": hasher.hash(password(number)),
        "audience": "patient",
        "language": "de",
        "created_at": now - number,
        "created_by": "reception",
        "expires_at": now + 86400,
        "note": keyring.encrypt("", share_id),
    }


def session_row(number: int, now: int) -> dict[str, object]:
    """Its session, in use."""
    return {
        "id_hash": session_hash(session_id(number)),
        "share_id": share_id_of(number),
        "created_at": now,
        "seen_at": now,
    }


def decide(store: Filled, number: int) -> None:
    """Who is it? As after a restart."""
    store.authenticator.forget_session(session_hash(session_id(number)))
    principal = store.authenticator.principal("", session_id(number))
    if not isinstance(principal, Recipient):
        raise RuntimeError("the session was not found")


def find(store: Filled, number: int) -> None:
    """A share by its code."""
    if store.shares.find_by_code(store.keyring.candidates(code(number))) is None:
        raise RuntimeError("the code was not found")


def log_in(store: Filled, number: int) -> None:
    """Code, password, attempts, session: five transactions, each on the disk when it ends."""
    found = store.shares.find_by_code(store.keyring.candidates(code(number)))
    if found is None:
        raise RuntimeError("the code was not found")
    store.open_share(code(number).text, password(number).text, "192.0.2.1", "")


def log_in_hashed(store: Filled, number: int) -> None:
    """The same with a verification by Argon2id."""
    store.hasher.before = verify_argon2
    try:
        log_in(store, number)
    finally:
        store.hasher.before = lambda: None


@cache
def argon2_sample() -> tuple[Argon2Hasher, str]:
    """A hasher and a hash that it has made of the password 1."""
    hasher = Argon2Hasher()
    return hasher, hasher.hash(password(1))


def verify_argon2() -> None:
    """Spend what a verification costs."""
    hasher, encoded = argon2_sample()
    if not hasher.verify(encoded, password(1)):
        raise RuntimeError("the password was not accepted")


def list_page(store: Filled, _number: int, wanted: ShareFilter, expected: int) -> None:
    """A page for staff."""
    shown = store.shares.page(wanted, int(store.clock.now()), PAGE, None).shares
    if len(shown) != min(expected, PAGE):
        raise RuntimeError(f"{len(shown)} shares were listed")


WORK: dict[str, Callable[[Filled, int], None]] = {
    "decision, nothing remembered": decide,
    "find by code": find,
    "login": log_in_hashed,
    "login without hashing": log_in,
    "list a page": partial(list_page, wanted=ShareFilter(None, None, None), expected=PAGE),
    "list active shares of a study": partial(
        list_page, wanted=ShareFilter(ShareState.ACTIVE, STUDY.id, None), expected=5
    ),
}


def times(stores: list[Filled], work: Callable[[Filled, int], None], rounds: int) -> Iterator[list[float]]:
    """Microseconds for each store; the stores take turns, and each starts as often as the other."""
    dice = random.Random(1)
    taken: dict[int, list[float]] = {store.size: [] for store in stores}
    for place in range(rounds + rounds // 10):
        for store in stores if place % 2 else stores[::-1]:
            number = dice.randrange(store.size)
            start = time.perf_counter_ns()
            work(store, number)
            taken[store.size].append((time.perf_counter_ns() - start) / 1000)
    # The first tenth only warms up.
    yield from (taken[store.size][rounds // 10 :] for store in stores)


def p99(values: list[float]) -> float:
    """The 99th percentile."""
    return statistics.quantiles(values, n=100)[98]


def main() -> int:
    """Run and print; the report is also left in build/bench-store.json. Answers 1 where a median misses the goal."""
    report: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(dir=REPORT.parent if REPORT.parent.is_dir() else None) as folder:
        stores = [fill(Path(folder), size) for size in SIZES]
        small, large = (f"{size:,}" for size in SIZES)
        columns = f"{small:>12}{large:>12}{'ratio':>8}"
        print(f"{'microseconds':32}{'median, shares':>32}{'99th percentile':>32}\n{'':32}{columns}{columns}")
        for name, work in WORK.items():
            few, many = times(stores, work, ROUNDS[name])
            row = {"p50 few": statistics.median(few), "p50 many": statistics.median(many)}
            row |= {"p99 few": p99(few), "p99 many": p99(many)}
            row |= {"p50 ratio": row["p50 many"] / row["p50 few"], "p99 ratio": row["p99 many"] / row["p99 few"]}
            report[name] = row
            print(
                f"{name:32}{row['p50 few']:12.0f}{row['p50 many']:12.0f}{row['p50 ratio']:8.2f}"
                f"{row['p99 few']:12.0f}{row['p99 many']:12.0f}{row['p99 ratio']:8.2f}"
            )
        for store in stores:
            store.engine.dispose()
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps({"sizes": SIZES, "goal": GOAL, "rows": report}, indent=2) + "\n", encoding="utf-8")
    slow = [name for name, row in report.items() if row["p50 ratio"] > GOAL and name not in WITHOUT_GOAL]
    if slow:
        print(f"more than {GOAL} times: {', '.join(slow)}", file=sys.stderr)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
