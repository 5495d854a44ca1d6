"""`make sessions`: all cases with the limits as practices have them; FACTOR makes everything that many times faster."""

from __future__ import annotations

import sys

from playwright.sync_api import sync_playwright

from harness import image
from harness.server import OrthancServer

from ..support.browsers import CHROMIUM, FIREFOX
from ..support.practice import Practice
from ..support.studies import make_studies
from .cases import CASES, Limits, Scene


def configuration(limits: Limits) -> dict[str, object]:
    """Settings of a server with these limits."""
    return {
        "PatientShare": {
            "SessionHeartbeatSeconds": max(1, int(min(limits.visible, limits.hidden) / 3)),
            "SessionLeaseVisibleSeconds": int(limits.visible),
            "SessionLeaseHiddenSeconds": int(limits.hidden),
            "SessionLeaseHiddenPhoneSeconds": int(limits.hidden_phone),
            "SessionGraceSeconds": int(limits.grace),
        }
    }


def main(suite: str, factor: float) -> int:
    """Play all cases and print the table in Markdown; 1 if a goal was missed."""
    limits = Limits(*(max(least, value / factor) for value, least in ((60, 4), (120, 6), (300, 8), (15, 2))))
    missed = 0
    with OrthancServer(image.ensure(suite), configuration(limits)) as server, sync_playwright() as playwright:
        server.wait_ready()
        study, practice = make_studies(server).a, Practice(server)
        print("| What somebody does | Browser | Refused after | Goal |\n| --- | --- | --- | --- |", flush=True)
        for case in CASES:
            scene = Scene(
                server.url,
                practice.share(study.id),
                limits,
                playwright,
                CHROMIUM,
                FIREFOX,
            )
            took = case.play(scene)
            goal = case.goal(limits)
            # The clock of leases counts whole seconds, and the old session is tried five times a second.
            late = took > goal + 1.5
            missed += late
            words = f"| {case.words} | {case.browser} | {took:.1f} s | {f'{goal:.0f} s' if goal else 'at once'}"
            print(words + (", MISSED |" if late else " |"), flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
