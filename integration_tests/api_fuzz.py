"""Schemathesis against the OpenAPI document that a real Orthanc serves: `make api-fuzz` (CASES=500 per operation)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from harness import image
from harness.server import OrthancServer

from .support.studies import make_studies

_API = "/patient-share/api/v1"
_CHECKS = "not_a_server_error,status_code_conformance"


def fuzz(server: OrthancServer, cases: int, folder: Path, seed: int | None = None) -> tuple[int, str]:
    """Send what the document allows and what it does not; answers the exit status of Schemathesis and its report.

    `folder` is for its files. Found is each 5xx (503 is described) and each status that the document does not name.
    """
    user, password = next(iter(server.staff.items()))
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        "run",
        f"{server.url}{_API}/openapi.json",
        f"--url={server.url}{_API}",
        f"--auth={user}:{password}",
        f"--checks={_CHECKS}",
        "--phases=examples,coverage,fuzzing",
        f"--max-examples={cases}",
        "--continue-on-failure",
        "--suppress-health-check=all",
        "--warnings=off",
        "--no-color",
        *([] if seed is None else [f"--seed={seed}"]),
    ]
    environment = {
        **os.environ,
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(Path(__file__).parent),
        "SCHEMATHESIS_HOOKS": "api_fuzz_hooks",
    }
    found = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return found.returncode, found.stdout


def main() -> int:
    """Start an Orthanc, fuzz its API and print the report."""
    folder = Path("build/api-fuzz")
    folder.mkdir(parents=True, exist_ok=True)
    with OrthancServer(image.ensure(sys.argv[1])) as server:
        make_studies(server)
        status, report = fuzz(server, int(sys.argv[2]), folder)
    print(report)
    return status


if __name__ == "__main__":
    sys.exit(main())
