"""A real mail server (aiosmtpd) on the host, with TLS, login, and the faults that mail servers have."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "portal@praxis.example", "a password of the mail server"


@dataclass(frozen=True)
class Authority:
    """A certificate authority of our own, and a certificate for the addresses of this host."""

    ca: bytes
    chain: Path

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain)
        return context


def make_authority(folder: Path, addresses: list[str]) -> Authority:
    now = datetime.datetime.now(datetime.UTC)

    def certificate(name: str, key: Any, issuer: str, issuer_key: Any, *extensions: Any) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            # Clocks of containers may differ a little.
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    ca = certificate(
        "Test CA", ca_key, "Test CA", ca_key, (x509.BasicConstraints(ca=True, path_length=0), True), (usage, True)
    )
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address)) for address in addresses])
    own = certificate("mail server", key, "Test CA", ca_key, (names, False))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = folder / "mail-server.pem"
    chain.write_bytes(private + own)
    return Authority(ca, chain)


class _Protocol(SMTP):
    """The server, with one fault that hooks cannot have: it goes away in the middle of a message."""

    async def smtp_DATA(self, arg: str) -> None:
        if self.envelope is not None and self.event_handler.breaks_in(self.envelope):
            await self.push("354 go on")
            await self._reader.readline()
            assert self.transport is not None
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


@dataclass
class MailServer:
    """Treats recipients by the part of their address before the @; `faults` says how often a fault strikes.

    refused: 550. grey: 451. slow: says nothing for a while. broken: hangs up in the message. lost: takes it, hangs
    up without an answer. hanging: takes it, and says nothing more.
    """

    authority: Authority
    address: str = "127.0.0.1"
    implicit_tls: bool = False
    port: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    messages: list[tuple[str, EmailMessage]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; after a stop on the same port as before."""
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        listener = socket.create_server((self.address, self.port), backlog=20)
        self.port = listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, args=(listener, ready), daemon=True)
        self._thread.start()
        assert ready.wait(30)

    def stop(self) -> None:
        """Be down: no listener, no connection."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(30)

    def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        context = self.authority.context()
        server = self._loop.run_until_complete(
            self._loop.create_server(
                lambda: self._protocol(context), sock=listener, ssl=context if self.implicit_tls else None
            )
        )
        ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.1))
        self._loop.close()

    def _protocol(self, context: ssl.SSLContext) -> SMTP:
        options: dict[str, Any] = {"auth_required": True, "authenticator": self._login, "loop": self._loop}
        if self.implicit_tls:
            options |= {"auth_require_tls": False}
        else:
            options |= {"tls_context": context, "require_starttls": True}
        return _Protocol(self, hostname="mail.test.example", ident="test", **options)

    def _login(self, _server: object, _session: object, _envelope: object, _mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        # Not handled: the answer is left to aiosmtpd.
        return AuthResult(success=right, handled=False)

    def _strikes(self, kind: str, envelope: Envelope, address: str = "") -> bool:
        local = (address or (envelope.rcpt_tos or [""])[0]).partition("@")[0]
        if local != kind or self.faults[kind] <= 0:
            return False
        self.faults[kind] -= 1
        return True

    def breaks_in(self, envelope: Envelope) -> bool:
        return self._strikes("broken", envelope)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.seen[address] += 1
        if self._strikes("refused", envelope, address):
            return "550 5.1.1 no such mailbox"
        if self._strikes("grey", envelope, address):
            return "451 4.7.1 greylisted"
        if self._strikes("slow", envelope, address):
            await asyncio.sleep(60)
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.messages.append((envelope.rcpt_tos[0], message_from_bytes(envelope.content, policy=SMTP_POLICY)))
        if self._strikes("hanging", envelope):
            await asyncio.sleep(600)
        if self._strikes("lost", envelope):
            assert server.transport is not None
            server.transport.abort()
        return "250 taken"

    def to(self, address: str) -> list[EmailMessage]:
        """What was taken for this recipient."""
        return [message for recipient, message in self.messages if recipient == address]


def until(what: Callable[[], object], seconds: float = 60) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
