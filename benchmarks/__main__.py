"""`make bench`: a native file route for a patient, against the same server without the plugin, in one run.

The two servers run side by side and are asked in turn, so that whatever else the machine does hits both alike.
"""

from __future__ import annotations

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

from .load import Result, load

ROUNDS = 5
SECONDS = 6
SLICES = 40
REPORT = Path(__file__).parent.parent / "build" / "bench.json"


def main(suite: str) -> int:
    """Run and print; the report is also left in build/bench.json."""
    built = image.ensure(suite)
    with OrthancServer(built) as guarded, OrthancServer(built, plugin=False) as bare:
        for server in (guarded, bare):
            server.wait_ready()
            store(server)
        cookie = login(guarded)
        routes: dict[str, Callable[[OrthancServer], list[str]]] = {
            "/instances/{id}/file, 512 KB": lambda s: [f"/instances/{i}/file" for i in instances(s)],
            "/web-viewer/series/{id}": lambda s: [f"/web-viewer/series/{series(s)}"],
        }
        report = {}
        for name, paths in routes.items():
            with_plugin, without = measure(guarded, bare, paths, cookie)
            report[name] = compare(name, with_plugin, without)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps({"suite": suite, "routes": report}, indent=2) + "\n")
    return 0


def measure(
    guarded: OrthancServer, bare: OrthancServer, paths: Callable[[OrthancServer], list[str]], cookie: str
) -> tuple[list[Result], list[Result]]:
    """Rounds in turn, the first of each thrown away."""
    results: tuple[list[Result], list[Result]] = ([], [])
    plans = ((guarded, paths(guarded), cookie, results[0]), (bare, paths(bare), "", results[1]))
    for place in range(ROUNDS + 1):
        for server, wanted, jar, found in plans:
            result = load(server.url, wanted, jar, SECONDS)
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
