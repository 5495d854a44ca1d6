"""`make bench-letters`: what a share and its letter cost, and whether letters hold up those who look at images.

Creation is timed with the password's hashing counted in (Argon2id takes the time that it is set to); then single
letters as PDF; then 500 letters in requests of 50, with the memory of the process that makes them, while five patients
scroll: the 95th percentile of their images as a ratio to the one before.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any

import requests

from harness import image
from harness.dicom import Study
from harness.server import OrthancServer

from .flood import p95
from .site import SHARES, SLICES, address, log_in, new_share, store

LETTERS = SHARES.replace("shares", "letters")
SINGLE, BATCH, BATCHES, PATIENTS = 100, 50, 10, 5
GOAL_CREATE, GOAL_PDF, GOAL_IMAGES = 150.0, 300.0, 1.2
REPORT = Path(__file__).parent.parent / "build" / "bench-letters.json"
_MEMORY = (
    "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline 2>/dev/null | grep -q [p]df_worker "
    "&& grep VmRSS $p/status | tr -dc 0-9; done"
)


def timed(call: Any) -> tuple[Any, float]:
    """What it answers, and the seconds that it took."""
    began = time.perf_counter()
    found = call()
    return found, time.perf_counter() - began


class Scroll:
    """Patients who look at images at the pace of people, until `stop`; `times` in seconds."""

    def __init__(self, server: OrthancServer) -> None:
        self.times: list[float] = []
        self._over = threading.Event()
        shares = [new_share(server) for _ in range(PATIENTS)]
        cookies = [log_in(server.http_port, s.code, s.password, address(n))[2] for n, s in enumerate(shares)]
        self._threads = [threading.Thread(target=self._one, args=(server.url, cookie)) for cookie in cookies]
        for thread in self._threads:
            thread.start()

    def _one(self, url: str, cookie: str) -> None:
        place = 0
        while not self._over.wait(0.25):
            place = place % SLICES + 1
            began = time.perf_counter()
            answer = requests.get(f"{url}/portal/series/1/images/{place}", headers={"Cookie": cookie}, timeout=60)
            took = time.perf_counter() - began
            if answer.status_code != 200:
                raise RuntimeError(f"an image was answered with {answer.status_code}")
            self.times.append(took)

    def stop(self) -> list[float]:
        """The times of all."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        return self.times


def run(server: OrthancServer) -> dict[str, Any]:
    """All figures; milliseconds, ratios, megabytes."""
    store(server)

    def create() -> dict[str, Any]:
        order = {"study_instance_uid": Study().uid}
        answer = server.staff_request("POST", SHARES, json=order)
        answer.raise_for_status()
        return dict(answer.json())

    def pdf(made: list[dict[str, Any]]) -> bytes:
        letters = [{"share_id": m["id"], "access_code": m["access_code"], "password": m["password"]} for m in made]
        answer = server.staff_request("POST", LETTERS, json={"letters": letters}, timeout=120)
        answer.raise_for_status()
        return answer.content

    made, creating = zip(*[timed(create) for _ in range(SINGLE)], strict=True)
    pdf([made[0]])
    printing = [timed(lambda one=one: pdf([one]))[1] for one in made]
    more = [*made, *(create() for _ in range(BATCH * BATCHES - SINGLE))]
    quiet = Scroll(server)
    time.sleep(20)
    before = quiet.stop()
    busy = Scroll(server)
    memory, took = [], []
    for first in range(0, len(more), BATCH):
        took.append(timed(lambda first=first: pdf(more[first : first + BATCH]))[1])
        memory.append(int(server.execute("sh", "-c", _MEMORY).log or 0) / 1024)
    beside = busy.stop()
    return {
        "creation with hashing, p95 ms": p95(list(creating)),
        "one letter as PDF, p95 ms": p95(printing),
        "50 letters, median s": statistics.median(took),
        "memory of the process after each 50, MB": [round(value) for value in memory],
        "images alone, p95 ms": p95(before),
        "images beside 500 letters, p95 ms": p95(beside),
        "images, ratio": p95(beside) / p95(before),
    }


def main() -> int:
    """Print the figures; exit status 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite", nargs="?", default="trixie")
    with OrthancServer(image.ensure(parser.parse_args().suite)) as server:
        server.wait_ready()
        found = run(server)
    for name, value in found.items():
        print(f"  {name:44} {value if isinstance(value, list) else f'{value:.1f}'}")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(found, indent=2))
    missed = (
        found["creation with hashing, p95 ms"] > GOAL_CREATE
        or found["one letter as PDF, p95 ms"] > GOAL_PDF
        or found["images, ratio"] > GOAL_IMAGES
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
