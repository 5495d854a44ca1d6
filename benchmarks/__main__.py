"""`make bench`: native routes for a patient and for staff, against the same server without the plugin, in one run.

The two servers run side by side and are asked in turn, so that whatever else the machine does hits both alike.
"""

from __future__ import annotations

import base64
import json
import statistics
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import requests

from harness import image
from harness.dicom import Geometry, Study, ct_series
from harness.modality import send
from harness.server import OrthancServer

from . import decision
from .load import Result, load

ROUNDS = 5
SECONDS = 4
SLICES = 40
REPORT = Path(__file__).parent.parent / "build" / "bench.json"


def main(suite: str) -> int:
    """Run and print; the report is also left in build/bench.json."""
    built = image.ensure(suite)
    with OrthancServer(built) as guarded, OrthancServer(built, plugin=False) as bare:
        for server in (guarded, bare):
            server.wait_ready()
            store(server)
        patient, staff = [f"Cookie: {login(guarded)}"], [basic(guarded)]
        routes: dict[str, tuple[list[str], Callable[[OrthancServer], list[str]]]] = {
            "a patient: /instances/{id}/file, 512 KB": (patient, lambda s: each(s, "/instances/{}/file")),
            "a patient: /web-viewer/series/{id}": (patient, lambda s: [f"/web-viewer/series/{series(s)}"]),
            "staff: /instances/{id}/tags": (staff, lambda s: each(s, "/instances/{}/tags")),
            "staff: DICOMweb frame": (staff, frames),
        }
        report = {}
        for name, (headers, paths) in routes.items():
            report[name] = compare(name, *measure(guarded, bare, paths, headers))
    REPORT.parent.mkdir(exist_ok=True)
    figures = {"suite": suite, "routes": report, "decision": decision.measure()}
    REPORT.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def measure(
    guarded: OrthancServer, bare: OrthancServer, paths: Callable[[OrthancServer], list[str]], headers: list[str]
) -> tuple[list[Result], list[Result]]:
    """Rounds in turn, the first of each thrown away."""
    results: tuple[list[Result], list[Result]] = ([], [])
    plans = ((guarded, paths(guarded), headers, results[0]), (bare, paths(bare), list[str](), results[1]))
    for place in range(ROUNDS + 1):
        for server, wanted, sent, found in plans:
            result = load(server.url, wanted, sent, SECONDS)
            if place:
                found.append(result)
    return results


def compare(name: str, with_plugin: list[Result], without: list[Result]) -> dict[str, object]:
    """Print medians and their ratios."""
    rows = {"with the plugin": middle(with_plugin), "without": middle(without)}
    print(f"\n{name}: median of {ROUNDS} rounds of {SECONDS} s, 8 connections")
    for label, row in rows.items():
        print(
            f"  {label:16} {row.per_second:8.0f} requests/s {row.megabytes_per_second:8.0f} MB/s"
            f"   p50 {row.p50_ms:6.2f} ms   p99 {row.p99_ms:6.2f} ms"
        )
    one, other = rows.values()
    ratios = {"throughput": one.per_second / other.per_second, "p99": one.p99_ms / other.p99_ms}
    print(f"  ratio            throughput {ratios['throughput']:.2f}, p99 {ratios['p99']:.2f}")
    return {**{label: asdict(row) for label, row in rows.items()}, "ratio": ratios}


def middle(results: list[Result]) -> Result:
    """Medians of each figure."""
    return Result(*(statistics.median(values) for values in zip(*(asdict(r).values() for r in results), strict=True)))


def store(server: OrthancServer) -> None:
    """A CT with slices of the usual size; noise, so that nothing compresses away."""
    noise = np.random.default_rng(1).normal(0, 200, (SLICES, 512, 512))
    sent = send(ct_series(Study(), 1, "Bench", noise, Geometry()), server.dicom_port)
    if sent.stored != SLICES:
        raise RuntimeError(f"only {sent.stored} of {SLICES} slices were stored")


def login(server: OrthancServer) -> str:
    """Share the study, open it, answer the cookie header of the session."""
    order = {"study_instance_uid": Study().uid, "handout": False}
    share = server.staff_request("POST", "/patient-share/api/v1/shares", json=order).json()
    answer = requests.post(
        server.url + "/portal/login",
        data={"code": share["access_code"], "password": share["password"]},
        allow_redirects=False,
        timeout=30,
    )
    return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())


def basic(server: OrthancServer) -> str:
    """The header with the credentials of staff."""
    ((user, password),) = server.staff.items()
    return f"Authorization: Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def each(server: OrthancServer, path: str) -> list[str]:
    """The path of every instance."""
    return [path.format(instance) for instance in instances(server)]


def frames(server: OrthancServer) -> list[str]:
    """The DICOMweb address of the first frame of every instance."""
    found = server.staff_request("GET", "/instances?expand").json()
    series_uid = server.staff_request("GET", "/series?expand").json()[0]["MainDicomTags"]["SeriesInstanceUID"]
    root = f"/dicom-web/studies/{Study().uid}/series/{series_uid}"
    return [f"{root}/instances/{entry['MainDicomTags']['SOPInstanceUID']}/frames/1" for entry in found]


def instances(server: OrthancServer) -> list[str]:
    """Orthanc's identifiers of all instances."""
    found: list[str] = server.staff_request("GET", "/instances").json()
    return found


def series(server: OrthancServer) -> str:
    """Orthanc's identifier of the series."""
    found: list[str] = server.staff_request("GET", "/series").json()
    return found[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "trixie"))
