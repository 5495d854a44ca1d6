"""The time of one decision of the gate, in this process: real store, real worker pool, no Orthanc.

Warm: the session was read less than half a second ago. Cold: it must be read from the store, through the pool. Where a
resource belongs is known in both: the first time Orthanc is asked for it, once per image and server.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.store.audit import SqlAudit
from orthanc_plugin.adapters.store.database import open_store
from orthanc_plugin.adapters.store.sessions import SqlSessions
from orthanc_plugin.adapters.store.shares import SqlShares
from orthanc_plugin.adapters.system import SystemClock
from orthanc_plugin.adapters.worker_pool import WorkerPool
from orthanc_plugin.domain.session import Session, SessionLimits
from orthanc_plugin.domain.share import Audience, Share, SharedStudy
from orthanc_plugin.domain.study import Place
from orthanc_plugin.settings import Role
from orthanc_plugin.tests.support.studies import MemoryArchive
from orthanc_plugin.use_cases.authenticate import Authenticator, StaffUsers
from orthanc_plugin.use_cases.open_share import session_hash
from orthanc_plugin.use_cases.record_event import RecordEvent
from orthanc_plugin.use_cases.record_view import RecordView
from orthanc_plugin.use_cases.view_study import ViewStudy
from orthanc_plugin.viewers.orthanc_web_viewer import OrthancWebViewer
from orthanc_plugin.viewers.registry import Viewers
from orthanc_plugin.web.gate import Gate
from orthanc_plugin.web.own_paths import OwnPaths
from orthanc_plugin.web.request import Request

ID = "12345678-12345678-12345678-12345678-12345678"
COOKIE, SESSION = "patient-share", "a" * 64
HEADERS = {
    "host": "portal.example",
    "accept": "*/*",
    "accept-encoding": "gzip, deflate, br",
    "accept-language": "de-DE,de;q=0.9",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
    "sec-fetch-site": "same-origin",
    "sec-fetch-mode": "cors",
    "sec-fetch-dest": "empty",
    "cookie": f"other=1; {COOKIE}={SESSION}",
}
WARM_ROUNDS, COLD_ROUNDS = 50_000, 3_000


def measure() -> dict[str, dict[str, float]]:
    """Print and answer p50 and p99 in microseconds."""
    with tempfile.TemporaryDirectory() as folder:
        gate = build(Path(folder))
        request = Request("GET", f"/instances/{ID}/file", {}, HEADERS, "192.0.2.1")
        if not gate.admits(request):
            raise RuntimeError("the gate refuses what it should admit")
        report = {
            "warm": percentiles(lambda: gate.admits(request), WARM_ROUNDS),
            "cold": percentiles(
                lambda: gate.admits(request),
                COLD_ROUNDS,
                lambda: gate.authenticator.forget_session(session_hash(SESSION)),
            ),
        }
    print("\none decision of the gate, in this process")
    for name, row in report.items():
        print(f"  {name:5} p50 {row['p50_us']:7.0f} us   p99 {row['p99_us']:7.0f} us")
    return report


def build(folder: Path) -> Gate:
    """A gate over a share store with one share and one session."""
    clock = SystemClock()
    now = int(clock.now())
    engine = open_store(f"sqlite:///{folder / 'store.sqlite3'}")
    keyring = Keyring({1: b"k" * 32})
    shares = SqlShares(engine, keyring)
    sessions = SqlSessions(engine, shares)
    share = Share("5" * 32, (SharedStudy(ID, "1.2.3"),), Audience.PATIENT, "de", now, "bench", now + 86_400)
    shares.add(share, "c" * 64, "hash")
    sessions.start(Session(session_hash(SESSION), share.id, now, now), 3)
    authenticator = Authenticator(StaffUsers({"staff": "password"}), sessions, clock, SessionLimits(900, 14_400))
    viewers = Viewers([OrthancWebViewer()])
    viewers.discover(["web-viewer"])
    pool = WorkerPool(16, 64)
    own = OwnPaths(Role.ALL)
    # What is looked at is written down once; nothing is asked of the archive.
    record_view = RecordView(RecordEvent(SqlAudit(engine, keyring), clock), ViewStudy(MemoryArchive(), clock))
    return Gate(
        authenticator,
        viewers,
        lambda _name: Place(ID),
        pool.run,
        clock,
        COOKIE,
        own,
        record_view,
        decodable=lambda _name: True,
        ready=True,
    )


def percentiles(
    work: Callable[[], object], rounds: int, before: Callable[[], object] = lambda: None
) -> dict[str, float]:
    """p50 and p99 of `work`; what happens in `before` is not measured."""
    times = []
    for _ in range(rounds):
        before()
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1e6)
    times.sort()
    return {"p50_us": statistics.median(times), "p99_us": times[int(len(times) * 0.99)]}
