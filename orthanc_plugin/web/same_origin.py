"""Cross-site request forgery (OWASP CSRF Prevention: Fetch Metadata, and the Origin header where that is missing).

Orthanc turns `GET …?_method=DELETE` into DELETE before the request filter sees it, and does not show the parameter: a
picture or a link on any page could delete a study. What gives such a request away is that a browser says it wants a
picture or a page, or, without Fetch Metadata, that it names no origin, which browsers do for every changing request.
"""

from __future__ import annotations

from .request import Request

_SAFE = ("GET", "HEAD", "OPTIONS")


def is_forged(request: Request) -> bool:
    """Whether a browser was made to send this changing request by anything but a page of this very origin.

    Programs that are no browsers pass: nobody can make them send a request with their user's credentials.
    """
    if request.method in _SAFE:
        return False
    if request.header("sec-fetch-site"):
        return _forged_by_fetch_metadata(request)
    origin = request.header("origin")
    if origin:
        return origin.partition("://")[2].lower() != request.header("host").lower()
    return _is_browser(request)


def _forged_by_fetch_metadata(request: Request) -> bool:
    """W3C Fetch Metadata Request Headers: a script's request has the destination "empty", a form's is a page."""
    site, destination = request.header("sec-fetch-site"), request.header("sec-fetch-dest")
    if site not in ("same-origin", "none"):
        return True
    if destination in ("", "empty"):
        return False
    return not (request.method == "POST" and site == "same-origin" and destination in ("document", "iframe"))


def _is_browser(request: Request) -> bool:
    """Some programs call themselves Mozilla, but only browsers tell the languages of their user as well."""
    return request.header("user-agent").startswith("Mozilla/") and bool(request.header("accept-language"))
