"""Pictures of the shared study: JPEG, decoded by Orthanc, addressed by ordinals inside the share."""

from __future__ import annotations

import math

import flask

from ..domain.errors import ImageUnavailable
from ..domain.study import Window
from .context import recipient, recipient_share, services

SIZES = (128, 256, 512, 768, 1024, 1536, 2048)
_THUMBNAIL_SIZE = 256
_LARGEST_VALUE = 1e6

_PLACEHOLDER = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="#dde3e8"/>'
    b'<path d="M16 44l10-12 8 8 6-6 8 10z" fill="#8795a1"/><circle cx="42" cy="22" r="5" fill="#8795a1"/></svg>'
)


def image(ordinal: int, number: int) -> flask.Response:
    """One picture, with the window that the viewer asks for."""
    size = flask.request.args.get("size", "512")
    if size not in map(str, SIZES):
        return flask.Response("Unknown size.", 400, content_type="text/plain; charset=utf-8")
    try:
        window = _window()
    except ValueError:
        return flask.Response("Unusable window.", 400, content_type="text/plain; charset=utf-8")
    picture = services().view_study.image(recipient_share(), ordinal, number)
    # Whoever fetches pictures without the viewer's page is recorded as well.
    services().record_view.series(recipient(), ordinal, services().view_study.series(recipient_share(), ordinal))
    try:
        return _jpeg(services().archive.render(picture, int(size), window))
    except ImageUnavailable:
        return flask.Response("This image cannot be shown.", 404, content_type="text/plain; charset=utf-8")


def thumbnail(ordinal: int) -> flask.Response:
    """The middle picture of a series, small; a placeholder where it cannot be shown."""
    images = services().view_study.images(recipient_share(), ordinal)
    services().record_view.study(recipient())
    try:
        if not images:
            raise ImageUnavailable
        return _jpeg(services().archive.render(images[(len(images) - 1) // 2], _THUMBNAIL_SIZE, None))
    except ImageUnavailable:
        return flask.Response(_PLACEHOLDER, content_type="image/svg+xml")


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


def _jpeg(data: bytes) -> flask.Response:
    return flask.Response(data, content_type="image/jpeg")
