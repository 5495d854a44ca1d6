from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from orthanc_plugin.adapters.worker_pool import WorkerPool
from orthanc_plugin.web.pulled_stream import pulled
from orthanc_plugin.web.wsgi_bridge import Response, Stream


def response(chunks: Iterator[bytes]) -> Response:
    return Response(200, (), b"", stream=Stream(4, chunks))


def test_pieces_are_made_on_the_pool_and_the_source_is_closed() -> None:
    pool, seen, closed = WorkerPool(1, 1), set[str](), []

    def chunks() -> Iterator[bytes]:
        try:
            for piece in (b"ab", b"cd"):
                seen.add(threading.current_thread().name)
                yield piece
        finally:
            closed.append(True)

    stream = pulled(response(chunks()), pool).stream
    assert stream is not None and b"".join(stream.chunks) == b"abcd"
    assert closed == [True] and all(name.startswith("patient-share") for name in seen)
    pool.stop()


def test_who_stops_reading_closes_the_source() -> None:
    pool, closed = WorkerPool(1, 1), []

    def chunks() -> Iterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.append(True)

    stream = pulled(response(chunks()), pool).stream
    assert stream is not None and next(stream.chunks) == b"x"
    stream.chunks.close()  # type: ignore[attr-defined]
    assert closed == [True]
    pool.stop()


def test_a_failure_reaches_whoever_sends() -> None:
    pool = WorkerPool(1, 1)

    def chunks() -> Iterator[bytes]:
        yield b"x"
        raise ZeroDivisionError

    stream = pulled(response(chunks()), pool).stream
    assert stream is not None and next(stream.chunks) == b"x"
    with pytest.raises(ZeroDivisionError):
        next(stream.chunks)
    pool.stop()


def test_an_answer_without_a_stream_is_left_alone() -> None:
    pool, plain = WorkerPool(1, 1), Response(200, (), b"body")
    assert pulled(plain, pool) is plain
    pool.stop()
