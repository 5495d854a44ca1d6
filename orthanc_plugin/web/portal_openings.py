"""Who has seen my images: the recipient's own list of logins to the share."""

from __future__ import annotations

from datetime import datetime

import flask

from ..domain.audit import session_mark
from .context import language, recipient, services
from .pages import page
from .portal_login import STUDY_PAGE


def openings_page() -> flask.Response:
    """Day, time and kind of device of the latest logins, newest first; no addresses, which say nothing to people."""
    asking, shown, used = recipient(), language(), services()
    current = session_mark(asking.session_hash)
    openings = []
    for entry in used.read_audit.openings(asking.share):
        moment = datetime.fromtimestamp(entry.at, used.zone)
        openings.append(
            {
                "day": shown.long_date(moment.date()),
                "time": shown.time_of_day(moment),
                "device": entry.device,
                "current": entry.session == current,
            }
        )
    return page("openings.html", openings=openings, audience=asking.share.audience.value, study_url=STUDY_PAGE)
