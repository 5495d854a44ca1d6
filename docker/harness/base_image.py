"""The Debian base image: at hand, from a registry, or bootstrapped from packages, in this order."""

import os
import subprocess
from pathlib import Path

import docker
from docker.errors import APIError, ImageNotFound

from harness.engine import LABEL, ROOT, HarnessError, client, say

PULL_SILENCE = 20  # seconds without a word from the registry


def reference(suite: str) -> str:
    """Name of the base image of a Debian suite, the same as the official image's."""
    return f"docker.io/library/debian:{suite}-slim"


def ensure(suite: str) -> str:
    """Make the base image available; answers its id."""
    try:
        return str(client().images.get(reference(suite)).id)
    except ImageNotFound:
        pass
    if not _pull(suite):
        _bootstrap(suite)
    return str(client().images.get(reference(suite)).id)


def _pull(suite: str) -> bool:
    say(f"Getting {reference(suite)} ...")
    patient = docker.from_env(timeout=PULL_SILENCE)
    try:
        for message in patient.api.pull("docker.io/library/debian", tag=f"{suite}-slim", stream=True, decode=True):
            if "error" in message:
                say(f"  no registry has it ({str(message['error']).splitlines()[0][:160]})")
                return False
        client().images.get(reference(suite))
    except (APIError, ImageNotFound, OSError) as error:
        say(f"  no registry has it ({str(error).splitlines()[0][:160]})")
        return False
    return True


def _bootstrap(suite: str) -> None:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "orthanc-patient-share"
    tarball = cache / f"debian-{suite}.tar"
    if not tarball.exists():
        say(f"Building {reference(suite)} from Debian's packages instead (half a minute) ...")
        built = subprocess.run([ROOT / "docker" / "debootstrap.sh", suite, tarball], check=False)
        if built.returncode:
            raise HarnessError(f"The base image of Debian {suite} can neither be pulled nor built, see above.")
    # The tag goes with the name: podman's Docker API ignores a tag of its own here.
    client().api.import_image_from_file(str(tarball), repository=reference(suite), changes=[f"LABEL {LABEL}=base"])


if __name__ == "__main__":
    import sys

    for wanted in sys.argv[1:]:
        print(ensure(wanted))
