"""Reports for the recipient. Before their time the share does not show their series: nobody can ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import flask

from ..domain.errors import Unavailable
from ..domain.report import ReportTime, UnusableReport
from ..domain.share import Share
from ..domain.study import SeriesSummary
from ..use_cases.view_study import NotInShare
from .context import language, recipient, recipient_share, services
from .pages import message_page, page
from .plain_text import plain_word
from .portal_login import STUDY_PAGE

_HOUR = 3600


def document(ordinal: int, number: int) -> flask.Response:
    """One report, counted from 1 in its series: a PDF as it is, a structured report as a page."""
    series = services().view_study.series(recipient_share(), ordinal)
    if series.report_at is None:
        raise NotInShare
    source, view_study = services().download_study.source, services().view_study
    try:
        instances = source.of(series.id)
        if not 1 <= number <= len(instances) or not view_study.shows(recipient_share(), instances):
            raise NotInShare
        services().record_view.series(recipient(), ordinal, series)
        found = services().read_report(source.read(instances[number - 1].id))
    except OSError:
        raise Unavailable from None
    except UnusableReport:
        return message_page(404, "report_unusable")
    if found.pdf is None:
        return page("report.html", report=found, study_url=STUDY_PAGE)
    answer = flask.Response(found.pdf, content_type="application/pdf")
    name = plain_word(language().text("report"), "report")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer


def links(ordinal: int, series: SeriesSummary) -> list[str]:
    """The addresses of the reports in a series with this ordinal; none where it holds images."""
    if series.report_at is None:
        return []
    return [f"/portal/series/{ordinal}/documents/{number}" for number in range(1, series.instance_count + 1)]


def announcement(share: Share) -> dict[str, Any] | None:
    """What the page says of a report that comes by itself: that it follows, or from when on; otherwise nothing."""
    now, rule = services().clock.now(), share.report
    if rule.time in (ReportTime.NEVER, ReportTime.HOLD) or share.shows_report(int(now), now):
        return None
    begins = rule.seconds
    if rule.time is ReportTime.AFTER:
        waiting = [begin for begin in _begins(share) if begin > now]
        if not waiting:
            return {"kind": "later", "hours": rule.seconds // _HOUR}
        begins = min(waiting)
    moment = datetime.fromtimestamp(begins, services().zone)
    return {"kind": "from", "day": language().long_date(moment.date()), "time": language().time_of_day(moment)}


def _begins(share: Share) -> Iterator[int]:
    """From when on each report of the share is shown."""
    for study in filter(None, (services().archive.study(one.id) for one in share.studies if one.id)):
        for series in study.series:
            if series.report_at is not None and series.id not in share.excluded_series:
                begin = share.report.visible_from(share.created_at, series.report_at)
                if begin is not None:
                    yield begin
