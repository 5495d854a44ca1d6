"""`make bench-download`: a study of 2 GB as a download, beside Orthanc's own archive of it.

Three rounds in turn: our DICOM archive, Orthanc's archive. Bytes per second are those of the DICOM files inside, the
same for both. Then three downloads at once while a patient scrolls, one that is cut at 40 % and continued in parts, and
the pictures of the study.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import requests

from harness import image
from harness.dicom import Geometry, Patient, Study, ct_series
from harness.modality import send
from harness.server import OrthancServer
from orthanc_plugin.use_cases.pack_pictures import MOST_PICTURES

from .flood import p95
from .letters import Scroll
from .site import SHARES, Share, address, log_in, store

SERIES, PER_SERIES, EDGE = 8, 500, 512
ROUNDS, AT_ONCE = 3, 3
PART = 32 * 2**20
GOAL_RATIO, GOAL_MEMORY, GOAL_IMAGES = 0.9, 64.0, 1.5
REPORT = Path(__file__).parent.parent / "build" / "bench-download.json"
LARGE = Study(Patient(id="BENCH-LARGE", name="Gross^Studie"), "ACC-LARGE", "CT")
DICOM, PICTURES = "/portal/download/images.zip", "/portal/download/pictures.zip"


def fill(server: OrthancServer, series: int) -> tuple[str, int]:
    """Store the study; answers Orthanc's identifier and the bytes of all files."""
    noise = np.random.default_rng(3)
    for number in range(1, series + 1):
        pixels = noise.normal(0, 200, (PER_SERIES, EDGE, EDGE)).astype(np.float32)
        if (
            send(ct_series(LARGE, number, f"Series {number}", pixels, Geometry()), server.dicom_port).stored
            != PER_SERIES
        ):
            raise RuntimeError("not all slices were stored")
    found = server.staff_request("POST", "/tools/lookup", data=LARGE.uid).json()
    study = next(entry["ID"] for entry in found if entry["Type"] == "Study")
    return study, int(server.staff_request("GET", f"/studies/{study}/statistics").json()["DicomDiskSize"])


def memory(server: OrthancServer) -> float:
    """Resident memory of Orthanc in megabytes."""
    found = server.execute("sh", "-c", "grep VmRSS /proc/1/status | tr -dc 0-9").log
    return int(found) / 1024


class Peak:
    """The most memory that Orthanc has while something runs."""

    def __init__(self, server: OrthancServer) -> None:
        self.before = self.most = memory(server)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(server,))
        self._thread.start()

    def _watch(self, server: OrthancServer) -> None:
        while not self._over.wait(0.5):
            self.most = max(self.most, memory(server))

    def stop(self) -> float:
        """How much it has grown."""
        self._over.set()
        self._thread.join()
        return self.most - self.before


def take(url: str, **options: Any) -> dict[str, Any]:
    """Receive it all and throw it away."""
    began, first, size, digest = time.perf_counter(), 0.0, 0, hashlib.sha256()
    with requests.get(url, stream=True, timeout=600, **options) as answer:
        answer.raise_for_status()
        for piece in answer.iter_content(1 << 20):
            first = first or time.perf_counter() - began
            size += len(piece)
            digest.update(piece)
        expected = answer.headers.get("Content-Length")
    if expected and int(expected) != size:
        raise RuntimeError("shorter than promised")
    return {"first": first, "seconds": time.perf_counter() - began, "bytes": size, "digest": digest.hexdigest()}


def continued(url: str, cookie: str, whole: dict[str, Any]) -> bool:
    """Cut at 40 %, then the rest in parts: whether it is the same file."""
    digest, have, tag = hashlib.sha256(), 0, ""
    with requests.get(url, stream=True, timeout=600, headers={"Cookie": cookie}) as answer:
        tag = answer.headers["ETag"]
        for piece in answer.iter_content(1 << 20):
            kept = piece[: int(whole["bytes"] * 0.4) - have]
            digest.update(kept)
            have += len(kept)
            if have >= int(whole["bytes"] * 0.4):
                break
    while have < whole["bytes"]:
        end = min(have + PART, whole["bytes"])
        headers = {"Cookie": cookie, "Range": f"bytes={have}-{end - 1}", "If-Range": tag}
        part = requests.get(url, timeout=600, headers=headers)
        if part.status_code != 206:
            raise RuntimeError(f"a part was answered with {part.status_code}")
        digest.update(part.content)
        have = end
    return digest.hexdigest() == whole["digest"]


