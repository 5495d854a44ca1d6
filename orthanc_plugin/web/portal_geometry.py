"""What the viewer needs to know beyond pictures: letters at the edges, millimetres, places in the body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flask

from ..domain.geometry import ImageGeometry
from ..domain.study import ImageRef
from .context import recipient, recipient_share, services


def geometry(ordinal: int) -> flask.Response:
    """The geometry of a series: `kinds` are what images have in common, `images` name theirs and their place in mm."""
    share = recipient_share()
    series = services().view_study.series(share, ordinal)
    services().record_view.series(recipient(), ordinal, series)
    return flask.jsonify(geometry_of(series.id, services().view_study.images(share, ordinal)))


def geometry_of(series_id: str, images: Sequence[ImageRef]) -> dict[str, Any]:
    """The same as the viewer reads it."""
    found = services().geometry(series_id, images)
    kinds: list[dict[str, Any]] = []
    places: list[list[Any]] = []
    for one in found:
        kind = _kind(one)
        if kind not in kinds:
            kinds.append(kind)
        places.append([kinds.index(kind), round(one.plane.place, 2) if one.plane else None])
    return {"kinds": kinds, "images": places}


def _kind(found: ImageGeometry) -> dict[str, Any]:
    spacing = found.spacing
    return {
        "columns": found.columns,
        "rows": found.rows,
        "edges": found.edges,
        "spacing": [spacing.columns, spacing.rows] if spacing else None,
        "detector": bool(spacing and spacing.at_detector),
    }
