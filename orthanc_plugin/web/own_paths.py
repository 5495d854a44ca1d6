"""Which paths are the product's own; everything else is native."""

from __future__ import annotations

PORTAL = "/portal"
STAFF = "/patient-share"
API = "/patient-share/api/v1"

# What Orthanc is told to hand over; it drops a trailing slash before it compares. [^\n] keeps out line breaks.
PATTERNS = ("/", "/robots\\.txt", "/portal", "/portal/[^\\n]*", "/patient-share", "/patient-share/[^\\n]*")


def is_own_path(path: str) -> bool:
    """Whether Orthanc will hand this path to the product, as PATTERNS say."""
    bare = path.rstrip("/") or "/"
    if bare in ("/", "/robots.txt", PORTAL, STAFF):
        return True
    return bare.startswith((PORTAL + "/", STAFF + "/")) and "\n" not in bare
