"""Which native viewers recipients may use: those that the settings enable and that are installed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ..domain.share import Share
from .native_viewer import NativeViewer, ViewerRoute


@dataclass
class Viewers:
    """`enabled` comes from the settings; nothing is available until Orthanc has said what it loaded."""

    enabled: Sequence[NativeViewer]
    available: tuple[NativeViewer, ...] = field(default=())

    def discover(self, loaded_plugins: Collection[str]) -> list[str]:
        """Find out which enabled viewers are installed; answers one sentence for each that is not."""
        needs = [(viewer, viewer.missing(loaded_plugins)) for viewer in self.enabled]
        self.available = tuple(viewer for viewer, need in needs if need is None)
        return [f"{viewer.name} is enabled, but not offered: {need}" for viewer, need in needs if need is not None]

    def usable(self, share: Share) -> tuple[NativeViewer, ...]:
        """The viewers that can show this share, in the order in which they are offered."""
        return tuple(v for v in self.available if not (v.needs_whole_study and share.excluded_series))

    def route(self, path: str, query: Mapping[str, str]) -> ViewerRoute | None:
        """What a path addresses in one of the available viewers; None for everything else."""
        for viewer in self.available:
            found = viewer.route(path, query)
            if found is not None:
                return found
        return None
