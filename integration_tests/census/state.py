"""What must not change while strangers ask: the studies, the shares, and the process itself."""

from __future__ import annotations

from typing import Any

from harness.server import OrthancServer

from .corpus import Corpus
from .people import shares_as_staff_see_them


def snapshot(server: OrthancServer, corpus: Corpus) -> dict[str, Any]:
    """Everything stored, with checksums, and Orthanc's own journal of changes."""

    def get(path: str) -> Any:
        answer = server.staff_request("GET", path)
        return answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.text

    state: dict[str, Any] = {
        "statistics": get("/statistics"),
        "changes": get("/changes?last")["Last"],
        "exports": get("/exports")["Last"],
        "jobs": sorted(get("/jobs")),
        "modalities": get("/modalities"),
        "peers": get("/peers"),
        "log levels": get("/tools/log-level"),
        "shares": shares_as_staff_see_them(server),
    }
    for level, field in (("studies", "study"), ("series", "series"), ("instances", "instances")):
        for name, subject in corpus.subjects.items():
            found = getattr(subject, field)
            for resource in found if isinstance(found, tuple) else (found,):
                path = f"/{level}/{resource}"
                kinds = get(f"{path}/attachments")
                state[f"{name} {path}"] = (
                    get(f"{path}/metadata?expand"),
                    get(f"{path}/labels"),
                    {kind: get(f"{path}/attachments/{kind}/md5") for kind in kinds},
                )
    return state


def process(server: OrthancServer) -> tuple[str, str]:
    """When the container and the process in it started."""
    server.container.reload()
    ticks = server.execute("cat", "/proc/1/stat").log.rpartition(")")[2].split()[19]
    return str(server.container.attrs["State"]["StartedAt"]), ticks
