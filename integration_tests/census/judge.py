"""What an answer means: which of them are expected, and which are findings."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from .marks import Marks, forbidden
from .plan import Ask
from .table import RouteClass
from .wire import Answer

_MOST_REMEMBERED = 3000
_MOST_FINDINGS = 200
# What the HTTP server inside Orthanc says by itself, before anybody is asked: no answer, bad request, too long.
_BY_THE_SERVER = frozenset({0, 400, 405, 411, 413, 414, 417, 431, 501, 505})
# A path that is not UTF-8 cannot be handed to the gate; Orthanc then refuses in its place.
_NOT_ASKED = b"Error encountered within the plugin engine"
_ORDINARY = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS")
_OPEN = (RouteClass.VIEWER_FILE, RouteClass.VIEWER_DATA)


@dataclass
class Judge:
    """Counts answers and keeps findings. `known` holds for each person the answers that the table opens to them."""

    marks: Marks
    known: Mapping[str, set[bytes]]
    counts: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    seen_by_staff: Counter[str] = field(default_factory=Counter)
    staff_refused: list[str] = field(default_factory=list)
    _searched: OrderedDict[bytes, set[tuple[str, str]]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, ask: Ask, answer: Answer) -> None:
        """Judge one answer."""
        hits = self._hits(answer)
        leaked = {hit for hit in forbidden(hits, ask.person.allowed) if not _echoed(hit[1], ask)}
        verdict = self._verdict(ask, answer)
        with self._lock:
            self.counts[ask.route_class.value, ask.person.name, answer.status] += 1
            self.verdicts[verdict.partition(":")[0]] += 1
            self.kinds[ask.kind] += 1
            if ask.person.allowed is None:
                self.seen_by_staff.update({owner for owner, _ in hits})
                if answer.status in (0, 401, 403) and not ask.route_class.value.startswith("own_rec"):
                    self.staff_refused.append(f"staff refused: {ask.told()} -> {answer.status}")
            if leaked and len(self.leaks) < _MOST_FINDINGS:
                owners, words = sorted({owner for owner, _ in leaked}), sorted({word for _, word in leaked}, key=len)
                self.leaks.append(f"{ask.told()} -> {answer.status}, holds of {', '.join(owners)}: {words[:3]}")
            if verdict.startswith("finding") and len(self.findings) < _MOST_FINDINGS:
                self.findings.append(f"{verdict}: {ask.told()} -> {answer.status} {answer.body[:80]!r}")

    def _hits(self, answer: Answer) -> set[tuple[str, str]]:
        head = "\n".join(f"{name}: {value}" for name, value in answer.headers).encode("latin-1", "replace")
        found = self.marks.found(head)
        if not answer.body:
            return found
        key = digest(answer)
        with self._lock:
            remembered = self._searched.get(key)
        if remembered is None:
            remembered = self.marks.found(answer.body, answer.header("content-type"), answer.header("content-encoding"))
            with self._lock:
                self._searched[key] = remembered
                while len(self._searched) > _MOST_REMEMBERED:
                    self._searched.popitem(last=False)
        return found | remembered

    def _verdict(self, ask: Ask, answer: Answer) -> str:
        if ask.person.allowed is None:
            return "staff"
        if is_own(answer):
            return self._own(ask, answer)
        if answer.status == 0 and ask.route_class.own and ask.method in _ORDINARY and ask.plain:
            return "finding: no answer"
        if answer.status == 403 and not answer.body:
            return "refused"
        if answer.status in _BY_THE_SERVER and not answer.header("x-content-type-options"):
            return "refused by the HTTP server"
        if answer.status == 400 and not answer.body and _odd_method(ask):
            return "refused by the HTTP server"
        if answer.status == 500 and _NOT_ASKED in answer.body and _no_text(ask.target):
            return "refused, for the path is no text"
        if digest(answer) in self.known.get(ask.person.name, ()):
            return "open by the table"
        if self._nothing_there(ask, answer):
            return "nothing there"
        return "finding: passed the gate"

    def _nothing_there(self, ask: Ask, answer: Answer) -> bool:
        """Plugins answer 404 to HEAD and its like, and a viewer's folder to a file that it does not hold."""
        open_to_them = ask.route_class.own or (ask.route_class in _OPEN and ask.person.included)
        by_method = ask.method not in ("GET", "POST", "PUT", "DELETE") and not answer.body
        in_folder = ask.route_class is RouteClass.VIEWER_FILE and bool(ask.person.included)
        return answer.status == 404 and ((open_to_them and by_method) or in_folder)

    def _own(self, ask: Ask, answer: Answer) -> str:
        status = int(answer.header("x-answer-status") or answer.status)
        if status >= 500 and status != 503:
            return "finding: a fault of the product"
        if status >= 300 or not ask.plain:
            return "own answer"
        if ask.route_class is RouteClass.OWN_EVERYBODY or (
            ask.route_class is RouteClass.OWN_RECIPIENT and ask.person.included
        ):
            return "own answer"
        return "finding: an own route that is not for them"


def digest(answer: Answer) -> bytes:
    """Answers of equal status, type and content are the same answer."""
    kind = answer.header("content-type").partition(";")[0]
    return hashlib.sha256(b"%d\0%s\0%s" % (answer.status, kind.encode("latin-1", "replace"), answer.body)).digest()


def _odd_method(ask: Ask) -> bool:
    """Orthanc refuses a method that it does not know, or cannot put in place of another, before it asks the gate."""
    overridden = "method=" in ask.target.lower() or any("override" in name.lower() for name, _ in ask.headers)
    return overridden or ask.method not in _ORDINARY


def _no_text(target: str) -> bool:
    try:
        unquote_to_bytes(target.partition("?")[0]).decode()
    except UnicodeDecodeError:
        return True
    return False


def is_own(answer: Answer) -> bool:
    """Whether the product has answered itself: Orthanc sends none of these headers."""
    return bool(answer.header("x-robots-tag") and answer.header("content-security-policy"))


def _echoed(mark: str, ask: Ask) -> bool:
    """What the request itself held may come back, for example in a form."""
    sent = f"{ask.target}\n{ask.headers}\n".encode("latin-1", "replace") + ask.body
    return mark.encode() in sent.lower()
