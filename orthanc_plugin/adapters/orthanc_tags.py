"""DICOM tags of a whole series, read from Orthanc in one request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..domain.study import is_orthanc_id
from .rest import Rest


class OrthancTags:
    """Orthanc's simplified tags of each instance of a series, by the instance's identifier."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def __call__(self, series_id: str) -> Mapping[str, Mapping[str, Any]]:
        """The tags without pixels; empty where Orthanc has no such series."""
        if not is_orthanc_id(series_id):
            return {}
        found = self._rest.get(f"/series/{series_id}/instances-tags?simplify")
        tags: Mapping[str, Mapping[str, Any]] = json.loads(found) if found is not None else {}
        return tags
