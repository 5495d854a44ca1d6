"""Two series side by side: the patient viewer twice, in frames of one page."""

from __future__ import annotations

import flask

from ..domain.geometry import Plane
from ..i18n.dicom_words import can_be_viewed
from ..use_cases.view_study import NotInShare
from .context import language, recipient_share, services
from .pages import page
from .portal_pages import series_title


def compare_page(left: int, right: int) -> flask.Response:
    """The page with both; it is told whether places in the two series can be compared."""
    share, shown = recipient_share(), language()
    ordered = services().view_study.ordered_series(share)
    choices = [
        {"ordinal": number, "title": series_title(shown, entry, number)}
        for number, entry in enumerate(ordered, start=1)
        if can_be_viewed(entry)
    ]
    if not {left, right} <= {choice["ordinal"] for choice in choices}:
        raise NotInShare
    return page("compare.html", left=left, right=right, choices=choices, same_space=_same_space(left, right))


def _same_space(left: int, right: int) -> bool:
    one, other = _plane(left), _plane(right)
    return one is not None and other is not None and one.is_beside(other)


def _plane(ordinal: int) -> Plane | None:
    share = recipient_share()
    images = services().view_study.images(share, ordinal)
    found = services().geometry(services().view_study.series(share, ordinal).id, images)
    return found[len(found) // 2].plane if found else None
