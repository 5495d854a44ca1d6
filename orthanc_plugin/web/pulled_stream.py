"""Make the pieces of a streamed body where there is room for it.

Orthanc's HTTP threads have a stack of 100 KB; they only carry the pieces.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from .wsgi_bridge import Response, Stream

_Answer = TypeVar("_Answer")


class Pool(Protocol):
    """adapters/worker_pool.py."""

    def run(self, work: Callable[[], _Answer]) -> _Answer:
        """Run `work` elsewhere and wait for its answer; raises Busy when the queue is full."""
        ...


def pulled(response: Response, pool: Pool) -> Response:
    """The response with the pieces of its stream, if it has one, made by `pool`."""
    if response.stream is None:
        return response
    return dataclasses.replace(response, stream=Stream(response.stream.length, _pieces(response.stream.chunks, pool)))


def _pieces(chunks: Iterator[bytes], pool: Pool) -> Iterator[bytes]:
    try:
        while (piece := pool.run(lambda: next(chunks, b""))) != b"":
            yield piece
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            pool.run(close)
