"""`make bench-storage`: what encryption at rest costs. 5,000 instances stored by C-STORE and read back, side by side.

Two servers, one with encryption and one without, take the same files in turn, block by block, from the same sender
(dcmtk's storescu), and are then asked for each file in turn. Every file that comes back from the encrypted one is
compared with what was sent. Both keep their files in memory: a disk that waits for each file to be safe would take ten
times as long as everything else, and hide what encryption costs.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pydicom

from harness import image
from harness.dicom import Geometry, Patient, Study, ct_series
from harness.engine import CLONE, LABEL, client
from harness.network import unique_name
from harness.server import OrthancServer

from .load import load

INSTANCES, BLOCK, EDGE = 5000, 500, 256
READ_ROUNDS, READ_SECONDS = 5, 5
GOAL_STORE, GOAL_READ = 0.9, 0.8
REPORT = Path(__file__).parent.parent / "build" / "bench-storage.json"
CANARY = "Kanarienvogel"
STUDY = Study(Patient(id="BENCH-STORAGE", name=f"{CANARY}^Karl"), "ACC-STORAGE", "CT")


def written(folder: Path, instances: int) -> dict[str, str]:
    """Files in folders of a block each; answers SHA-256 by SOP Instance UID."""
    noise, digests = np.random.default_rng(5), {}
    for number in range(instances // BLOCK):
        block = folder / f"{number:03}"
        block.mkdir()
        pixels = noise.normal(0, 200, (BLOCK, EDGE, EDGE)).astype(np.float32)
        for index, dataset in enumerate(ct_series(STUDY, number + 1, f"Series {number + 1}", pixels, Geometry())):
            path = block / f"{index:04}.dcm"
            dataset.save_as(path, enforce_file_format=True)
            digests[str(dataset.SOPInstanceUID)] = content(path.read_bytes())
    return digests


def content(data: bytes) -> str:
    """SHA-256 of everything behind the file's own header, which the receiver writes anew."""
    dataset = pydicom.dcmread(io.BytesIO(data))
    # The pixels and the names are what must come back; how the receiver orders its own header is its affair.
    words = f"{dataset.SOPInstanceUID} {dataset.PatientName} {dataset.InstanceNumber}".encode()
    return hashlib.sha256(words + dataset.PixelData).hexdigest()


@contextmanager
def memory() -> Iterator[str]:
    """The name of a volume that lies in memory."""
    name = unique_name("memory")
    options = {"type": "tmpfs", "device": "tmpfs", "o": "mode=1777"}
    volume = client().volumes.create(name, driver="local", driver_opts=options, labels={LABEL: CLONE})
    try:
        yield name
    finally:
        volume.remove(force=True)


def store(server: OrthancServer, block: Path) -> float:
    """Seconds for one block."""
    began = time.perf_counter()
    subprocess.run(
        ["storescu", "--scan-directories", "--aetitle", "BENCH", "--call", "ORTHANC", "127.0.0.1",
         str(server.dicom_port), str(block)],
        check=True, capture_output=True,
    )  # fmt: skip
    return time.perf_counter() - began


def files(server: OrthancServer) -> list[str]:
    """The paths of all files."""
    return [f"/instances/{one}/file" for one in server.staff_request("GET", "/instances").json()]


def identical(server: OrthancServer, digests: dict[str, str]) -> int:
    """How many instances came back as they were sent."""
    found: dict[str, str] = {}
    for path in files(server):
        data = server.staff_request("GET", path).content
        dataset = pydicom.dcmread(io.BytesIO(data), specific_tags=["SOPInstanceUID"])
        found[str(dataset.SOPInstanceUID)] = content(data)
    return sum(found.get(uid) == digest for uid, digest in digests.items())


def plain(server: OrthancServer) -> bool:
    """Whether a name can be found on the disk, in the storage area."""
    script = f"grep -rlaF {CANARY} /var/lib/orthanc/db --exclude='index*' | head -1"
    return bool(server.execute("sh", "-c", script).log.strip())


def run(suite: str, instances: int) -> dict[str, float | int | bool]:
    """All figures."""
    built = image.ensure(suite)
    folder = Path(tempfile.mkdtemp(prefix="bench-storage-"))
    try:
        digests = written(folder, instances)
        blocks = sorted(folder.iterdir())
        encryption = {"PatientShare": {"Encryption": {"Enabled": True}}}
        with (
            memory() as one,
            memory() as other,
            OrthancServer(built, encryption, volume=one) as sealed,
            OrthancServer(built, volume=other) as native,
        ):
            for server in (sealed, native):
                server.wait_ready()
            taken: dict[str, list[float]] = {"sealed": [], "native": []}
            for number, block in enumerate(blocks):
                pair = [("sealed", sealed), ("native", native)]
                for name, server in pair if number % 2 else reversed(pair):
                    taken[name].append(store(server, block))
            read: dict[str, list[float]] = {"sealed": [], "native": []}
            paths = {"sealed": files(sealed), "native": files(native)}
            for round_ in range(READ_ROUNDS + 1):
                for name, server in (("sealed", sealed), ("native", native)):
                    user, password = next(iter(server.staff.items()))
                    token = base64.b64encode(f"{user}:{password}".encode()).decode()
                    result = load(server.url, paths[name], [f"Authorization: Basic {token}"], READ_SECONDS)
                    if round_:
                        read[name].append(result.megabytes_per_second)
            same = identical(sealed, digests)
            leaked = plain(sealed), plain(native)
    finally:
        shutil.rmtree(folder)
    size = BLOCK * EDGE * EDGE * 2 / 1e6

    def rate(name: str) -> float:
        return size / statistics.median(taken[name])

    return {
        "instances": instances,
        "came back as they were sent": same,
        "name found on the encrypted disk": leaked[0],
        "name found on the plain disk": leaked[1],
        "stored, encrypted, MB/s": rate("sealed"),
        "stored, native, MB/s": rate("native"),
        "store, ratio": rate("sealed") / rate("native"),
        "read, encrypted, MB/s": statistics.median(read["sealed"]),
        "read, native, MB/s": statistics.median(read["native"]),
        "read, ratio": statistics.median(read["sealed"]) / statistics.median(read["native"]),
    }


def main() -> int:
    """Print the figures; exit status 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite", nargs="?", default="trixie")
    parser.add_argument("--instances", type=int, default=INSTANCES)
    wanted = parser.parse_args()
    found = run(wanted.suite, wanted.instances)
    for name, value in found.items():
        print(f"  {name:36} {f'{value:.2f}' if isinstance(value, float) else value}")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(found, indent=2))
    good = (
        found["came back as they were sent"] == found["instances"]
        and not found["name found on the encrypted disk"]
        and found["name found on the plain disk"]
        and found["store, ratio"] >= GOAL_STORE
        and found["read, ratio"] >= GOAL_READ
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
