"""Which routes a real Orthanc announces: its own, its plugins', the product's, and the files behind its pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from harness.server import OrthancServer
from orthanc_plugin.web.routes import ROUTES

_DOCUMENT = "/tmp/openapi.json"
# Orthanc documents some routes with a look at a public demo server; without it they are named in the log alone.
_COMMAND = f"Orthanc --openapi={_DOCUMENT} /etc/orthanc 2>&1; exec Orthanc --verbose /etc/orthanc 2>&1"
_UNDOCUMENTED = re.compile(r"Ignoring URI without API documentation: [A-Z]+ (\S+)")
_OF_A_PLUGIN = re.compile(r"Plugin has registered a REST callback.*? on: (.*)")
_OWN = re.compile(r"/(?:$|portal\b|patient-share\b|robots)")
_LINK = re.compile(r"""(?:href|src)\s*=\s*["']([^"'#?]+)|url\(["']?([^"')#?]+)""")
# The pages from which everything else of the static trees is linked.
ENTRANCES = ("/app/explorer.html", "/web-viewer/app/viewer.html", "/dicom-web/app/client/index.html")


def routes(orthanc_image: str) -> set[str]:
    """Every route as a template such as `/instances/{id}/tags`."""
    server = OrthancServer(orthanc_image, command=["sh", "-c", _COMMAND])
    try:
        server.start().wait_ready()
        document = json.loads(server.fetch(_DOCUMENT))
        log = server.logs()
    finally:
        server.remove()
    native = set(document["paths"]) | set(_UNDOCUMENTED.findall(log))
    plugins = {_template(pattern) for pattern in _OF_A_PLUGIN.findall(log) if not _OWN.match(pattern)}
    assert len(native) > 200 and len(plugins) > 30, "the announcements could not be read"
    return native | plugins | own_routes()


def own_routes() -> set[str]:
    """The product's own routes."""
    return {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.rule) for route in ROUTES}


def _template(pattern: str) -> str:
    """A plugin's regular expression as a template; what a group stands for is told by the word before it."""
    text = re.sub(
        r"(studies|series|instances|frames|servers)/\(\[\^/\]\*\)", r"\1/{\1}", pattern.rstrip("\r$").lstrip("^")
    )
    text = text.replace("(.*)", "{path}").replace(".*", "{path}").replace("([^/]*)", "{name}")
    return text.replace("\\", "")


def files(server: OrthancServer) -> set[str]:
    """The static files that the entrance pages lead to, as staff can read them."""
    found: set[str] = set()
    waiting = list(ENTRANCES)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        answer = server.staff_request("GET", path)
        if answer.status_code != 200:
            continue
        found.add(path)
        if path.endswith((".html", ".css")):
            waiting += _links(path, answer.text)
    return found


def _links(path: str, text: str) -> Iterable[str]:
    for match in _LINK.finditer(text):
        target = urlsplit(urljoin(path, match[1] or match[2]))
        if (
            not target.scheme
            and not target.netloc
            and re.search(r"\.[a-z0-9]+$", target.path)
            and "{" not in target.path
        ):
            yield target.path
