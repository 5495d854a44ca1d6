"""The portal's pages for the recipient of a share, and what everybody may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import flask

from ..domain.errors import ImageUnavailable
from ..domain.person_name import display_name
from ..domain.principal import Staff
from ..domain.share import Share
from ..domain.study import Appearance, ImageRef, SeriesSummary, StudySummary, most_informative
from ..i18n.catalogue import Language
from ..i18n.dicom_words import can_be_viewed, modality_label, window_presets
from ..settings import Role
from ..use_cases.validity import last_valid_day
from ..use_cases.view_study import NotInShare
from ..viewers.native_viewer import Opening
from . import portal_reports
from .context import language, recipient, recipient_share, services, static_files
from .own_paths import STAFF
from .pages import message_page, page, see_other
from .portal_login import START_PAGE, STUDY_PAGE
from .security_headers import policy_with_frame

_EXPLORER = "/app/explorer.html"


def entrance() -> flask.Response:
    """The bare address: staff go on to Orthanc Explorer as before, everybody else to the portal."""
    if isinstance(flask.g.principal, Staff):
        return see_other(_EXPLORER)
    return see_other(STAFF if services().role is Role.STAFF else START_PAGE)


def robots() -> flask.Response:
    """RFC 9309: no search engine belongs here."""
    return flask.Response("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")


def static_file(version: str, name: str) -> flask.Response:
    """A file of the theme. Its address changes with its content, so browsers may keep it."""
    found = static_files().get(name)
    if found is None:
        return message_page(404, "not_found")
    zipped = found.compressed if services().may_compress and flask.request.accept_encodings["gzip"] > 0 else None
    answer = flask.Response(zipped or found.content, content_type=found.content_type)
    answer.headers["Vary"] = "Accept-Encoding"
    if zipped:
        answer.headers["Content-Encoding"] = "gzip"
    current = version == static_files().version
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
    return answer


def study_page() -> flask.Response:
    """The overview of the shared studies, or that they are not ready yet."""
    share, shown = recipient_share(), language()
    if any(study.id is None for study in share.studies):
        share = services().arrivals(share)
    studies = services().view_study.studies(share)
    services().record_view.study(recipient())
    sections, ordered = _sections(shown, studies), [entry for study in studies for entry in study.ordered_series]
    begin = most_informative([entry for entry in ordered if can_be_viewed(entry)])
    viewable = [row for section in sections for row in section["series"] if row["viewable"]]
    first = studies[0] if studies else None
    return page(
        "study.html",
        audience=share.audience.value,
        study={
            "patient_name": display_name(first.patient_name) if first else "",
            "birth_date": shown.dicom_date(first.patient_birth_date) if first else "",
            "last_valid_day": _last_day(share, shown),
            "days_left": _days_left(share),
            "sections": sections,
            "awaited": sum(study.id is None for study in share.studies),
            "arriving": any(not study.is_stable for study in studies),
            "download_size": size_in_words(services().download_study.size(share)) if ordered else "",
            "announcement": portal_reports.announcement(share),
            "begin_url": _viewer_url(ordered.index(begin) + 1) if begin else None,
            "full_viewer_url": _full_viewer_url(share, viewable[0]["ordinal"]) if viewable else None,
        },
    )


def size_in_words(size: int) -> str:
    """In the units that a browser shows a download in; empty where there is nothing to download."""
    if size <= 0:
        return ""
    megabytes = max(1, round(size / 1e6))
    if megabytes < 1000:
        return f"{megabytes}\N{NO-BREAK SPACE}MB"
    return f"{language().number(size / 1e9, 1)}\N{NO-BREAK SPACE}GB"


def _sections(shown: Language, studies: Sequence[StudySummary]) -> list[dict[str, Any]]:
    """One section a study; ordinals count through all of them."""
    sections, ordinal = [], 0
    for study in studies:
        rows, reports = [], []
        for entry in study.ordered_series:
            ordinal += 1
            reports += portal_reports.links(ordinal, entry)
            # Reports have a place of their own on the page.
            if entry.report_at is None:
                rows.append(_series_row(shown, ordinal, entry))
        body_parts = dict.fromkeys(entry.body_part for entry in study.series if entry.body_part)
        sections.append(
            {
                "examination": study.description or ", ".join(body_parts),
                "date": shown.dicom_date(study.study_date),
                "series": rows,
                "reports": reports,
            }
        )
    return sections


def viewer_page(ordinal: int) -> flask.Response:
    """The patient viewer on one series."""
    share, shown = recipient_share(), language()
    ordered = services().view_study.ordered_series(share)
    entry, study = services().view_study.series_and_study(share, ordinal)
    images = services().view_study.images(share, ordinal)
    if not images or not can_be_viewed(entry):
        raise NotInShare
    services().record_view.series(recipient(), ordinal, entry)
    start = (len(images) + 1) // 2
    appearance = appearance_of(images[start - 1])
    window = appearance.window
    others = [number for number, other in enumerate(ordered, start=1) if can_be_viewed(other)]
    place = others.index(ordinal)
    beside = flask.request.args.get("beside") == "1"
    answer = page(
        "viewer.html",
        framed=beside,
        beside=beside,
        series={
            "ordinal": ordinal,
            "title": series_title(shown, entry, ordinal),
            "image_count": len(images),
            "images_url": f"/portal/series/{ordinal}/images",
            "batches_url": f"/portal/series/{ordinal}/batch",
            "geometry_url": f"/portal/series/{ordinal}/geometry",
            "download_url": f"/portal/series/{ordinal}/images.zip",
            "window": vars(window) | {"inverted": appearance.inverted} if window else None,
            "longest_edge": appearance.longest_edge,
            "start_image": start,
            "frame_ms": appearance.frame_ms,
        },
        presets=window_presets(shown, entry.modality, window, appearance.inverted) if window else [],
        prev_url=_viewer_url(others[place - 1]) if place > 0 and not beside else None,
        next_url=_viewer_url(others[place + 1]) if place + 1 < len(others) and not beside else None,
        full_viewer_url=_full_viewer_url(share, ordinal),
        compare_url=_compare_url(others, place),
        study_url=STUDY_PAGE,
        about=about_series(shown, study, entry, ordinal),
        last_valid_day=_last_day(share, shown),
    )
    if beside:
        # Inside our own page with two series, and nowhere else.
        policy_with_frame(answer)
    return answer


def about_series(shown: Language, study: StudySummary, entry: SeriesSummary, ordinal: int) -> list[tuple[str, str]]:
    """What this picture is, term by term; what is not known is left out."""
    facts = [
        (shown.text("Examination"), study.description or entry.body_part),
        (shown.text("Date"), shown.dicom_date(study.study_date)),
        (shown.text("Kind"), modality_label(shown, entry.modality)),
        (shown.text("Series"), series_title(shown, entry, ordinal)),
    ]
    return [(term, words) for term, words in facts if words]


def _compare_url(others: Sequence[int], place: int) -> str | None:
    """This series beside the next one, or beside the one before the last."""
    if len(others) < 2:
        return None
    return f"/portal/compare/{others[place]}/{others[place + 1 if place + 1 < len(others) else place - 1]}"


def full_viewer_page(ordinal: int) -> flask.Response:
    """The first of the full viewers on one series, in a frame of our page."""
    return chosen_viewer_page(ordinal, None)


def chosen_viewer_page(ordinal: int, key: str | None) -> flask.Response:
    """The full viewer that the address names, and links to the others."""
    share = recipient_share()
    usable = services().viewers.usable(share)
    chosen = next((viewer for viewer in usable if key in (None, viewer.key)), None)
    if chosen is None:
        raise NotInShare
    entry, study = services().view_study.series_and_study(share, ordinal)
    if not can_be_viewed(entry):
        raise NotInShare
    services().record_view.series(recipient(), ordinal, entry)
    return page(
        "full_viewer.html",
        frame_url=chosen.entry(Opening(ordinal, entry.id, entry.uid, study.study_instance_uid)),
        viewer=chosen.key,
        others=[
            {"name": other.name, "url": f"/portal/full-viewer/{ordinal}/{other.key}"}
            for other in usable
            if other is not chosen
        ],
        title=series_title(language(), entry, ordinal),
        back_url=_viewer_url(ordinal),
    )


def appearance_of(image: ImageRef) -> Appearance:
    """A broken image in the middle must not hide the rest of the series."""
    try:
        return services().archive.appearance(image)
    except ImageUnavailable:
        return Appearance(None)


def _series_row(shown: Language, ordinal: int, entry: SeriesSummary) -> dict[str, Any]:
    viewable = can_be_viewed(entry) and entry.instance_count > 0
    return {
        "ordinal": ordinal,
        "title": series_title(shown, entry, ordinal),
        "modality_label": modality_label(shown, entry.modality),
        "image_count": len(services().archive.images(entry.id)) if viewable else 0,
        "viewable": viewable,
        "thumbnail_url": f"/portal/series/{ordinal}/thumbnail",
        "viewer_url": _viewer_url(ordinal),
    }


def series_title(shown: Language, entry: SeriesSummary, ordinal: int) -> str:
    """The series as its tags call it, else by its number."""
    return entry.description or shown.text("Series %(number)d") % {"number": ordinal}


def _viewer_url(ordinal: int) -> str:
    return f"/portal/series/{ordinal}"


def _full_viewer_url(share: Share, ordinal: int) -> str | None:
    return f"/portal/full-viewer/{ordinal}" if services().viewers.usable(share) else None


def _days_left(share: Share) -> int:
    """Whole days until the last valid one; 0 on that day itself."""
    used = services()
    today = datetime.fromtimestamp(used.clock.now(), used.zone).date()
    return (last_valid_day(share.expires_at, used.zone) - today).days


def _last_day(share: Share, shown: Language) -> str:
    return shown.long_date(last_valid_day(share.expires_at, services().zone))