def few(server: OrthancServer, study: str) -> str:
    """Somebody who is shown so many series as may be taken along as pictures: their cookies."""
    listed = [entry["ID"] for entry in server.staff_request("GET", f"/studies/{study}/series").json()]
    kept = MOST_PICTURES // PER_SERIES
    order = {"orthanc_id": study, "handout": False, "exclude_series": listed[kept:]}
    made = server.staff_request("POST", SHARES, json=order).json()
    return log_in(server.http_port, made["access_code"], made["password"], address(2000))[2]


def run(server: OrthancServer, series: int) -> dict[str, Any]:
    """All figures."""
    store(server)
    study, size = fill(server, series)
    cookies = []
    for number in range(AT_ONCE):
        made = server.staff_request("POST", SHARES, json={"orthanc_id": study, "handout": False}).json()
        share = Share(made["id"], made["access_code"], made["password"])
        cookies.append(log_in(server.http_port, share.code, share.password, address(1000 + number))[2])
    url, cookie = server.url + DICOM, cookies[0]
    ours, theirs, grown = [], [], []
    for _ in range(ROUNDS):
        peak = Peak(server)
        ours.append(take(url, headers={"Cookie": cookie}))
        grown.append(peak.stop())
        user, password = next(iter(server.staff.items()))
        theirs.append(take(f"{server.url}/studies/{study}/archive", auth=(user, password)))
    quiet = Scroll(server)
    time.sleep(15)
    alone = quiet.stop()
    peak, busy = Peak(server), Scroll(server)
    threads = [threading.Thread(target=take, args=(url,), kwargs={"headers": {"Cookie": one}}) for one in cookies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    beside, grown_three = busy.stop(), peak.stop()
    # A session does not last for so long without a page that is open.
    made = server.staff_request("POST", SHARES, json={"orthanc_id": study, "handout": False}).json()
    again = log_in(server.http_port, made["access_code"], made["password"], address(3000))[2]
    whole = take(url, headers={"Cookie": again})
    same = continued(url, again, whole)
    pictures = take(server.url + PICTURES, headers={"Cookie": few(server, study)})

    def rate(found: list[dict[str, Any]]) -> float:
        return statistics.median(size / one["seconds"] / 1e6 for one in found)

    return {
        "DICOM files, MB": size / 1e6,
        "ours, first byte s": statistics.median(one["first"] for one in ours),
        "ours, MB/s": rate(ours),
        "Orthanc, first byte s": statistics.median(one["first"] for one in theirs),
        "Orthanc, MB/s": rate(theirs),
        "ratio": rate(ours) / rate(theirs),
        # The first one fills the cache that Orthanc itself has for files (MaximumStorageCacheSize, 16 MB here).
        "memory, first download, MB more": grown[0],
        "memory, one download, MB more": max(grown[1:]),
        "memory, three at once, MB more": grown_three,
        "images alone, p95 ms": p95(alone),
        "images beside three downloads, p95 ms": p95(beside),
        "images, ratio": p95(beside) / p95(alone),
        "cut at 40 % and continued: the same file": same,
        "pictures, first byte s": pictures["first"],
        "pictures of up to 2000 images, MB": pictures["bytes"] / 1e6,
    }


def main() -> int:
    """Print the figures; exit status 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite", nargs="?", default="trixie")
    parser.add_argument("--series", type=int, default=SERIES)
    wanted = parser.parse_args()
    # Orthanc keeps files in memory, 128 MB of them by default: what our downloads take would be lost in that.
    with OrthancServer(image.ensure(wanted.suite), {"MaximumStorageCacheSize": 16}) as server:
        server.wait_ready()
        found = run(server, wanted.series)
    for name, value in found.items():
        print(f"  {name:44} {value if isinstance(value, bool) else f'{value:.2f}'}")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(found, indent=2))
    missed = (
        found["ratio"] < GOAL_RATIO
        or found["memory, one download, MB more"] > GOAL_MEMORY
        or found["images, ratio"] > GOAL_IMAGES
        or not found["cut at 40 % and continued: the same file"]
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
