"""Create a share once, however often the request arrives: clients repeat what they got no answer to."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..domain.errors import InvalidInput, KeyReused
from ..domain.share import Share
from ..ports import Clock, KnownRequest, RequestIndex, RequestRepository, ShareRepository
from .create_share import CreateShare, NewShare, ShareOrder

LONGEST_KEY = 255
# How long a key is remembered at least, in seconds.
KEEP_SECONDS = 2 * 24 * 3600
_KEY = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")


class _Taken(Exception):
    """Another request with the same key was faster."""


@dataclass(frozen=True)
class CreateOnce:
    """Remembers the request in the transaction that files the share."""

    create: CreateShare
    requests: RequestRepository
    index: RequestIndex
    shares: ShareRepository
    clock: Clock

    def __call__(
        self, key: str | None, body: str, order: ShareOrder, along: Callable[[NewShare], None]
    ) -> NewShare | Share:
        """Answer the new share, or, without its credentials, the one that the first request has made.

        `body` is the request in a form that is the same for the same wishes. Raises what CreateShare raises, and
        KeyReused where the key stands for another request.
        """
        if key is None:
            return self.create(order, along)
        if not _KEY.fullmatch(key):
            raise InvalidInput("Idempotency-Key", f"must be 1 to {LONGEST_KEY} printable ASCII characters")
        # Users do not meet in their choice of keys.
        keys = self.index.request_candidates(f"key\n{order.user}\n{key}")
        bodies = self.index.request_candidates(f"body\n{body}")
        known = self._known(keys, bodies)
        if known is not None:
            return known

        def remember(new: NewShare) -> None:
            now = int(self.clock.now())
            self.requests.purge(now - KEEP_SECONDS)
            if not self.requests.add(KnownRequest(keys[0], bodies[0], new.share.id), now):
                raise _Taken
            along(new)

        try:
            return self.create(order, remember)
        except _Taken:
            known = self._known(keys, bodies)
            if known is None:
                # Made, and its key forgotten or its share deleted, within this moment.
                raise KeyReused(deleted=True) from None
            return known

    def _known(self, keys: Sequence[str], bodies: Sequence[str]) -> Share | None:
        found = self.requests.find(keys)
        if found is None:
            return None
        if found.body != bodies[keys.index(found.key)]:
            raise KeyReused
        share = self.shares.get(found.share_id)
        if share is None:
            raise KeyReused(deleted=True)
        return share
