"""How Orthanc came to its end."""

from __future__ import annotations

from harness.container import Exit

# orthanc-python 7.1 frees events twice that reach it after it has been told of the stop, when its library is unloaded:
# all plugins were finalized before, and the index is closed (docs/operations.md). Nothing in a script can prevent it.
_CRASHES_WHEN_UNLOADED = "Registering plugin 'python' (version 7.1)"
_ALL_FINALIZED = "Unregistering plugin 'web-viewer'"
_ABORTED = (134, 139)


def in_order(ended: Exit) -> bool:
    """Whether everything was finished, the last plugin's end included."""
    lines = [line for line in ended.log.splitlines() if line.strip()]
    finalized = any("Python plugin is finalizing" in line for line in lines) and _ALL_FINALIZED in lines[-1]
    return ended.code == 0 or (ended.code in _ABORTED and _CRASHES_WHEN_UNLOADED in ended.log and finalized)
