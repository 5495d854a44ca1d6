"""One Orthanc in a container."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from harness.configuration import KEY_FILE, bare, merged, new_key, new_password, shipped
from harness.container import USER_ID, Contained, Exit, File, ServerDied, free_port
from harness.engine import CLONE, LABEL, client

__all__ = ["KEY_FILE", "USER_ID", "Exit", "File", "OrthancServer", "ServerDied", "refused_start"]
DATA = "/var/lib/orthanc"


@dataclass
class OrthancServer(Contained):
    """An Orthanc with the plugin (or without it), published on the loopback interface only.

    `configuration` is laid over the project's orthanc.json; `files` are absolute paths in the container.
    Without `volume` the data goes with the container. On a `network` it is reached by other containers as `name`.
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
    network: str | None = None

    def __post_init__(self) -> None:
        self.http_port = self.http_port or free_port()
        self.dicom_port = self.dicom_port or free_port()

    @property
    def url(self) -> str:
        """Where Orthanc answers; also the PublicUrl, unless the configuration says otherwise."""
        return f"http://127.0.0.1:{self.http_port}"

    def effective_configuration(self) -> dict[str, Any]:
        """What Orthanc is started with, less the users."""
        own = merged(shipped(), {"PatientShare": {"PublicUrl": self.url}})
        result = merged(own, self.configuration)
        return result if self.plugin else bare(result)

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
            network=self.network,
        )
        files = {"/etc/orthanc/orthanc.json": File(json.dumps(self.effective_configuration(), indent=2).encode())}
        if self.staff:
            users = json.dumps({"RegisteredUsers": dict(self.staff)}).encode()
            files["/etc/orthanc/users.json"] = File(users, 0o600)
        if self.key is not None:
            files[KEY_FILE] = File(self.key, 0o600)
        self.put({**files, **self.files})

    def _ready(self) -> bool:
        """With the plugin, the portal answers and strangers are refused."""
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

    def health(self) -> Exit:
        """Run the image's own health check, as the engine does where it has timers."""
        return self.execute("healthcheck")

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


def refused_start(image: str, seconds: float = 60, **options: Any) -> Exit:
    """Start a server that is expected to refuse; tells its exit code and log. Fails if it keeps running."""
    server = OrthancServer(image, **options)
    try:
        return server.start().wait_exit(seconds)
    finally:
        server.remove()
