"""The portal without a server: pages that show the pictures of a download in any browser, opened from a disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import flask

from ..domain.download import Contents, FiledPictures, FiledReport
from ..domain.person_name import display_name
from ..domain.study import StudySummary
from ..i18n.catalogue import Language
from ..i18n.dicom_words import modality_label, window_presets
from .context import language, recipient_share, services, static_files
from .plain_text import plain_text, plain_word
from .portal_geometry import geometry_of
from .portal_pages import about_series, appearance_of, series_title
from .script_bundle import bundle

_FOLDER = "viewer"
_MODULES = f"{_FOLDER}/"
# What the practice may have of its own.
_OWN = ("look.css", "logo.png")
_STYLES = ("portal.css", "viewer.css", "icon.svg")


def picture_name(ordinal: int, number: int) -> str:
    """Where a picture lies. Nothing of a tag is in it, and every file system takes it."""
    shown = language()
    folder, one = plain_word(shown.text("pictures"), "pictures"), plain_word(shown.text("picture"), "picture")
    return f"{folder}/{ordinal:02d}/{one}-{number:04d}.jpg"


def report_name(report: FiledReport) -> str:
    """Where a report lies."""
    kind = "txt" if report.document.pdf is None else "pdf"
    return f"{plain_word(language().text('report'), 'report')}-{report.number}.{kind}"


def files(contents: Contents) -> Iterator[tuple[str, bytes]]:
    """Names and contents of everything that the pictures need besides themselves."""
    for report in contents.reports:
        yield report_name(report), report.document.pdf or _report_text(report)
    share, shown = recipient_share(), language()
    studies = services().view_study.studies(share)
    yield "index.html", _render("copy_index.html", _FOLDER + "/", **_index(contents, studies, shown))
    for place, filed in enumerate(contents.pictures):
        if filed.images:
            yield f"{_FOLDER}/{_page(filed)}", _viewer_page(contents.pictures, place, studies, shown)
    own = [name for name in _OWN if static_files().get(name)]
    for name in (*_STYLES, *own):
        yield f"{_FOLDER}/{name}", _static(name)
    modules = {
        name.removeprefix(_MODULES): _static(name).decode()
        for name in static_files().names
        if name.startswith(_MODULES)
    }
    yield f"{_FOLDER}/viewer.js", bundle(modules, "main.js").encode()


def _index(contents: Contents, studies: Sequence[StudySummary], shown: Language) -> dict[str, Any]:
    first = studies[0]
    sections, ordinal, filed = [], 0, {one.ordinal: one for one in contents.pictures if one.images}
    for study in studies:
        rows = []
        for series in study.ordered_series:
            ordinal += 1
            found = filed.get(ordinal)
            if found:
                rows.append(
                    {
                        "title": series_title(shown, series, ordinal),
                        "modality_label": modality_label(shown, series.modality),
                        "image_count": len(found.images),
                        "page": f"{_FOLDER}/{_page(found)}",
                        "picture": found.names[(len(found.names) - 1) // 2],
                    }
                )
        date = shown.dicom_date(study.study_date)
        sections.append({"examination": study.description, "date": date, "series": rows})
    return {
        "patient_name": display_name(first.patient_name),
        "birth_date": shown.dicom_date(first.patient_birth_date),
        "sections": sections,
        "reports": [report_name(report) for report in contents.reports],
        "has_dicom": bool(contents.instances),
    }


def _viewer_page(
    all_series: Sequence[FiledPictures], place: int, studies: Sequence[StudySummary], shown: Language
) -> bytes:
    filed, others = all_series[place], [one for one in all_series if one.images]
    at = others.index(filed)
    start = (len(filed.images) + 1) // 2
    appearance = appearance_of(filed.images[start - 1])
    window = appearance.window
    study = next(one for one in studies if filed.series.id in {series.id for series in one.series})
    return _render(
        "viewer.html",
        "",
        copy={
            "pictures": [f"../{name}" for name in filed.names],
            "geometry": geometry_of(filed.series.id, filed.images),
        },
        beside=False,
        series={
            "title": series_title(shown, filed.series, filed.ordinal),
            "image_count": len(filed.images),
            "images_url": "",
            "batches_url": "",
            "geometry_url": "",
            "window": vars(window) | {"inverted": appearance.inverted} if window else None,
            "longest_edge": 0,
            "start_image": start,
            "frame_ms": appearance.frame_ms,
        },
        presets=window_presets(shown, filed.series.modality, window, appearance.inverted) if window else [],
        prev_url=_page(others[at - 1]) if at else None,
        next_url=_page(others[at + 1]) if at + 1 < len(others) else None,
        full_viewer_url=None,
        compare_url=None,
        study_url="../index.html",
        about=about_series(shown, study, filed.series, filed.ordinal),
        last_valid_day="",
    )


def _page(filed: FiledPictures) -> str:
    return f"series-{filed.ordinal:02d}.html"


def _render(template: str, folder: str, **values: Any) -> bytes:
    shown = language()
    body = flask.current_app.jinja_env.get_template(template).render(
        practice=services().practice,
        lang=shown.code,
        direction=shown.direction,
        draft=shown.draft,
        static_url=lambda name: folder + name,
        _=shown.text,
        gettext=shown.text,
        ngettext=shown.messages.ngettext,
        presence=None,
        **values,
    )
    return body.encode("utf-8")


def _static(name: str) -> bytes:
    found = static_files().get(name)
    if found is None:
        raise KeyError(name)
    return found.content


def _report_text(report: FiledReport) -> bytes:
    lines = [report.document.title, ""] if report.document.title else []
    for line in report.document.lines:
        said = ": ".join(part for part in (line.name, line.text) if part)
        lines.append("  " * line.depth + said)
    return plain_text("\n".join(lines))
