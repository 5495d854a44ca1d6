"""What every container of a test has in common: files laid in before it starts, logs, commands, its end."""

import io
import socket
import tarfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Self

from docker.errors import APIError, NotFound
from docker.models.containers import Container

from harness.engine import HarnessError

USER_ID = 842


class Exit(NamedTuple):
    """How a container or a command ended."""

    code: int
    log: str


class ServerDied(HarnessError):
    """The container ended, or did not become ready in time; the message ends with its log."""


@dataclass(frozen=True)
class File:
    """A file laid into a container; owned by the user that runs Orthanc unless told otherwise."""

    content: bytes
    mode: int = 0o644
    owner: int = USER_ID


def free_port() -> int:
    """A loopback port that nobody uses at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Contained:
    """A program in a container; `create` makes `_container`, `wait_ready` is what `with` waits for."""

    _container: Container | None = None

    def create(self) -> None:
        """Create the container with all its files, not yet running."""
        raise NotImplementedError

    def wait_ready(self, seconds: float = 60) -> Self:
        """Wait until the program serves."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._ready():
                return self
            if not self.running():
                raise ServerDied(f"The container ended with exit code {self.exit_code()}.\n{self._tail()}")
            time.sleep(0.1)
        raise ServerDied(f"The server did not become ready within {seconds:.0f} s.\n{self._tail()}")

    def _ready(self) -> bool:
        raise NotImplementedError

    @property
    def container(self) -> Container:
        """The container behind this server."""
        if self._container is None:
            raise HarnessError("This server has not been started.")
        return self._container

    def start(self) -> Self:
        """Create the container and start it; does not wait for it."""
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

    def fetch(self, path: str) -> bytes:
        """The content of a file; long output of a command can lose its beginning on the way, this cannot."""
        chunks, _ = self.container.get_archive(path)
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
            found = archive.extractfile(archive.getmembers()[0])
            if found is None:
                raise HarnessError(f"{path} is no file.")
            return found.read()

    def wait_exit(self, seconds: float = 60) -> Exit:
        """Wait for the container to end by itself, as it must when a program refuses to start."""
        deadline = time.monotonic() + seconds
        while self.running():
            if time.monotonic() > deadline:
                raise HarnessError(f"The container still runs after {seconds:.0f} s.\n{self._tail()}")
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

    def execute(self, *command: str, user: str = "") -> Exit:
        """Run a command inside the container; answers its exit code and output."""
        result = self.container.exec_run(list(command), user=user)
        output = result.output if isinstance(result.output, bytes) else b"".join(result.output)
        return Exit(int(result.exit_code or 0), output.decode(errors="replace").strip())

    def stop(self, seconds: int = 20) -> Exit:
        """Stop the program in order; tells how it ended."""
        self.container.stop(timeout=seconds)
        return Exit(self.exit_code(), self.logs())

    def kill(self) -> None:
        """End the program as a power failure would."""
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
