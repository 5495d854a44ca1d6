"""OHIF for the recipient of a share: its page, its files, and the document of one series."""

from __future__ import annotations

import json

import flask

from ..domain.errors import ImageUnavailable
from ..domain.study import ImageRef, Window
from ..i18n.dicom_words import can_be_viewed
from ..use_cases.view_study import NotInShare
from ..viewers.ohif import Ohif, OhifFile
from ..viewers.ohif_document import MOST_IMAGES, document
from .context import recipient, recipient_share, services

# Beyond the product's own pages: WebAssembly decoders, workers, styles that are set by script, decoded pictures.
# 'unsafe-eval' because the decoders of compressed images build their functions from text. Nothing may come from, or
# go to, another origin, and only the portal may frame it.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval'",
        "worker-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' blob: data:",
        "font-src 'self' data:",
        "connect-src 'self' blob: data:",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
)


def ohif_page(version: str) -> flask.Response:
    """The single page of the viewer, inside the frame of the portal's page."""
    answer = _sent(_ohif().page(version, flask.request.args, _gzip_accepted()))
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def ohif_file(version: str, name: str) -> flask.Response:
    """A file of the viewer. Its address changes with its content, so browsers may keep it."""
    answer = _sent(_ohif().file(version, name, _gzip_accepted()))
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return answer


def ohif_document(ordinal: int) -> flask.Response:
    """What the viewer is to show: one series of the share, by its ordinal."""
    _ohif()
    share = recipient_share()
    series, study = services().view_study.series_and_study(share, ordinal)
    if series.instance_count > MOST_IMAGES or not can_be_viewed(series):
        raise NotInShare
    images = services().view_study.images(share, ordinal)
    if not 0 < len(images) <= MOST_IMAGES:
        raise NotInShare
    services().record_view.series(recipient(), ordinal, series)
    found = document(study, series, images, services().series_tags(series.id), _window(images[len(images) // 2]))
    return flask.Response(json.dumps(found, ensure_ascii=False), content_type="application/json")


def _ohif() -> Ohif:
    for viewer in services().viewers.usable(recipient_share()):
        if isinstance(viewer, Ohif):
            return viewer
    raise NotInShare


def _window(image: ImageRef) -> Window | None:
    try:
        return services().archive.appearance(image).window
    except ImageUnavailable:
        return None


def _gzip_accepted() -> bool:
    return services().may_compress and flask.request.accept_encodings["gzip"] > 0


def _sent(found: OhifFile | None) -> flask.Response:
    if found is None:
        raise NotInShare
    answer = flask.Response(found.content, content_type=found.content_type)
    if found.encoding:
        answer.headers["Content-Encoding"] = found.encoding
    answer.headers["Vary"] = "Accept-Encoding"
    answer.headers["Content-Security-Policy"] = _POLICY
    return answer
