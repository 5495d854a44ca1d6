"""`make census`: the full size against one Debian release; a table for people, the whole report as JSON."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from harness import image
from harness.engine import ROOT, HarnessError
from harness.server import OrthancServer

from .around_start import stop_and_start
from .run import CONFIGURATION, Census, Report, everything
from .table import Table

FULL = 60_000


def full(suite: str, size: int) -> Report:
    """The whole census of one release."""
    orthanc_image = image.ensure(suite)
    with OrthancServer(orthanc_image, configuration=CONFIGURATION) as server:
        server.wait_ready()
        census = Census.prepare(server)
        routes, files, announced = everything(Table.load(), orthanc_image, server)
        report = census.take(routes, size, files)
        report.routes, report.files = announced.routes, announced.files
        report.unknown, report.vanished = announced.unknown, announced.vanished
        poll = stop_and_start(census)
        report.around_start = {str(status): count for status, count in poll.statuses.items()}
        report.findings += poll.findings
    return report


def table(report: Report) -> str:
    """Answers by class of route, person and status."""
    lines = [f"{'class':<15}{'person':<11}  status: answers"]
    for route_class, people in report.counts.items():
        for person, statuses in people.items():
            numbers = "  ".join(f"{status or 'none'}: {count}" for status, count in sorted(statuses.items()))
            lines.append(f"{route_class:<15}{person:<11}  {numbers}")
    lines += [f"{verdict}: {count}" for verdict, count in sorted(report.verdicts.items())]
    classified = 100 * (1 - len(report.unknown) / max(1, report.routes + report.files))
    lines.append(
        f"{report.requests} requests in {report.seconds:.0f} s; {report.routes} routes and {report.files} files, "
        f"{classified:.1f} % classified; {len(report.leaks)} marks leaked; {len(report.findings)} other findings"
    )
    lines.append(f"while stopping and starting: {report.around_start}")
    lines += [f"no longer announced: {route}" for route in report.vanished]
    return "\n".join([*lines, *report.faults[:40]])


def main() -> int:
    """Exit code 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite", choices=("trixie", "forky"))
    parser.add_argument("--size", type=int, default=FULL, help="number of requests")
    given = parser.parse_args()
    report = full(given.suite, given.size)
    target = Path(ROOT) / "build" / f"census-{given.suite}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(dataclasses.asdict(report), indent=1), encoding="utf-8")
    print(table(report))
    return 1 if report.faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except HarnessError as problem:
        sys.exit(str(problem))
