"""The process beside Orthanc that lays out letters: what becomes of it, and of those who wait for it."""

from __future__ import annotations

import io
import json
import logging
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orthanc_plugin.adapters import pdf_letters
from orthanc_plugin.adapters.pdf_letters import PdfLetters, interpreter
from orthanc_plugin.domain.errors import Busy, Unavailable
from orthanc_plugin.handout import pdf_worker
from orthanc_plugin.handout.pdf_worker import LENGTH

# Answers with what it was given and its own number; pages with these words are special.
WORKER = """
import json, os, struct, sys, time
length = struct.Struct(">I")
while head := sys.stdin.buffer.read(4):
    pages = json.loads(sys.stdin.buffer.read(length.unpack(head)[0]))
    if "die" in pages: os._exit(3)
    if "hang" in pages: time.sleep(60)
    fault = "fault" in pages
    made = b"KeyError" if fault else json.dumps([os.getpid(), sorted(os.environ), pages]).encode()
    if "long" in pages: made = b"x" * 300000
    size = 1 << 31 if "lie" in pages else len(made)
    sys.stdout.buffer.write(bytes([fault]) + length.pack(size) + made); sys.stdout.buffer.flush()
"""


class Desk:
    """Letters, with what was reported."""

    def __init__(self, script: Path) -> None:
        self.reported: list[str] = []
        self.letters = PdfLetters(self.reported.append, [sys.executable, str(script)])

    def made(self, *pages: str) -> tuple[int, list[str], list[str]]:
        number, environment, given = json.loads(self.letters(pages))
        return number, environment, given


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    one = Desk(script)
    yield one
    one.letters.stop()


def test_one_process_makes_all_letters_and_gets_nothing_of_our_environment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "secret")
    first, environment, given = desk.made("<p>Ä</p>")
    second, *_ = desk.made("b", "c")
    assert first == second != os.getpid()
    assert given == ["<p>Ä</p>"]
    assert "PGPASSWORD" not in environment


@pytest.mark.parametrize("page", ["die", "lie"])
def test_a_process_that_fails_is_replaced(desk: Desk, page: str) -> None:
    first, *_ = desk.made("a")
    with pytest.raises(Unavailable):
        desk.letters([page])
    assert desk.made("b")[0] != first
    assert len(desk.reported) == 1 and page not in desk.reported[0].split()


def test_a_process_that_hangs_is_replaced(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_letters, "_START_SECONDS", 0.3)
    monkeypatch.setattr(pdf_letters, "_LETTER_SECONDS", 0.0)
    with pytest.raises(Unavailable):
        desk.letters(["hang"])
    monkeypatch.undo()
    assert desk.made("b")[2] == ["b"]


def test_a_process_that_ended_meanwhile_is_replaced(desk: Desk) -> None:
    number, *_ = desk.made("a")
    os.kill(number, 9)
    assert desk.letters._process is not None
    desk.letters._process.wait()
    assert desk.made("b")[0] != number


def test_a_process_that_is_just_dying_costs_nobody_a_letter(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number, *_ = desk.made("one")
    process = desk.letters._process
    assert process is not None
    process.kill()
    process.wait()
    # What the system says of it for some milliseconds after the signal.
    monkeypatch.setattr(process, "poll", lambda: None)
    assert desk.made("two")[0] != number
    assert desk.reported == []


def test_a_letter_that_cannot_be_made_leaves_the_process_alone(desk: Desk) -> None:
    first, *_ = desk.made("a")
    with pytest.raises(Unavailable):
        desk.letters(["fault"])
    assert desk.made("b")[0] == first
    assert desk.reported == ["no PDF was made: KeyError (docs/letters.md)"]


def test_a_long_document_arrives_whole(desk: Desk) -> None:
    assert desk.letters(["long"]) == b"x" * 300000


def test_a_process_is_replaced_after_many_letters(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_letters, "_LETTERS_PER_PROCESS", 3)
    first, second, third = desk.made("a")[0], desk.made("b", "c")[0], desk.made("d")[0]
    assert first == second != third


def test_who_waits_too_long_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_letters, "_PATIENCE_SECONDS", 0.01)
    with desk.letters._lock, pytest.raises(Busy):
        desk.letters(["a"])
    assert desk.made("a")


def test_no_such_program_is_a_fault_that_is_reported(tmp_path: Path) -> None:
    reported: list[str] = []
    with pytest.raises(Unavailable):
        PdfLetters(reported.append, [str(tmp_path / "nothing")])(["a"])
    assert reported == ["no PDF was made: FileNotFoundError; the next one is tried anew"]


def test_the_interpreter_is_this_python_and_not_orthanc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/usr/sbin/Orthanc")
    assert Path(interpreter()).name.startswith("python3")
    monkeypatch.setattr(sys, "base_exec_prefix", "/nowhere")
    assert interpreter() == "python3"


def test_the_worker_answers_until_its_input_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    requests = b"".join(LENGTH.pack(len(text)) + text for text in (b'["a"]', b"nonsense", b'["b", "c"]'))
    given, answers = io.BytesIO(requests), io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(given))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(answers))
    for owner, name in ((os, "nice"), (resource, "setrlimit"), (logging, "disable")):
        monkeypatch.setattr(owner, name, lambda *_: None)
    monkeypatch.setattr(pdf_worker, "as_pdf", lambda pages: "+".join(pages).encode())
    pdf_worker.main()
    assert answers.getvalue() == (
        b"\0\0\0\0\1a" + b"\1" + LENGTH.pack(len("JSONDecodeError")) + b"JSONDecodeError" + b"\0\0\0\0\3b+c"
    )
