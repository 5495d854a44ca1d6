"""The mailer against a mail server that misbehaves at a chosen word; TLS and login are tested on a real one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import BinaryIO

import pytest

from orthanc_plugin.adapters.mailer import SmtpMailer
from orthanc_plugin.domain.outbox import Delivery, MailState, Reason

MESSAGE = b"Subject: x\n\n.dot\nend\n"
TO = "erika@example.org"


class Server:
    """Answers each command from a table; "drop" hangs up, "wait" says nothing. Keeps what it has accepted."""

    def __init__(self, **answers: str) -> None:
        self.answers = {"GREETING": "220 ready", "MESSAGE": "250 taken"} | answers
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.accepted: list[bytes] = []
        self.commands: list[str] = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with connection, suppress(OSError), connection.makefile("rb") as file:
                    self._talk(connection, file)

    def _answer(self, connection: socket.socket, word: str, usual: str) -> bool:
        answer = self.answers.get(word, usual)
        if answer == "wait":
            self.ended.wait(10)
        if answer in ("wait", "drop"):
            return False
        connection.sendall(answer.encode() + b"\r\n")
        return True

    def _talk(self, connection: socket.socket, file: BinaryIO) -> None:
        if not self._answer(connection, "GREETING", ""):
            return
        while line := file.readline():
            word = line.split(b":")[0].split()[0].decode().upper()
            self.commands.append(word)
            if word == "DATA" and "IN_DATA" in self.answers:
                connection.sendall(b"354 go\r\n")
                file.readline()
                return
            usual = "354 go" if word == "DATA" else "250 fine"
            if not self._answer(connection, word, usual):
                return
            if word == "DATA" and self.answers.get("DATA", "354 go").startswith("354"):
                lines = list(iter(file.readline, b".\r\n"))
                if self.answers["MESSAGE"].startswith(("250", "drop after")):
                    self.accepted.append(b"".join(lines))
                if self.answers["MESSAGE"] == "drop after":
                    return
                if not self._answer(connection, "MESSAGE", ""):
                    return

    def close(self) -> None:
        self.ended.set()
        # Wakes the thread that waits for the next connection.
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def start(**answers: str) -> Server:
        made.append(Server(**answers))
        return made[-1]

    yield start
    for server in made:
        server.close()


def send(server: Server, begin: Callable[[], bool] = lambda: True, timeout: float = 5) -> Delivery:
    return SmtpMailer("127.0.0.1", server.port, "none", "praxis@p.example", timeout=timeout).send(TO, MESSAGE, begin)


def test_a_message_is_handed_over_whole(serve: Callable[..., Server]) -> None:
    server = serve()
    assert send(server) == Delivery(MailState.SENT, Reason.NONE, 250)
    assert server.accepted == [b"Subject: x\r\n\r\n..dot\r\nend\r\n"]
    assert server.commands[:4] == ["EHLO", "MAIL", "RCPT", "DATA"]


@pytest.mark.parametrize(
    ("answers", "state", "reason", "reply"),
    [
        ({"GREETING": "554 go away"}, MailState.WAITING, Reason.BUSY, 554),
        ({"GREETING": "drop"}, MailState.WAITING, Reason.CONNECTION_LOST, 0),
        ({"MAIL": "451 later"}, MailState.WAITING, Reason.BUSY, 451),
        ({"MAIL": "530 log in first"}, MailState.REFUSED, Reason.REFUSED, 530),
        ({"RCPT": "451 greylisted"}, MailState.WAITING, Reason.BUSY, 451),
        ({"RCPT": "550 unknown"}, MailState.REFUSED, Reason.UNKNOWN_RECIPIENT, 550),
        ({"RCPT": "554 no"}, MailState.REFUSED, Reason.REFUSED, 554),
        ({"RCPT": "drop"}, MailState.WAITING, Reason.CONNECTION_LOST, 0),
        ({"DATA": "452 full"}, MailState.WAITING, Reason.BUSY, 452),
        ({"DATA": "drop"}, MailState.WAITING, Reason.CONNECTION_LOST, 0),
        ({"IN_DATA": "drop"}, MailState.WAITING, Reason.CONNECTION_LOST, 0),
        ({"MESSAGE": "451 later"}, MailState.WAITING, Reason.BUSY, 451),
        ({"MESSAGE": "552 too large"}, MailState.REFUSED, Reason.REFUSED, 552),
        ({"MESSAGE": "drop"}, MailState.UNCLEAR, Reason.ANSWER_LOST, 0),
        ({"MESSAGE": "drop after"}, MailState.UNCLEAR, Reason.ANSWER_LOST, 0),
    ],
    ids=str,
)
def test_each_end_of_the_dialogue_is_told_apart(
    serve: Callable[..., Server], answers: dict[str, str], state: MailState, reason: Reason, reply: int
) -> None:
    server = serve(**answers)
    assert send(server) == Delivery(state, reason, reply)
    assert len(server.accepted) == (answers.get("MESSAGE") == "drop after")


@pytest.mark.parametrize("word", ["GREETING", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_slow_server_is_waited_for_only_so_long_and_tried_again(serve: Callable[..., Server], word: str) -> None:
    assert send(serve(**{word: "wait"}), timeout=0.3) == Delivery(MailState.WAITING, Reason.TIMEOUT)


def test_a_server_that_is_slow_after_the_message_may_have_taken_it(serve: Callable[..., Server]) -> None:
    assert send(serve(MESSAGE="wait"), timeout=0.3) == Delivery(MailState.UNCLEAR, Reason.ANSWER_LOST)


def test_a_server_that_answers_byte_by_byte_does_not_hold_us_for_ever() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"220 ready\r\n")
                connection.recv(1000)
                while not ended.wait(0.05):
                    connection.sendall(b"2")

    ended = threading.Event()
    dripping = threading.Thread(target=drip, daemon=True)
    dripping.start()
    mailer = SmtpMailer("127.0.0.1", listener.getsockname()[1], "none", "praxis@p.example", timeout=0.4)
    answers: list[Delivery] = []
    sender = threading.Thread(target=lambda: answers.append(mailer.send(TO, MESSAGE, lambda: True)), daemon=True)
    sender.start()
    sender.join(30)
    # As long as the server goes on.
    found = [answer.state for answer in answers]
    ended.set()
    listener.close()
    dripping.join(10)
    assert found == [MailState.WAITING]


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    found = SmtpMailer("127.0.0.1", port, "none", "praxis@p.example", timeout=5).send(TO, MESSAGE, lambda: True)
    assert found == Delivery(MailState.WAITING, Reason.UNREACHABLE)


def test_what_must_not_be_sent_any_more_is_not(serve: Callable[..., Server]) -> None:
    server, asked = serve(), list[Sequence[str]]()

    def begin() -> bool:
        asked.append(list(server.commands))
        return False

    assert send(server, begin).state is MailState.DROPPED
    # Asked when the recipient was accepted, before the message.
    assert asked == [["EHLO", "MAIL", "RCPT"]] and "DATA" not in server.commands and server.accepted == []


def test_begin_is_not_asked_where_the_recipient_is_refused(serve: Callable[..., Server]) -> None:
    def begin() -> bool:
        raise AssertionError

    assert send(serve(RCPT="451 later"), begin).state is MailState.WAITING


def test_a_store_that_fails_before_the_message_ends_the_try(serve: Callable[..., Server]) -> None:
    server = serve()

    def begin() -> bool:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        send(server, begin)
    assert "DATA" not in server.commands


def test_encryption_that_is_not_offered_is_not_done_without(serve: Callable[..., Server]) -> None:
    server = serve()
    found = SmtpMailer("127.0.0.1", server.port, "starttls", "p@p.example", timeout=5).send(TO, MESSAGE, lambda: True)
    assert found == Delivery(MailState.WAITING, Reason.NO_TLS) and "MAIL" not in server.commands


def test_line_breaks_in_a_recipient_reach_no_server(serve: Callable[..., Server]) -> None:
    server = serve()
    mailer = SmtpMailer("127.0.0.1", server.port, "none", "praxis@p.example", timeout=5)
    assert mailer.send("a@b.example>\r\nRCPT TO:<c@d.example", MESSAGE, lambda: True).state is MailState.REFUSED
    assert server.commands == [] and server.accepted == []
