"""Downloads for the recipient: the images as DICOM files in one ZIP archive."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

import flask
from werkzeug.datastructures import ContentRange

from ..domain.download import Contents
from ..domain.errors import Unavailable
from ..use_cases.download_study import Download
from .context import language, recipient, services
from .wsgi_bridge import STREAM, Stream

# Orthanc streams with status 200 only, so that a part has to be held in memory. Whoever asks for a longer one gets the
# whole, as RFC 9110 section 14.2 allows; a reverse proxy can cut it (docs/download.md).
LONGEST_PART = 32 * 2**20
_TYPE = "application/zip"


def everything() -> flask.Response:
    """All series of the share."""
    return _answer(None)


def one_series(ordinal: int) -> flask.Response:
    """One series."""
    return _answer(ordinal)


def _answer(ordinal: int | None) -> flask.Response:
    asking = recipient()
    try:
        download = services().download_study.plan(asking.share, ordinal, _texts)
    except OSError:
        raise Unavailable from None
    answer = flask.Response(status=200, content_type=_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{_file_name(ordinal)}"'
    answer.headers["Accept-Ranges"] = "bytes"
    # To streams Orthanc does not add it.
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.set_etag(download.tag)
    part = _asked_part(download)
    if part is None:
        services().download_study.begun(asking, download)
        chunks = download.chunks(0, download.length)
        # The first piece shows whether there is room for one more download.
        first = next(chunks, b"")
        flask.request.environ[STREAM] = Stream(download.length, _from(first, chunks))
        return answer
    first_byte, end = part
    if first_byte >= download.length:
        answer.status_code = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        answer.headers["Content-Range"] = f"bytes */{download.length}"
        return answer
    services().download_study.begun(asking, download)
    answer.status_code = HTTPStatus.PARTIAL_CONTENT
    answer.content_range = ContentRange("bytes", first_byte, end, download.length)
    answer.set_data(b"".join(download.chunks(first_byte, end)))
    return answer


def _asked_part(download: Download) -> tuple[int, int] | None:
    """First byte and the end, exclusive, of the one part that is asked for; None for the whole."""
    asked = flask.request.range
    validator = flask.request.if_range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    if validator.date is not None or (validator.etag is not None and validator.etag != download.tag):
        return None
    first, end = asked.ranges[0]
    if end is None:
        end = download.length
    if first < 0:
        first = max(first + download.length, 0)
    end = min(end, download.length)
    return None if end - first > LONGEST_PART else (first, end)


def _from(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield first
        yield from rest
    finally:
        close = getattr(rest, "close", None)
        if close is not None:
            close()


def _file_name(ordinal: int | None) -> str:
    """Without a name or a date of anybody: the file lies among others on a shared computer."""
    name = "Bilder" if language().code == "de" else "images"
    return f"{name}.zip" if ordinal is None else f"{name}-{ordinal}.zip"


def _texts(contents: Contents) -> list[tuple[str, bytes]]:
    shown, practice = language(), services().practice
    body = flask.current_app.jinja_env.get_template("download_readme.txt").render(
        practice=practice, _=shown.text, gettext=shown.text, ngettext=shown.messages.ngettext, contents=contents
    )
    # A byte order mark and CR LF: the plainest of editors shows it as it is meant.
    text = "\ufeff" + body.strip().replace("\n", "\r\n") + "\r\n"
    return [(shown.text("README.txt"), text.encode("utf-8"))]
