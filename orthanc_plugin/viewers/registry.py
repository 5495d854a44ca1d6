"""Which native viewers recipients may use: those that the settings enable and that Orthanc has loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from .native_viewer import NativeViewer, ViewerRoute


@dataclass
class Viewers:
    """`enabled` comes from the settings; nothing is available until Orthanc has said what it loaded."""

    enabled: Sequence[NativeViewer]
    available: tuple[NativeViewer, ...] = field(default=())

    def discover(self, loaded_plugins: Collection[str]) -> list[str]:
        """Note which plugins Orthanc has loaded; answers the names of enabled viewers that are missing."""
        self.available = tuple(viewer for viewer in self.enabled if viewer.plugin in loaded_plugins)
        return [viewer.name for viewer in self.enabled if viewer.plugin not in loaded_plugins]

    @property
    def full(self) -> NativeViewer | None:
        """The viewer that pages offer as the full one."""
        return self.available[0] if self.available else None

    def route(self, path: str, query: Mapping[str, str]) -> ViewerRoute | None:
        """What a path addresses in one of the available viewers; None for everything else."""
        for viewer in self.available:
            found = viewer.route(path, query)
            if found is not None:
                return found
        return None
