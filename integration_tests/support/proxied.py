"""The portal behind the shipped reverse proxy, as strangers, patients and staff reach it."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from harness.container import free_port
from harness.network import OwnNetwork, unique_name
from harness.proxy import HOST, ProxyServer, trusting
from harness.server import OrthancServer

from .practice import Practice, Share
from .studies import Studies, make_studies

# The networks that containers and this machine reach one another by.
NEAR = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"]


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: str

    def all(self, name: str) -> list[str]:
        return self.headers.get_all(name) or []

    @property
    def cookies(self) -> dict[str, str]:
        pairs = [line.split(";", 1)[0].partition("=") for line in self.all("Set-Cookie")]
        return {name: value for name, _, value in pairs}


@dataclass
class Proxied:
    """Orthanc, and nginx in front of it."""

    orthanc: OrthancServer
    proxy: ProxyServer
    studies: Studies

    @property
    def practice(self) -> Practice:
        return Practice(self.orthanc)

    def ask(
        self,
        path: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        host: str = HOST,
        body: bytes | None = None,
    ) -> Answer:
        """One request over TLS to a name that the proxy knows, whatever name service this machine has."""
        connection = http.client.HTTPSConnection(host, self.proxy.https_port, timeout=60, context=trusting())
        connection.sock = self.connect(host)
        sent = {"Host": f"{host}:{self.proxy.https_port}", "Connection": "close", **(headers or {})}
        if form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, urlencode(form) if form is not None else body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode(errors="replace"))
        finally:
            connection.close()

    def ask_raw(self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        """The same with a path that goes out as it stands, as no client would spell it."""
        sent = {
            "Host": f"{HOST}:{self.proxy.https_port}",
            "Connection": "close",
            "Content-Length": "0",
            **(headers or {}),
        }
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
        with self.connect() as connection:
            connection.sendall("\r\n".join(lines).encode("latin-1"))
            answer = http.client.HTTPResponse(connection, method=method)
            answer.begin()
            return Answer(answer.status, answer.headers, answer.read().decode(errors="replace"))

    def connect(self, host: str = HOST) -> ssl.SSLSocket:
        raw = socket.create_connection(("127.0.0.1", self.proxy.https_port), timeout=60)
        return trusting().wrap_socket(raw, server_hostname=host)

    def log_in(self, share: Share, password: str = "", headers: Mapping[str, str] | None = None) -> Answer:
        typed = {"code": share.code, "password": password or share.password}
        return self.ask("/portal/login", "POST", headers, typed)


@contextmanager
def proxied(
    orthanc_image: str, helpers_image: str, settings: Mapping[str, object] | None = None, **options: object
) -> Iterator[Proxied]:
    """Start both, the studies stored; `settings` are further ones of the section "PatientShare"."""
    port, name = free_port(), unique_name("orthanc")
    settings = {"PublicUrl": f"https://{HOST}:{port}", "TrustedProxies": NEAR, **(settings or {})}
    with (
        OwnNetwork() as network,
        OrthancServer(orthanc_image, {"PatientShare": settings}, name=name, network=network.name, **options) as orthanc,  # type: ignore[arg-type]
        ProxyServer(helpers_image, network.name, name, https_port=port) as proxy,
    ):
        yield Proxied(orthanc, proxy, make_studies(orthanc))
