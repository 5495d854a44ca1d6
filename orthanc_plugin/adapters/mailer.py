"""Hands messages to the practice's mail server (SMTP, RFC 5321), encrypted and with the certificate verified."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from ..domain.email_address import EmailAddress
from ..domain.errors import InvalidInput
from ..domain.outbox import Delivery, MailState, Reason

# A try as a whole may take so many times as long as one of its steps.
WHOLE = 2
_END = b"\r\n.\r\n"
# Replies to RCPT TO that speak of the mailbox (RFC 5321 section 4.2.3).
_MAILBOX = frozenset({550, 551, 552, 553})


@dataclass(frozen=True)
class SmtpMailer:
    """Mailer on smtplib. `security` is starttls, tls or none; `timeout` is for one step of a try, in seconds."""

    host: str
    port: int
    security: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    timeout: float = 120

    def send(self, recipient: str, message: bytes, begin: Callable[[], bool]) -> Delivery:
        """Try once. `begin` is asked when the server has accepted the recipient, right before the message."""
        try:
            # smtplib would rather send to a part of a malformed address than refuse it.
            address = EmailAddress.parse(recipient).text
        except InvalidInput:
            return Delivery(MailState.REFUSED, Reason.UNKNOWN_RECIPIENT)
        try:
            with self._connection() as server:
                return self._offer(server, address, message, begin)
        except (OSError, UnicodeError, ValueError) as fault:
            return _failed(fault)

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        context = ssl.create_default_context(cafile=self.ca_file or None)
        # Of the sender's domain: the name of this machine is nobody's business.
        name = self.sender.rpartition("@")[2]
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, name, timeout=self.timeout, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, name, timeout=self.timeout)
        # A server that answers byte by byte keeps each single wait short: this ends the whole of them.
        watch = threading.Timer(WHOLE * self.timeout, _cut, (server,))
        watch.daemon = True
        watch.start()
        try:
            if self.security == "starttls":
                server.starttls(context=context)
            server.ehlo_or_helo_if_needed()
            if self.user:
                server.login(self.user, self.password)
            yield server
        finally:
            watch.cancel()
            server.close()

    def _offer(self, server: smtplib.SMTP, recipient: str, message: bytes, begin: Callable[[], bool]) -> Delivery:
        code, _ = server.mail(self.sender)
        if code != 250:
            return _answered(code, Reason.REFUSED)
        code, _ = server.rcpt(recipient)
        if code not in (250, 251):
            return _answered(code, Reason.UNKNOWN_RECIPIENT if code in _MAILBOX else Reason.REFUSED)
        if not begin():
            return Delivery(MailState.DROPPED, Reason.SHARE_CLOSED)
        code, _ = server.docmd("DATA")
        if code != 354:
            return _answered(code, Reason.REFUSED)
        server.send(_dotted(message))
        if _hung_up(server):
            # Before the end of the message no server may take it (RFC 5321 section 4.1.1.4): this can be repeated.
            raise smtplib.SMTPServerDisconnected("before the end of the message")
        return self._finish(server)

    def _finish(self, server: smtplib.SMTP) -> Delivery:
        """From here on the server may have taken the message, whatever we hear of it."""
        try:
            server.send(_END)
            code, _ = server.getreply()
        except (OSError, smtplib.SMTPException):
            return Delivery(MailState.UNCLEAR, Reason.ANSWER_LOST)
        if code == 250:
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            return Delivery(MailState.SENT, reply=code)
        return _answered(code, Reason.REFUSED)


def _failed(fault: Exception) -> Delivery:
    """Why a try ended before the message was handed over: it can be repeated."""
    match fault:
        case ssl.SSLCertVerificationError():
            return _later(Reason.CERTIFICATE)
        case ssl.SSLError() | smtplib.SMTPNotSupportedError():
            return _later(Reason.NO_TLS)
        case smtplib.SMTPAuthenticationError():
            return _later(Reason.LOGIN, fault.smtp_code)
        case smtplib.SMTPResponseException():
            return _later(Reason.BUSY, fault.smtp_code)
        case smtplib.SMTPServerDisconnected():
            # smtplib wraps what it met.
            return _later(Reason.TIMEOUT if isinstance(fault.__context__, TimeoutError) else Reason.CONNECTION_LOST)
        case TimeoutError():
            return _later(Reason.TIMEOUT)
        case ConnectionResetError() | BrokenPipeError():
            return _later(Reason.CONNECTION_LOST)
        case UnicodeError():
            return _later(Reason.LOGIN)
        case _:
            return _later(Reason.UNREACHABLE)


def _answered(code: int, permanent: Reason) -> Delivery:
    """A reply other than the one hoped for: 5yz is for good, everything else for the time being."""
    if 500 <= code < 600:
        return Delivery(MailState.REFUSED, permanent, code)
    if code == 421 or 400 <= code < 500:
        return _later(Reason.BUSY, code)
    return _later(Reason.CONNECTION_LOST)


def _later(reason: Reason, reply: int = 0) -> Delivery:
    return Delivery(MailState.WAITING, reason, reply if 0 < reply < 1000 else 0)


def _dotted(message: bytes) -> bytes:
    """Lines end with CR LF, and a dot at the beginning of a line is doubled (RFC 5321 section 4.5.2)."""
    lines = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n").split(b"\n")
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)


def _hung_up(server: smtplib.SMTP) -> bool:
    """Whether the server has said something, or its last word, in the middle of the message."""
    assert server.sock is not None  # noqa: S101 - connected
    before = server.sock.gettimeout()
    server.sock.settimeout(0.05)
    try:
        # Nothing is due before the end of the message: an end of file, a reset or an early reply all mean no.
        server.sock.recv(1)
    except (TimeoutError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    finally:
        server.sock.settimeout(before)
    return True


def _cut(server: smtplib.SMTP) -> None:
    with suppress(OSError, AttributeError):
        server.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
