"""Ways that events take: a signed request (webhook), or a file in a folder."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ssl
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ..domain.outbox import Delivery, MailState, Reason
from .durable_file import sync_folder, write_durably

SIGNATURE = "X-Patient-Share-Signature"


@dataclass(frozen=True)
class Webhook:
    """Posts JSON, signed with HMAC-SHA-256; redirects are not followed, no proxy is asked. `timeout` in seconds."""

    url: str
    secret: bytes = field(repr=False)
    now: Callable[[], float]
    timeout: float = 20
    ca_file: str = ""

    def carry(self, entry_id: str, body: bytes) -> Delivery:
        """Try once; any 2xx is an acceptance."""
        at = str(int(self.now()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "orthanc-patient-share",
            "X-Patient-Share-Event": entry_id,
            SIGNATURE: f"t={at},v1={signature(self.secret, at, body)}",
        }
        try:
            with closing(self._connection()) as connection:
                parts = urlsplit(self.url)
                path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                connection.request("POST", path, body, headers)
                status = connection.getresponse().status
        except ssl.SSLCertVerificationError:
            return Delivery(MailState.WAITING, Reason.CERTIFICATE)
        except TimeoutError:
            return Delivery(MailState.WAITING, Reason.TIMEOUT)
        except (OSError, http.client.HTTPException, ValueError):
            return Delivery(MailState.WAITING, Reason.UNREACHABLE)
        if 200 <= status < 300:
            return Delivery(MailState.SENT, reply=status)
        return Delivery(MailState.WAITING, Reason.REFUSED, status)

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self.timeout)
        context = ssl.create_default_context(cafile=self.ca_file or None)
        return http.client.HTTPSConnection(host, port, timeout=self.timeout, context=context)


def signature(secret: bytes, at: str, body: bytes) -> str:
    """HMAC-SHA-256 of `at.body`, hexadecimal; the time lets receivers refuse what was recorded and sent again."""
    return hmac.new(secret, at.encode("ascii") + b"." + body, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class FileDrop:
    """Writes one file per event; it appears under its final name only when it is whole."""

    folder: Path

    def carry(self, entry_id: str, body: bytes) -> Delivery:
        """Try once. An event that was written before is written over."""
        hidden, final = self.folder / f".{entry_id}.tmp", self.folder / f"{entry_id}.json"
        try:
            write_durably(hidden, body + b"\n", 0o600)
            hidden.replace(final)
            sync_folder(self.folder)
        except OSError:
            return Delivery(MailState.WAITING, Reason.UNREACHABLE)
        return Delivery(MailState.SENT)
