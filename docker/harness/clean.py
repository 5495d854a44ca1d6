"""What `make clean` does: removes containers, volumes and images of this clone and nothing else."""

import sys

from docker.errors import APIError, NotFound

from harness.engine import CLONE, LABEL, HarnessError, client, say


def clean() -> None:
    """Remove everything the project has made in the engine."""
    mine: dict[str, str | list[str] | bool] = {"label": f"{LABEL}={CLONE}"}
    for container in client().containers.list(all=True, filters=mine):
        say(f"Removing container {container.name}")
        container.remove(force=True, v=True)
    for volume in client().volumes.list(filters=mine):
        say(f"Removing volume {volume.name}")
        volume.remove(force=True)
    for network in client().networks.list(filters=mine):
        say(f"Removing network {network.name}")
        network.remove()
    _images()


def _images() -> None:
    for image in client().images.list(name="orthanc-patient-share"):
        for name in image.tags:
            if name.endswith(f"-{CLONE}"):
                say(f"Removing image {name}")
                _remove(name)
    # Layers of former builds, which build on each other: what can be removed changes with every removal. Layers that
    # another clone's image is made of cannot be removed, and stay.
    removed = 1
    while removed:
        layers = client().images.list(all=True, filters={"label": LABEL, "dangling": True})
        removed = sum([_remove(str(layer.id)) for layer in layers])
    for base in client().images.list(filters={"label": f"{LABEL}=base"}):
        for name in base.tags:
            _remove(name)


def _remove(image: str) -> bool:
    try:
        client().images.remove(image)
    except (APIError, NotFound):
        return False
    return True


if __name__ == "__main__":
    try:
        clean()
    except HarnessError as problem:
        sys.exit(str(problem))
