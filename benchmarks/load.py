"""Load from wrk (https://github.com/wg/wrk) against one server on the loopback interface."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).parent / "wrk.lua"


@dataclass(frozen=True)
class Result:
    """What one round measured; latencies in milliseconds."""

    per_second: float
    megabytes_per_second: float
    p50_ms: float
    p99_ms: float


def load(url: str, paths: list[str], headers: list[str], seconds: int, connections: int = 8) -> Result:
    """Ask for the paths in turn for some seconds; RuntimeError if any answer was not the file."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(paths) + "\n")
        file.flush()
        command = [
            "wrk",
            "-t",
            "1",
            "-c",
            str(connections),
            "-d",
            f"{seconds}s",
            "-s",
            str(SCRIPT),
            url,
            "--",
            file.name,
        ]
        done = subprocess.run([*command, *headers], check=True, capture_output=True, text=True)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    if found["refused"] or found["broken"]:
        raise RuntimeError(f"{found['refused']} answers were refusals, {found['broken']} connections broke")
    return Result(
        found["requests"] / found["seconds"],
        found["bytes"] / found["seconds"] / 1e6,
        found["p50_ms"],
        found["p99_ms"],
    )
