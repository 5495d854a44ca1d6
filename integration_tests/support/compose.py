"""Brings up a compose file through the container engine's API: as much of the format as docker/compose uses."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml
from docker.errors import NotFound
from docker.models.containers import Container
from docker.types import IPAMConfig, IPAMPool

from harness.engine import CLONE, LABEL, ROOT, client

FOLDER = ROOT / "docker" / "compose"
# What a service may say here; anything else would be silently left out.
_KNOWN = {
    "build", "image", "user", "read_only", "cap_drop", "security_opt", "tmpfs", "volumes", "environment", "ports",
    "networks", "depends_on", "restart", "stop_grace_period",
}  # fmt: skip


class Composed:
    """The services of a file, with a practice's folder made by `prepare`; `images` replaces names by what was built."""

    def __init__(self, file: str, images: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self._images, self._environment = images, dict(environment)
        third = secrets.randbelow(200)
        self._environment |= {"SUBNET": f"10.213.{third}.0/28", "STAFF_SUBNET": f"10.213.{third}.16/28"}
        self._mark = f"{CLONE}-{secrets.token_hex(4)}"
        self.practice = Path(tempfile.mkdtemp(prefix="patient-share-practice-"))
        self.practice.chmod(0o755)
        self._file = yaml.safe_load(self._filled((FOLDER / file).read_text()))
        self.containers: dict[str, Container] = {}

    def prepare(self, url: str, name: str, staff: str) -> str:
        """Run the shipped script; answers what it says."""
        environment = {**os.environ, **self._environment, "PRACTICE": str(self.practice)}
        command = ["sh", str(FOLDER / "prepare"), url, name, staff]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    def start(self) -> None:
        """Networks, volumes, then the services in their order."""
        for name, said in self._file["networks"].items():
            pools = [IPAMPool(subnet=pool["subnet"]) for pool in said.get("ipam", {}).get("config", [])]
            client().networks.create(
                self._name(name),
                driver="bridge",
                internal=bool(said.get("internal")),
                ipam=IPAMConfig(pool_configs=pools) if pools else None,
                labels={LABEL: CLONE},
            )
        for name in self._file["volumes"]:
            client().volumes.create(self._name(name), labels={LABEL: CLONE})
        for name, said in self._file["services"].items():
            self.containers[name] = self._created(name, said)
            self.containers[name].start()

    def _created(self, name: str, said: dict[str, Any]) -> Container:
        if unknown := set(said) - _KNOWN:
            raise ValueError(f"{name} says {unknown}")
        first, *others = said["networks"]
        aliases = client().api.create_endpoint_config(aliases=[name])
        made = client().containers.create(
            self._images[said["image"]],
            name=self._name(name),
            hostname=name,
            user=said.get("user"),
            read_only=said["read_only"],
            cap_drop=said["cap_drop"],
            security_opt=[option.replace(":true", "") for option in said["security_opt"]],
            tmpfs=dict(entry.split(":", 1) for entry in said["tmpfs"]),
            volumes=dict(map(self._volume, said.get("volumes", ()))),
            environment=said.get("environment", {}),
            ports=dict(map(_port, said.get("ports", ()))),
            network=self._name(first),
            networking_config={self._name(first): aliases},
            labels={LABEL: CLONE},
        )
        for other in others:
            client().networks.get(self._name(other)).connect(made, aliases=[name])
        return made

    def _volume(self, text: str) -> tuple[str, dict[str, str]]:
        source, target, *mode = text.split(":")
        if source.startswith("./practice/"):
            source = str(self.practice / source.removeprefix("./practice/"))
        else:
            source = self._name(source)
        return source, {"bind": target, "mode": mode[0] if mode else "rw"}

    def _filled(self, text: str) -> str:
        """`${NAME}` and `${NAME:-otherwise}`."""
        return re.sub(r"\$\{(\w+)(?::-([^}]*))?\}", lambda found: self._environment.get(found[1], found[2] or ""), text)

    def _name(self, name: str) -> str:
        return f"patient-share-{name}-{self._mark}"

    def logs(self, service: str) -> str:
        """What a service has said."""
        return str(self.containers[service].logs().decode(errors="replace"))

    def says(self, service: str, script: str) -> str:
        """What a shell script inside a service says; asked again where a part of it was lost on the way."""
        for _ in range(10):
            done = self.containers[service].exec_run(["sh", "-c", f"echo BEGIN; {script}; echo END"])
            found = re.search(r"BEGIN\n(.*)END\n", bytes(done.output or b"").decode(errors="replace"), re.DOTALL)
            if found:
                return found[1].strip()
            time.sleep(0.5)
        raise AssertionError(f"{service} does not say what {script} says")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for container in reversed(self.containers.values()):
            with suppress(NotFound):
                container.remove(force=True, v=True)
        for name in self._file["volumes"]:
            with suppress(NotFound):
                client().volumes.get(self._name(name)).remove(force=True)
        for name in self._file["networks"]:
            _gone(self._name(name))


def _gone(network: str) -> None:
    for _ in range(20):
        try:
            client().networks.get(network).remove()
            return
        except NotFound:
            return
        except Exception:  # noqa: BLE001 - a container that has just gone is still counted for a moment
            time.sleep(0.2)


def _port(text: str) -> tuple[str, tuple[str, int]]:
    address, outside, inside = text.split(":")
    return f"{inside}/tcp", (address, int(outside))
