"""`make bench-scroll`: 20 patients scroll at once; pictures asked for one by one against pictures asked for in runs.

Each patient asks, again and again, for the image that is looked at (its time is what counts) and then for the next
eight. Both ways are measured in turn on one server; programs and server share the machine's processors.
"""

from __future__ import annotations

import json
import os
import statistics
import struct
import threading
import time
from dataclasses import asdict, dataclass, field

import numpy as np

from harness import image
from harness.dicom import Geometry, Patient, Study, ct_series
from harness.modality import send
from harness.server import OrthancServer
from integration_tests.support.practice import Practice, Recipient

from .viewer import BUILD, volume

PATIENTS, SECONDS, ROUNDS, SLICES, AHEAD = 20, 12, 3, 200, 8


@dataclass
class Seen:
    """What the patients were given: waiting times for the looked-at image in seconds, pictures, refusals."""

    waits: list[float] = field(default_factory=list)
    pictures: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Result:
    """One round."""

    p50_ms: float
    p95_ms: float
    pictures_per_second: float
    refused: float


def pictures_in(body: bytes) -> int:
    """How many pictures a run brought."""
    count = at = 0
    while at < len(body):
        at += 4 + struct.unpack_from(">I", body, at)[0]
        count += 1
    return count


def scroll(recipient: Recipient, start: int, runs: bool, seen: Seen, deadline: float) -> None:
    """One patient."""
    place = start
    while time.monotonic() < deadline:
        begun = time.monotonic()
        answer = recipient.get(f"/portal/series/1/images/{1 + place % SLICES}?size=512")
        seen.waits.append(time.monotonic() - begun)
        seen.pictures += answer.status_code == 200
        seen.refused += answer.status_code != 200
        following = 1 + (place + 1) % SLICES
        if runs:
            answer = recipient.get(f"/portal/series/1/batch/{following}?count={AHEAD}&size=512")
            came = pictures_in(answer.content) if answer.status_code == 200 else 0
            seen.refused += answer.status_code != 200
        else:
            came = 0
            for number in range(following, min(following + AHEAD, SLICES + 1)):
                single = recipient.get(f"/portal/series/1/images/{number}?size=512")
                came += single.status_code == 200
                seen.refused += single.status_code != 200
        seen.pictures += came
        place += 1 + max(1, came)


def measure(recipients: list[Recipient], runs: bool) -> Result:
    """All patients for some seconds."""
    found = [Seen() for _ in recipients]
    deadline = time.monotonic() + SECONDS
    threads = [
        threading.Thread(target=scroll, args=(one, 10 * place, runs, seen, deadline))
        for place, (one, seen) in enumerate(zip(recipients, found, strict=True))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    waits = 1000 * np.array([wait for seen in found for wait in seen.waits])
    p50, p95 = (float(np.percentile(waits, part)) for part in (50, 95))
    return Result(p50, p95, sum(seen.pictures for seen in found) / SECONDS, sum(seen.refused for seen in found))


def main() -> None:
    """Measure and print; the report is also left in build/bench-scroll.json."""
    with OrthancServer(image.ensure("trixie")) as server:
        server.wait_ready()
        study = Study(Patient(id="BENCH", name="Bench^B"), "ACC-BENCH", "CT")
        send(ct_series(study, 1, "Kopf", volume(), Geometry(), [(40, 80)]), server.dicom_port)
        practice = Practice(server)
        (study_id,) = server.staff_request("GET", "/studies").json()
        recipients = [practice.login(practice.share(study_id)) for _ in range(PATIENTS)]
        results: dict[str, list[Result]] = {"one by one": [], "in runs": []}
        for _ in range(ROUNDS):
            for name, found in results.items():
                found.append(measure(recipients, name == "in runs"))
    report = {
        name: {figure: statistics.median(asdict(one)[figure] for one in found) for figure in asdict(found[0])}
        for name, found in results.items()
    }
    print(f"{PATIENTS} patients, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, median of {ROUNDS} rounds")
    for name, row in report.items():
        print(
            f"  {name:11} image looked at: p50 {row['p50_ms']:5.0f} ms, p95 {row['p95_ms']:5.0f} ms;"
            f" {row['pictures_per_second']:5.0f} pictures/s in all; {row['refused']:.0f} refused"
        )
    (BUILD / "bench-scroll.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
