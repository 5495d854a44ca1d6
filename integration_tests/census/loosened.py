"""The product with a rule taken away on purpose: what the census must find."""

from __future__ import annotations

from harness.engine import ROOT
from harness.server import File, OrthancServer

_LINK = "/opt/patient-share/site-packages"
# Module -> code at its end, and the route that the census must then report.
LOOSER = {
    "one more route": (
        "viewers/orthanc_web_viewer.py",
        '_RESOURCES += ((Level.INSTANCE, re.compile(rf"/instances/{_ID}/tags")),)',
        "/instances/{id}/tags",
    ),
    "any study": ("domain/share.py", "Share.includes = lambda self, place, now: True", "/instances/{id}/file"),
    # The audit log knows no series outside the share, and what cannot be recorded is refused: a second guard.
    "any study, unrecorded": (
        "use_cases/record_view.py",
        "RecordView.place = lambda self, recipient, place: None",
        "/instances/{id}/file",
    ),
    "everybody": (
        "web/gate.py",
        "_admits = Gate.admits\nGate.admits = lambda self, request: request.path == '/tools' or _admits(self, request)",
        "/tools",
    ),
}


def server(orthanc_image: str, *names: str, configuration: dict[str, object] | None = None) -> OrthancServer:
    """A server, not yet started, whose product lacks the named rules."""
    files: dict[str, File] = {}
    folder = _site_packages(orthanc_image)
    for name in names:
        module, code, _ = LOOSER[name]
        source = (ROOT / "orthanc_plugin" / module).read_bytes()
        files[f"{folder}/orthanc_plugin/{module}"] = File(source + b"\n" + code.encode() + b"\n")
    return OrthancServer(orthanc_image, configuration=configuration or {}, files=files)


def _site_packages(orthanc_image: str) -> str:
    probe = OrthancServer(orthanc_image, command=["readlink", "-f", _LINK])
    try:
        return probe.start().wait_exit(30).log.strip()
    finally:
        probe.remove()
