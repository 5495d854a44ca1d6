"""When "the window is closed": rules for the pages that a browser session has open.

Browsers keep session cookies after a crash or when they "continue where you left off", so that the server itself has
to notice that nobody looks any more. Each open page (document) renews a lease with heartbeats and says farewell when it
goes. A session lives as long as one of its pages has a lease; after the last farewell it lives on for the grace, since
the next page may just be on its way. A farewell ends a page, never the session.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

# More pages of one session than anybody has open.
MOST_PAGES = 50
# 128 random bits, hexadecimal: the page chooses its own identifier, which means nothing outside its session.
_PAGE_ID = re.compile("[0-9a-f]{32}")
LARGEST_SEQUENCE = 2**31 - 1


def is_page_id(text: str) -> bool:
    """Whether `text` has exactly the shape of a page's identifier."""
    return _PAGE_ID.fullmatch(text) is not None


@dataclass(frozen=True)
class Leases:
    """Lengths in seconds: `heartbeat` between two signs of life, the others how long a page counts after its last.

    Browsers slow the timers of hidden pages down, and phones stop them altogether; hence three leases.
    """

    heartbeat: int = 20
    visible: int = 60
    hidden: int = 120
    hidden_phone: int = 300
    grace: int = 15

    def length(self, visible: bool, phone: bool) -> int:
        """The lease of a page."""
        if visible:
            return self.visible
        return self.hidden_phone if phone else self.hidden


@dataclass(frozen=True)
class OpenPage:
    """A page as the store keeps it; `sequence` is that of the newest message that counted.

    Messages overtake each other: an older one than that counts no more. `lease_until` is seconds since 1970-01-01 UTC.
    """

    id: str
    sequence: int
    lease_until: int
    closed: bool = False


def heard(known: OpenPage | None, page_id: str, sequence: int, lease_until: int) -> OpenPage | None:
    """The page after a heartbeat; None where the heartbeat is older than what is known.

    A page that has said farewell and speaks again was kept by the browser and brought back (back/forward cache).
    """
    if known is not None and sequence <= known.sequence:
        return None
    return OpenPage(page_id, sequence, lease_until)


def gone(known: OpenPage | None, sequence: int) -> OpenPage | None:
    """The page after its farewell; None where no such page is open, or the farewell is older than what is known."""
    if known is None or known.closed or sequence <= known.sequence:
        return None
    return replace(known, sequence=sequence, closed=True)


def alive_until(pages: Iterable[OpenPage], now: int, loading_until: int, grace: int) -> int:
    """Until when the session lives if nothing more is heard of it, in seconds since 1970-01-01 UTC.

    `loading_until` stands for a page that was sent and has not spoken yet.
    """
    leases = [page.lease_until for page in pages if not page.closed and page.lease_until > now]
    if loading_until > now:
        leases.append(loading_until)
    return max(leases, default=now + grace)
