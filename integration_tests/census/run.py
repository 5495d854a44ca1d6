"""One census of one Orthanc."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from harness.server import OrthancServer

from . import announced, state
from .corpus import Corpus, store
from .judge import Judge, digest
from .people import Person, assemble
from .places import Surroundings, fill
from .plan import Ask, Planner
from .table import RouteClass, Table
from .wire import Wire, as_bytes

THREADS = 8
CONFIGURATION: dict[str, Any] = {"StableAge": 1}


@dataclass
class Report:
    """What a census found."""

    requests: int = 0
    seconds: float = 0
    routes: int = 0
    files: int = 0
    unknown: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same_process: bool = False
    verdicts: dict[str, int] = field(default_factory=dict)
    counts: dict[str, dict[str, dict[int, int]]] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    seen_by_staff: dict[str, int] = field(default_factory=dict)
    staff_refused: list[str] = field(default_factory=list)
    # Owners of marks that not even staff were seen to read: the search would be blind to them.
    blind: list[str] = field(default_factory=list)
    around_start: dict[str, int] = field(default_factory=dict)

    @property
    def faults(self) -> list[str]:
        """Everything that makes the census fail."""
        return [
            *(f"not in the table: {route}" for route in self.unknown),
            *self.leaks,
            *self.findings,
            *(f"changed: {what}" for what in self.changed),
            *self.staff_refused,
            *(f"never found in an answer to staff: {owner}" for owner in self.blind),
            *([] if self.same_process else ["Orthanc has crashed or was started anew"]),
        ]


@dataclass
class Census:
    """A server with the studies in it and everybody logged in."""

    server: OrthancServer
    corpus: Corpus
    people: Mapping[str, Person]
    around: Surroundings
    wire: Wire

    @classmethod
    def prepare(cls, server: OrthancServer) -> Census:
        """Fill a fresh server."""
        corpus = store(server)
        people = assemble(server, corpus)
        share = next(
            mark for mark, owner in corpus.marks.texts.items() if owner == "staff" and not mark.startswith("qx")
        )
        order = {"Asynchronous": True, "Resources": [corpus.subjects["B/1"].study, corpus.subjects["C/1"].study]}
        job = server.staff_request("POST", "/tools/create-archive", data=json.dumps(order)).json()["ID"]
        _settle(server)
        return cls(server, corpus, people, Surroundings(share, job), Wire(server.http_port))

    def take(
        self, routes: Mapping[str, RouteClass], size: int, files: Iterable[str] = (), staff: bool = True
    ) -> Report:
        """Ask everything and judge every answer; `files` are the static files that a viewer's pages lead to."""
        planner = Planner(routes, self.corpus.subjects, self.people, self.around, f"127.0.0.1:{self.server.http_port}")
        judge = Judge(self.corpus.marks, self._known(routes, files))
        before, process = state.snapshot(self.server, self.corpus), state.process(self.server)
        asks = planner.requests(size)
        began = time.monotonic()
        self._all(asks, judge)
        report = Report(len(asks), leaks=judge.leaks, findings=judge.findings)
        report.same_process = state.process(self.server) == process
        # Refusals prove nothing once a session has ended.
        lost = [person.name for person in self.people.values() if not self._signed_in(person)]
        report.findings += [f"session lost: {name}" for name in lost]
        after = state.snapshot(self.server, self.corpus) if report.same_process else {}
        report.changed = sorted(what for what in before if before[what] != after.get(what))
        if staff and report.same_process:
            of_staff = planner.of_staff()
            self._all(of_staff, judge)
            report.requests += len(of_staff)
            report.blind = sorted(self.corpus.marks.owners - set(judge.seen_by_staff))
            report.same_process = state.process(self.server) == process
        report.seconds = round(time.monotonic() - began, 1)
        report.verdicts, report.kinds = dict(judge.verdicts), dict(judge.kinds)
        report.seen_by_staff, report.staff_refused = dict(judge.seen_by_staff), judge.staff_refused
        for (route_class, person, status), count in sorted(judge.counts.items()):
            report.counts.setdefault(route_class, {}).setdefault(person, {})[status] = count
        return report

    def _all(self, asks: list[Ask], judge: Judge) -> None:
        with ThreadPoolExecutor(THREADS, thread_name_prefix="census") as pool:
            for ask, answer in pool.map(self._ask, asks):
                judge.take(ask, answer)
        self.wire.close()

    def _ask(self, ask: Ask) -> tuple[Ask, Any]:
        raw = as_bytes(ask.method, ask.target, f"127.0.0.1:{self.server.http_port}", ask.headers, ask.body)
        return ask, self.wire.send(ask.method, raw)

    def _known(self, routes: Mapping[str, RouteClass], files: Iterable[str]) -> dict[str, set[bytes]]:
        """The answers that the table opens to each person: files of viewers, and data of the series they may see."""
        open_files = set(files)
        for template, found in routes.items():
            if found is RouteClass.VIEWER_FILE:
                open_files |= set(fill(template, self.corpus.subjects["A/1"], self.around))
        data = [template for template, found in routes.items() if found is RouteClass.VIEWER_DATA]
        known: dict[str, set[bytes]] = {}
        for person in self.people.values():
            paths = set(open_files) if person.included else set()
            for name in person.included:
                for template in data:
                    paths |= set(fill(template, self.corpus.subjects[name], self.around))
            known[person.name] = {digest(self._plain(person, path)) for path in paths}
        self.wire.close()
        return known

    def _signed_in(self, person: Person) -> bool:
        page = self._plain(person, "/portal/study")
        self.wire.close()
        return not person.included or (page.status == 200 and bool(self.corpus.marks.found(page.body)))

    def _plain(self, person: Person, path: str) -> Any:
        return self._ask(Ask(person, path, RouteClass.VIEWER_DATA, "plain", "GET", path, person.headers))[1]


def everything(
    table: Table, orthanc_image: str, server: OrthancServer
) -> tuple[dict[str, RouteClass], list[str], Report]:
    """What to ask: the table's routes, its probes, all static files; the report says what the table does not know."""
    routes, files = announced.routes(orthanc_image), sorted(announced.files(server))
    report = Report(routes=len(routes), files=len(files))
    report.unknown, report.vanished = table.unknown(routes, files), table.vanished(routes)
    classes = {**table.routes, **table.probes}
    classes |= {path: found for path in files if (found := table.class_of_file(path))}
    viewer_files = [path for path in files if table.class_of_file(path) is RouteClass.VIEWER_FILE]
    return classes, viewer_files, report


def _settle(server: OrthancServer, seconds: float = 30) -> None:
    """Until all series are stable and the job is done: nothing changes by itself from then on."""
    deadline, last = time.monotonic() + seconds, -1
    while time.monotonic() < deadline:
        time.sleep(1.5)
        jobs = server.staff_request("GET", "/jobs?expand").json()
        now = server.staff_request("GET", "/changes?last").json()["Last"]
        if now == last and all(job["State"] == "Success" for job in jobs):
            return
        last = now
