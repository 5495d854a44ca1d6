"""All of the product's own routes in one table, each with its audience. What is not in the table does not exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..domain.target import RouteAudience
from . import (
    audit_api,
    consent_api,
    portal_images,
    portal_login,
    portal_ohif,
    portal_openings,
    portal_pages,
    staff_api,
    staff_pages,
)

EVERYBODY = RouteAudience.EVERYBODY
RECIPIENT = RouteAudience.RECIPIENT
STAFF = RouteAudience.STAFF

_API = "/patient-share/api/v1"


@dataclass(frozen=True)
class Route:
    """One route; `name` is its endpoint."""

    method: str
    rule: str
    audience: RouteAudience
    handler: Callable[..., Any]

    @property
    def name(self) -> str:
        """The endpoint: module and function, unique by construction."""
        return f"{self.handler.__module__.rsplit('.', 1)[-1]}:{self.handler.__name__}"


ROUTES = (
    # For everybody: nothing of any share.
    Route("GET", "/", EVERYBODY, portal_pages.entrance),
    Route("GET", "/robots.txt", EVERYBODY, portal_pages.robots),
    Route("GET", "/portal", EVERYBODY, portal_login.start_page),
    Route("GET", "/portal/login", EVERYBODY, portal_login.reloaded),
    Route("POST", "/portal/login", EVERYBODY, portal_login.login),
    Route("POST", "/portal/logout", EVERYBODY, portal_login.logout),
    Route("GET", "/portal/static/<version>/<path:name>", EVERYBODY, portal_pages.static_file),
    # For the recipient of a live share: ordinals inside the share, never an identifier of a resource.
    Route("GET", "/portal/study", RECIPIENT, portal_pages.study_page),
    Route("GET", "/portal/openings", RECIPIENT, portal_openings.openings_page),
    Route("GET", "/portal/series/<int:ordinal>", RECIPIENT, portal_pages.viewer_page),
    Route("GET", "/portal/series/<int:ordinal>/thumbnail", RECIPIENT, portal_images.thumbnail),
    Route("GET", "/portal/series/<int:ordinal>/images/<int:number>", RECIPIENT, portal_images.image),
    Route("GET", "/portal/full-viewer/<int:ordinal>", RECIPIENT, portal_pages.full_viewer_page),
    Route("GET", "/portal/full-viewer/<int:ordinal>/<key>", RECIPIENT, portal_pages.chosen_viewer_page),
    Route("GET", "/portal/series/<int:ordinal>/ohif.json", RECIPIENT, portal_ohif.ohif_document),
    Route("GET", "/portal/ohif/<version>/basic", RECIPIENT, portal_ohif.ohif_page),
    Route("GET", "/portal/ohif/<version>/<path:name>", RECIPIENT, portal_ohif.ohif_file),
    # For staff.
    Route("GET", "/patient-share", STAFF, staff_pages.entry),
    Route("GET", f"{_API}/openapi.json", STAFF, staff_api.openapi),
    Route("POST", f"{_API}/shares", STAFF, staff_api.create),
    Route("GET", f"{_API}/shares", STAFF, staff_api.listing),
    Route("GET", f"{_API}/shares/<share_id>", STAFF, staff_api.get),
    Route("POST", f"{_API}/shares/<share_id>/extend", STAFF, staff_api.extend),
    Route("POST", f"{_API}/shares/<share_id>/revoke", STAFF, staff_api.revoke),
    Route("POST", f"{_API}/shares/<share_id>/pause", STAFF, staff_api.pause),
    Route("POST", f"{_API}/shares/<share_id>/resume", STAFF, staff_api.resume),
    Route("POST", f"{_API}/shares/<share_id>/reissue", STAFF, staff_api.reissue),
    Route("DELETE", f"{_API}/shares/<share_id>", STAFF, staff_api.delete),
    Route("POST", f"{_API}/shares/<share_id>/consent", STAFF, consent_api.record),
    Route("POST", f"{_API}/shares/<share_id>/withdraw-consent", STAFF, consent_api.withdraw),
    Route("POST", f"{_API}/objections", STAFF, consent_api.object_),
    Route("POST", f"{_API}/objections/check", STAFF, consent_api.objection),
    Route("POST", f"{_API}/objections/remove", STAFF, consent_api.consent_again),
    Route("GET", f"{_API}/audit", STAFF, audit_api.listing),
    Route("GET", f"{_API}/audit/export", STAFF, audit_api.export),
    Route("GET", f"{_API}/audit/verify", STAFF, audit_api.verify),
)
