"""Whether Orthanc's native routes can decode a resource on an HTTP thread without harm."""

from __future__ import annotations

import json
from collections.abc import Callable

from ..domain.study import Level, ResourceName
from ..domain.transfer_syntax import is_safe_natively
from .rest import Rest

# A series of which more would have to be asked about is left to the patient viewer.
_MOST_INSTANCES = 2000


class OrthancDecodable:
    """Asks Orthanc for the transfer syntax of an instance, or of every instance of a series."""

    def __init__(self, rest: Rest, resource_id: Callable[[ResourceName], str | None]) -> None:
        self._rest = rest
        self._id = resource_id

    def __call__(self, name: ResourceName) -> bool:
        """False for what is unknown, cannot be asked about, or is no instance and no series."""
        found = self._id(name)
        if found is None:
            return False
        try:
            return all(map(self._safe, self._instances(name.level, found)))
        except (OSError, ValueError, KeyError):
            return False

    def _instances(self, level: Level, resource_id: str) -> list[str]:
        if level is Level.INSTANCE:
            return [resource_id]
        if level is not Level.SERIES:
            raise KeyError(level)
        instances = [str(one) for one in json.loads(self._rest.get(f"/series/{resource_id}") or b"")["Instances"]]
        if len(instances) > _MOST_INSTANCES:
            raise ValueError("too many instances")
        return instances

    def _safe(self, instance_id: str) -> bool:
        answer = self._rest.get(f"/instances/{instance_id}/metadata/TransferSyntax") or b""
        return is_safe_natively(answer.decode("ascii", "replace").strip())
