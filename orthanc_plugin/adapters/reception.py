"""When Orthanc received an instance, as its metadata say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

# Orthanc writes UTC.
_FORMAT = "%Y%m%dT%H%M%S"


def received_at(metadata: Mapping[str, Any]) -> int:
    """Seconds since 1970; 0 where Orthanc does not say."""
    try:
        return int(datetime.strptime(str(metadata.get("ReceptionDate", "")), _FORMAT).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return 0
