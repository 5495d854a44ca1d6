"""One Orthanc in a container."""

import io
import json
import socket
import tarfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple, Self

import requests
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from harness.configuration import KEY_FILE, bare, merged, new_key, new_password, shipped
from harness.engine import CLONE, LABEL, HarnessError, client

USER_ID = 842
DATA = "/var/lib/orthanc"


class ServerDied(HarnessError):
    """The container ended, or did not become ready in time; the message ends with its log."""


class Exit(NamedTuple):
    """How a container ended."""

    code: int
    log: str


@dataclass(frozen=True)
class File:
    """A file laid into the container before it starts; owned by the user that runs Orthanc."""

    content: bytes
    mode: int = 0o644
    owner: int = USER_ID


def free_port() -> int:
    """A loopback port that nobody uses at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class OrthancServer:
    """An Orthanc with the plugin (or without it), published on the loopback interface only.

    `configuration` is laid over the project's orthanc.json; `files` are absolute paths in the container.
    Without `volume` the data goes with the container.
    """

    image: str
    configuration: Mapping[str, Any] = field(default_factory=dict)
    plugin: bool = True
    staff: Mapping[str, str] = field(default_factory=lambda: {"staff": new_password()})
    key: bytes | None = field(default_factory=new_key)
    files: Mapping[str, File] = field(default_factory=dict)
    name: str | None = None
    volume: str | None = None
    http_port: int = 0
    dicom_port: int = 0
    command: list[str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.http_port = self.http_port or free_port()
        self.dicom_port = self.dicom_port or free_port()
        self._container: Container | None = None

    @property
    def url(self) -> str:
        """Where Orthanc answers; also the PublicUrl, unless the configuration says otherwise."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def container(self) -> Container:
        """The container behind this server."""
        if self._container is None:
            raise HarnessError("This server has not been started.")
        return self._container

    def effective_configuration(self) -> dict[str, Any]:
        """What Orthanc is started with, less the users."""
        own = merged(shipped(), {"PatientShare": {"PublicUrl": self.url}})
        result = merged(own, self.configuration)
        return result if self.plugin else bare(result)

    def start(self) -> Self:
        """Create the container and start Orthanc; does not wait for it."""
        self.create()
        try:
            self.container.start()
        except APIError as error:
            raise HarnessError(f"The container could not be started: {error.explanation or error}") from error
        return self

    def adopt(self, container: Container) -> Self:
        """Stand for a container that exists already."""
        self._container = container
        return self

    def create(self) -> None:
        """Create the container with all its files, not yet running."""
        loopback = "127.0.0.1"
        self._container = client().containers.create(
            self.image,
            self.command,
            name=self.name,
            ports={"8042/tcp": (loopback, self.http_port), "4242/tcp": (loopback, self.dicom_port)},
            volumes={self.volume: {"bind": DATA, "mode": "rw"}} if self.volume else {},
            environment=dict(self.environment),
            labels={LABEL: CLONE, **self.labels},
        )
        files = {"/etc/orthanc/orthanc.json": File(json.dumps(self.effective_configuration(), indent=2).encode())}
        if self.staff:
            users = json.dumps({"RegisteredUsers": dict(self.staff)}).encode()
            files["/etc/orthanc/users.json"] = File(users, 0o600)
        if self.key is not None:
            files[KEY_FILE] = File(self.key, 0o600)
        self.put({**files, **self.files})

    def put(self, files: Mapping[str, File]) -> None:
        """Lay files into the container, running or not."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for path, file in files.items():
                entry = tarfile.TarInfo(path.lstrip("/"))
                entry.size, entry.mode = len(file.content), file.mode
                entry.uid = entry.gid = file.owner
                entry.mtime = int(time.time())
                archive.addfile(entry, io.BytesIO(file.content))
        self.container.put_archive("/", buffer.getvalue())

    def wait_ready(self, seconds: float = 60) -> Self:
        """Wait until Orthanc serves: with the plugin, the portal answers and strangers are refused."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._ready():
                return self
            if not self.running():
                raise ServerDied(f"Orthanc ended with exit code {self.exit_code()}.\n{self._tail()}")
            time.sleep(0.1)
        raise ServerDied(f"Orthanc did not become ready within {seconds:.0f} s.\n{self._tail()}")

    def _ready(self) -> bool:
        try:
            system = requests.get(self.url + "/system", timeout=2).status_code
            if not self.plugin:
                return system == 200
            if system not in (401, 403):
                return False
            # An instance for staff alone has no portal, one for patients alone no staff.
            portal = requests.get(self.url + "/portal", timeout=5).status_code
            return portal == 200 or (bool(self.staff) and self.staff_request("GET", "/system").status_code == 200)
        except requests.RequestException:
            return False

    def wait_exit(self, seconds: float = 60) -> Exit:
        """Wait for the container to end by itself, as it must when Orthanc refuses to start."""
        deadline = time.monotonic() + seconds
        while self.running():
            if time.monotonic() > deadline:
                raise HarnessError(f"Orthanc still runs after {seconds:.0f} s.\n{self._tail()}")
            time.sleep(0.1)
        return Exit(self.exit_code(), self.logs())

    def running(self) -> bool:
        """Is the container running?"""
        self.container.reload()
        return bool(self.container.status in {"running", "created", "restarting"})

    def exit_code(self) -> int:
        """Exit code of a container that has ended."""
        self.container.reload()
        return int(self.container.attrs["State"]["ExitCode"])

    def logs(self) -> str:
        """Everything the container has said."""
        return str(self.container.logs().decode(errors="replace"))

    def _tail(self, lines: int = 25) -> str:
        return "\n".join(self.logs().splitlines()[-lines:])

    def health(self) -> Exit:
        """Run the image's own health check, as the engine does where it has timers."""
        return self.execute("healthcheck")

    def execute(self, *command: str, user: str = "") -> Exit:
        """Run a command inside the container; answers its exit code and output."""
        result = self.container.exec_run(list(command), user=user)
        output = result.output if isinstance(result.output, bytes) else b"".join(result.output)
        return Exit(int(result.exit_code or 0), output.decode(errors="replace").strip())

    def request(self, method: str, path: str, *, user: str | None = None, **options: Any) -> requests.Response:
        """One request; `user` names a member of staff, otherwise it is a stranger's. Redirects are not followed."""
        options.setdefault("timeout", 30)
        options.setdefault("allow_redirects", False)
        if user is not None:
            options["auth"] = (user, self.staff[user])
        return requests.request(method, self.url + path, **options)

    def staff_request(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request of the first member of staff."""
        return self.request(method, path, user=next(iter(self.staff)), **options)

    def stop(self, seconds: int = 20) -> Exit:
        """Stop Orthanc in order; tells how it ended."""
        self.container.stop(timeout=seconds)
        return Exit(self.exit_code(), self.logs())

    def kill(self) -> None:
        """End Orthanc as a power failure would."""
        self.container.kill()
        self.container.wait()

    def restart(self, seconds: float = 60) -> Self:
        """Stop, start again with the same data and ports, and wait until it serves."""
        self.stop()
        self.container.start()
        return self.wait_ready(seconds)

    def remove(self) -> None:
        """Remove the container, and its data unless they lie in a named volume."""
        if self._container is not None:
            with suppress(NotFound):
                self._container.remove(force=True, v=True)
            self._container = None

    def __enter__(self) -> Self:
        if self._container is None:
            try:
                self.start().wait_ready()
            except BaseException:
                self.remove()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


def refused_start(image: str, seconds: float = 60, **options: Any) -> Exit:
    """Start a server that is expected to refuse; tells its exit code and log. Fails if it keeps running."""
    server = OrthancServer(image, **options)
    try:
        return server.start().wait_exit(seconds)
    finally:
        server.remove()
