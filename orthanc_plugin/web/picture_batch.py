"""Several pictures of a series in one answer, so that a phone does not pay the way to the server for each of them.

The body is a row of pictures in the order of their numbers, each a 32-bit length (most significant byte first) and as
many bytes of JPEG. Length 0: this one cannot be shown. There may be fewer pictures than were asked for, never none;
whoever wants more asks on.
"""

from __future__ import annotations

import re
import struct

import flask

from ..domain.errors import ImageUnavailable
from ..domain.study import ImageRef, Window
from .context import recipient, recipient_share, services
from .rendering import UnusableRendering, asked_rendering, refused

CONTENT_TYPE = "application/octet-stream"
MOST_PICTURES = 16
# What ends an answer early: it must neither fill a slow line for long nor keep a worker from other patients.
MOST_BYTES = 512 * 1024
MOST_SECONDS = 0.25
# While others wait, for example for the single image that they look at.
MOST_SECONDS_CROWDED = 0.05

_COUNT = re.compile(r"[1-9][0-9]?", re.ASCII)
_LENGTH = struct.Struct(">I")


def batch(ordinal: int, first: int) -> flask.Response:
    """The pictures from number `first` on, at most `count` of them."""
    try:
        count, (size, window) = _asked_count(), asked_rendering()
    except UnusableRendering as fault:
        return refused(fault)
    series, images = services().view_study.images_from(recipient_share(), ordinal, first)
    services().record_view.series(recipient(), ordinal, series)
    begun, pictures, length = services().clock.now(), list[bytes](), 0
    for image in images[:count]:
        picture = _picture(image, size, window)
        if pictures and length + _LENGTH.size + len(picture) > MOST_BYTES:
            break
        pictures.append(_LENGTH.pack(len(picture)) + picture)
        length += len(pictures[-1])
        if services().clock.now() - begun >= (MOST_SECONDS_CROWDED if services().crowded() else MOST_SECONDS):
            break
    return flask.Response(b"".join(pictures), content_type=CONTENT_TYPE)


def _asked_count() -> int:
    count = flask.request.args.get("count", str(MOST_PICTURES))
    if not _COUNT.fullmatch(count) or int(count) > MOST_PICTURES:
        raise UnusableRendering("Unusable count.")
    return int(count)


def _picture(image: ImageRef, size: int, window: Window | None) -> bytes:
    try:
        return services().archive.render(image, size, window, brisk=True)
    except ImageUnavailable:
        return b""
