"""Pictures of the shared study: JPEG, decoded by Orthanc, addressed by ordinals inside the share."""

from __future__ import annotations

import flask

from ..domain.errors import ImageUnavailable
from .context import recipient, recipient_share, services
from .rendering import UnusableRendering, asked_rendering, refused

_THUMBNAIL_SIZE = 256

_PLACEHOLDER = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="#dde3e8"/>'
    b'<path d="M16 44l10-12 8 8 6-6 8 10z" fill="#8795a1"/><circle cx="42" cy="22" r="5" fill="#8795a1"/></svg>'
)


def image(ordinal: int, number: int) -> flask.Response:
    """One picture, with the window that the viewer asks for."""
    try:
        size, window = asked_rendering()
    except UnusableRendering as fault:
        return refused(fault)
    picture = services().view_study.image(recipient_share(), ordinal, number)
    # Whoever fetches pictures without the viewer's page is recorded as well.
    services().record_view.series(recipient(), ordinal, services().view_study.series(recipient_share(), ordinal))
    try:
        return _jpeg(services().archive.render(picture, size, window))
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


def _jpeg(data: bytes) -> flask.Response:
    return flask.Response(data, content_type="image/jpeg")
