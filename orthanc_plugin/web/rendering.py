"""How a picture is asked for: its size and its window, as the query of a request names them."""

from __future__ import annotations

import math

import flask

from ..domain.study import Window

SIZES = (128, 256, 512, 768, 1024, 1536, 2048)
# PET counts becquerels.
_LARGEST_VALUE = 1e9


class UnusableRendering(ValueError):
    """The query names a size or a window that no picture can have; the text says which, and quotes nothing."""


def asked_rendering() -> tuple[int, Window | None]:
    """The longest edge in pixels, and the window or None for the image's own; raises UnusableRendering."""
    size = flask.request.args.get("size", "512")
    if size not in map(str, SIZES):
        raise UnusableRendering("Unknown size.")
    try:
        return int(size), _window()
    except ValueError:
        raise UnusableRendering("Unusable window.") from None


def refused(text: object) -> flask.Response:
    """The answer to a request for a picture that cannot be understood; for programs, so in English."""
    return flask.Response(str(text), 400, content_type="text/plain; charset=utf-8")


def _window() -> Window | None:
    center, width = flask.request.args.get("center"), flask.request.args.get("width")
    if center is None and width is None:
        return None
    window = Window(float(center or "nan"), float(width or "nan"))
    if not (math.isfinite(window.center) and abs(window.center) <= _LARGEST_VALUE):
        raise ValueError("center")
    if not 0 < window.width <= 2 * _LARGEST_VALUE:
        raise ValueError("width")
    return window
