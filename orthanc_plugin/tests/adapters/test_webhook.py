"""The webhook against a real HTTP server; TLS is tested with a real Orthanc."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from orthanc_plugin.adapters.event_carriers import SIGNATURE, Webhook, signature
from orthanc_plugin.domain.outbox import Delivery, MailState, Reason
from orthanc_plugin.settings import SettingsError, parse_settings

SECRET = b"a secret of both sides"


class Receiver(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 204
        self.taken: list[tuple[str, dict[str, str], bytes]] = []


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(10)


def hook(port: int, path: str = "/hook?a=b") -> Webhook:
    return Webhook(f"http://127.0.0.1:{port}{path}", SECRET, lambda: 1000.5, timeout=5)


def test_the_receiver_can_tell_who_called_and_when(receiver: Receiver) -> None:
    assert hook(receiver.server_port).carry("e1", b'{"id": "e1"}') == Delivery(MailState.SENT, reply=204)
    [(path, headers, body)] = receiver.taken
    assert (path, body, headers["Content-Type"]) == ("/hook?a=b", b'{"id": "e1"}', "application/json")
    assert headers[SIGNATURE] == f"t=1000,v1={signature(SECRET, '1000', body)}"
    # Of an independent implementation: printf '1000.{"id": "e1"}' | openssl dgst -sha256 -hmac "$SECRET"
    assert headers[SIGNATURE].endswith(INDEPENDENT)


INDEPENDENT = "0ba05c9f60f627f13c878b394abfa7af791b5ed6483ddf849ced242c9b132a5e"


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 410, 429, 500, 503])
def test_what_is_not_accepted_is_tried_again_and_no_redirect_is_followed(receiver: Receiver, status: int) -> None:
    receiver.status = status
    assert hook(receiver.server_port).carry("e1", b"{}") == Delivery(MailState.WAITING, Reason.REFUSED, status)
    assert len(receiver.taken) == 1


def test_nobody_there_and_nobody_answering() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        slow = Webhook(f"http://127.0.0.1:{port}/", SECRET, lambda: 0, timeout=0.2)
        assert slow.carry("e", b"{}") == Delivery(MailState.WAITING, Reason.TIMEOUT)
    assert hook(port).carry("e", b"{}") == Delivery(MailState.WAITING, Reason.UNREACHABLE)


@pytest.mark.parametrize(
    ("events", "word"),
    [
        ({"WebhookUrl": "http://ris.example/", "SecretFile": "/s"}, "https"),
        ({"WebhookUrl": "ftp://ris.example/", "SecretFile": "/s"}, "WebhookUrl"),
        ({"WebhookUrl": "https://u:p@ris.example/", "SecretFile": "/s"}, "WebhookUrl"),
        ({"WebhookUrl": "https://ris.example/a b", "SecretFile": "/s"}, "WebhookUrl"),
        ({"WebhookUrl": "https://ris.example/"}, "SecretFile"),
        ({"WebhookUrl": "/hook", "SecretFile": "/s"}, "WebhookUrl"),
    ],
)
def test_settings_that_cannot_be_used_are_named(events: dict[str, str], word: str) -> None:
    section = {"PublicUrl": "https://p.example", "KeyFile": "/k", "Practice": {"Name": "P"}, "Events": events}
    with pytest.raises(SettingsError, match=word):
        parse_settings({"PatientShare": section})
