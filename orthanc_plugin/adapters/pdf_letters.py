"""Letters as PDF, from the process that makes them (handout/pdf_worker.py)."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from ..domain.errors import Busy, Unavailable
from ..handout.pdf_worker import LENGTH

_SCRIPTS = Path(__file__).resolve().parents[1]
_PACKAGE = _SCRIPTS.parent
# A letter takes a tenth of a second; the first one waits for the libraries.
_START_SECONDS = 20.0
_LETTER_SECONDS = 5.0
_PATIENCE_SECONDS = 30.0
# Then a fresh process takes over, so that what it holds does not grow.
_LETTERS_PER_PROCESS = 500
_LONGEST = 64 << 20


class PdfLetters:
    """One process for all; it is started with the first letter, and again when it has died or hung."""

    def __init__(
        self,
        report: Callable[[str], None],
        command: Sequence[str] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._report = report
        self._command = list(command or (interpreter(), "-m", "orthanc_plugin.handout.pdf_worker"))
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0

    def __call__(self, pages: Sequence[str]) -> bytes:
        """One PDF of these letters; raises Busy after a long wait for others, Unavailable where none can be made."""
        if not self._lock.acquire(timeout=_PATIENCE_SECONDS):
            raise Busy
        try:
            return self._asked(pages)
        except OSError as fault:
            self.stop()
            self._report(f"no PDF was made: {type(fault).__name__}; the next one is tried anew")
            raise Unavailable from None
        finally:
            self._lock.release()

    def _asked(self, pages: Sequence[str]) -> bytes:
        known = self._process
        try:
            return self._ask(pages)
        except ConnectionError:
            if known is None or self._process is not known:
                raise
        # It had died while nobody needed it, which shows only now.
        self.stop()
        return self._ask(pages)

    def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            process.wait()

    def _ask(self, pages: Sequence[str]) -> bytes:
        until = self._monotonic() + _START_SECONDS + _LETTER_SECONDS * len(pages)
        requests, answers = self._pipes()
        request = json.dumps(list(pages)).encode("ascii")
        requests.write(LENGTH.pack(len(request)) + request)
        requests.flush()
        head = self._read(answers, 1 + LENGTH.size, until)
        (length,) = LENGTH.unpack(head[1:])
        if length > _LONGEST:
            raise OSError("an answer of that length is none")
        answer = self._read(answers, length, until)
        self._made += len(pages)
        if head[0]:
            # The name of an exception: it quotes nothing.
            self._report(f"no PDF was made: {answer.decode('ascii', 'replace')[:80]} (docs/letters.md)")
            raise Unavailable
        if self._made >= _LETTERS_PER_PROCESS:
            self.stop()
        return answer

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is not None and self._process.poll() is not None:
            self.stop()
        if self._process is None:
            self._made = 0
            self._process = subprocess.Popen(  # noqa: S603 - our own program, and nothing of a request
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                cwd="/",
            )
        if self._process.stdin is None or self._process.stdout is None:
            raise BrokenPipeError
        return self._process.stdin, self._process.stdout

    def _read(self, answers: IO[bytes], length: int, until: float) -> bytes:
        descriptor, pieces, ready = answers.fileno(), bytearray(), select.poll()
        ready.register(descriptor, select.POLLIN)
        while len(pieces) < length:
            waited = max(0.0, until - self._monotonic())
            if not ready.poll(waited * 1000):
                raise TimeoutError
            piece = os.read(descriptor, length - len(pieces))
            if not piece:
                raise ConnectionResetError
            pieces += piece
        return bytes(pieces)


def interpreter() -> str:
    """The Python that this one is: inside Orthanc `sys.executable` names Orthanc."""
    own = Path(sys.base_exec_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    return str(own) if own.exists() else "python3"


def _environment() -> dict[str, str]:
    """Nothing of Orthanc's own, which may hold secrets."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": tempfile.gettempdir(),
        # Orthanc puts the folder of its script into the path: its modules would be found there by other names.
        "PYTHONPATH": os.pathsep.join([str(_PACKAGE), *(path for path in sys.path if path and Path(path) != _SCRIPTS)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
