"""The container engine: found or started by docker/engine.sh."""

import hashlib
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import docker

ROOT = Path(__file__).resolve().parents[2]
# Marks everything the project makes (images, containers, volumes), so that `make clean` finds it and nothing else.
LABEL = "org.orthanc-patient-share.project"
# Its value on containers and volumes: two clones on one machine do not touch each other's.
CLONE = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]


class HarnessError(Exception):
    """Something about the surroundings is wrong; the message is for the person at the terminal."""


@cache
def client() -> docker.DockerClient:
    """A client of the engine; starts one if none answers."""
    found = subprocess.run([ROOT / "docker" / "engine.sh"], stdout=subprocess.PIPE, text=True, check=False)
    if found.returncode:
        raise HarnessError("There is no container engine, see above.")
    os.environ["DOCKER_HOST"] = found.stdout.strip()
    return docker.from_env(timeout=120)


def say(message: str) -> None:
    """Progress, for the person who waits."""
    print(message, file=sys.stderr, flush=True)
