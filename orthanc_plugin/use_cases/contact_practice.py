"""Take messages from the contact page, and hand them to the practice's mail server."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ..domain.contact import ContactMessage, TooManyMessages
from ..domain.outbox import MailState, RetryRule
from ..ports import Clock, Entropy, Mailer, MessageBox

_HOUR = 3600
_MOST_OF_ONE, _MOST_OF_ALL = 5, 60
_MOST_WAITING = 500
_DAY = 24 * 3600


@dataclass
class TakeMessage:
    """Keep a message, encrypted, until it is delivered. Whoever writes too much is asked to wait."""

    box: MessageBox
    entropy: Entropy
    clock: Clock
    _recent: deque[tuple[float, str]] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, message: ContactMessage, client: str) -> None:
        """`client` is an address of the network, kept in memory for an hour; raises TooManyMessages or Unavailable."""
        now = self.clock.now()
        with self._lock:
            while self._recent and self._recent[0][0] <= now - _HOUR:
                self._recent.popleft()
            of_one = sum(1 for _, other in self._recent if other == client)
            if of_one >= _MOST_OF_ONE or len(self._recent) >= _MOST_OF_ALL:
                raise TooManyMessages
            self._recent.append((now, client))
        if self.box.waiting() >= _MOST_WAITING:
            raise TooManyMessages
        self.box.add(f"{self.entropy.bits(128):032x}", message, int(now))


@dataclass(frozen=True)
class DeliverMessages:
    """One step of delivery. The same message may arrive twice, under the same Message-ID, but never not at all.

    `write` makes the e-mail; `report` says a line to the administrator, without a word of the message.
    """

    box: MessageBox
    mailer: Mailer
    recipient: str
    write: Callable[[str, ContactMessage, float], bytes]
    clock: Clock
    rule: RetryRule
    keep_days: int
    report: Callable[[str], None]

    def __call__(self) -> bool:
        """Try the message that is due longest; False where none is. Raises Unavailable."""
        now = int(self.clock.now())
        dropped = self.box.purge(now - self.keep_days * _DAY)
        if dropped:
            self.report(f"{dropped} messages of the contact page could not be delivered in time and are deleted")
        found = self.box.due(now)
        if found is None:
            return False
        message_id, message, attempts = found
        # Whoever comes meanwhile leaves it alone; after a crash it is tried again.
        self.box.postpone(message_id, attempts + 1, now + self.rule.after(attempts + 1))
        delivery = self.mailer.send(self.recipient, self.write(message_id, message, self.clock.now()), lambda: True)
        if delivery.state is MailState.SENT:
            self.box.remove(message_id)
        elif delivery.state is not MailState.WAITING:
            self.report(f"a message of the contact page was not taken by the mail server: {delivery.reason.value}")
        return True
