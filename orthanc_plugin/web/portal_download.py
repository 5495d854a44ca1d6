"""Downloads for the recipient, each one ZIP archive: DICOM files, pictures, or both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus

import flask
from werkzeug.datastructures import ContentRange

from ..domain.download import Contents, Wanted
from ..domain.errors import Unavailable
from ..domain.share import Audience
from ..ports import Seal
from ..use_cases.download_study import Download, DownloadStudy
from ..use_cases.pack_pictures import MOST_PICTURES
from ..use_cases.validity import last_valid_day
from . import offline_copy
from .context import language, recipient, recipient_share, services
from .offline_copy import picture_name
from .pages import page
from .plain_text import plain_text
from .portal_login import STUDY_PAGE
from .portal_pages import size_in_words
from .wsgi_bridge import STREAM, Stream

# Orthanc streams with status 200 only, so that a part has to be held in memory. Whoever asks for a longer one gets the
# whole, as RFC 9110 section 14.2 allows; a reverse proxy can cut it (docs/download.md).
LONGEST_PART = 32 * 2**20
DOWNLOAD_PAGE = "/portal/download"
_TYPE = "application/zip"
_SHORTEST_PASSWORD, _LONGEST_PASSWORD = 10, 64


def choices() -> flask.Response:
    """The page that says what there is to take along, for whom, and how large it is."""
    return _page(200, "")


def dicom() -> flask.Response:
    """DICOM files of all series of the share."""
    return _answer(_plan(Wanted.DICOM), _file_name())


def pictures() -> flask.Response:
    """Pictures, reports, and pages that show them without a server."""
    return _answer(_plan(Wanted.PICTURES), _file_name())


def both() -> flask.Response:
    """Both in one archive."""
    return _answer(_plan(Wanted.BOTH), _file_name())


def one_series(ordinal: int) -> flask.Response:
    """DICOM files of one series."""
    return _answer(_planned(lambda used: used.plan(recipient().share, ordinal, _texts)), _file_name(ordinal))


def protected() -> flask.Response:
    """What the form asks for, under the password that was typed: it is kept nowhere, and in no address."""
    form = flask.request.form
    password = form.get("password", "")
    wanted = next((one for one in Wanted if one == form.get("contents")), None)
    if wanted is None:
        return _page(422, "contents")
    if not (_SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD and password.isascii() and password.isprintable()):
        return _page(422, "password")
    download = _plan(wanted, services().seal(password))
    answer = _zip(_file_name())
    _send_whole(download)
    return answer


def _page(status: int, error: str) -> flask.Response:
    share, used = recipient_share(), services()
    ordered = used.view_study.ordered_series(share)
    size, count = used.download_study.size(share), used.download_study.pictures.count(share)
    return page(
        "download.html",
        status,
        error=error,
        wanted=flask.request.form.get("contents", ""),
        dicom_size=size_in_words(size) if ordered else "",
        picture_count=count,
        most_pictures=MOST_PICTURES,
        with_report=any(series.report_at is not None for series in ordered),
        last_valid_day=language().long_date(last_valid_day(share.expires_at, used.zone)),
        for_referrer=share.audience is Audience.REFERRER,
        shortest_password=_SHORTEST_PASSWORD,
        study_url=STUDY_PAGE,
    )


def _plan(wanted: Wanted, seal: Seal | None = None) -> Download:
    share = recipient_share()
    if wanted is Wanted.DICOM:
        return _planned(lambda used: used.plan(share, None, _texts, seal))
    return _planned(
        lambda used: used.plan_pictures(
            share, wanted, picture_name, lambda contents: [*_texts(contents), *offline_copy.files(contents)], seal
        )
    )


def _planned(plan: Callable[[DownloadStudy], Download]) -> Download:
    try:
        return plan(services().download_study)
    except OSError:
        raise Unavailable from None


def _zip(file_name: str) -> flask.Response:
    answer = flask.Response(status=200, content_type=_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    # To streams Orthanc does not add it.
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _send_whole(download: Download) -> None:
    services().download_study.begun(recipient(), download)
    chunks = download.chunks(0, download.length)
    # The first piece shows whether there is room for one more download.
    first = next(chunks, b"")
    flask.request.environ[STREAM] = Stream(download.length, _from(first, chunks))


def _answer(download: Download, file_name: str) -> flask.Response:
    asking, answer = recipient(), _zip(file_name)
    answer.headers["Accept-Ranges"] = "bytes"
    answer.set_etag(download.tag)
    part = _asked_part(download)
    if part is None:
        _send_whole(download)
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


def _file_name(ordinal: int | None = None) -> str:
    """Without a name or a date of anybody: the file lies among others on a shared computer."""
    name = "Bilder" if language().code.startswith("de") else "images"
    return f"{name}.zip" if ordinal is None else f"{name}-{ordinal}.zip"


def _texts(contents: Contents) -> list[tuple[str, bytes]]:
    shown, practice = language(), services().practice
    body = flask.current_app.jinja_env.get_template("download_readme.txt").render(
        practice=practice, _=shown.text, gettext=shown.text, ngettext=shown.messages.ngettext, contents=contents
    )
    return [(shown.text("README.txt"), plain_text(body.strip()))]
