"""All of the product's own routes in one table, each with its audience. What is not in the table does not exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..domain.target import RouteAudience
from . import (
    audit_api,
    consent_api,
    mail_api,
    picture_batch,
    portal_compare,
    portal_contact,
    portal_download,
    portal_geometry,
    portal_images,
    portal_login,
    portal_ohif,
    portal_openings,
    portal_pages,
    portal_reports,
    portal_texts,
    presence,
    report_api,
    staff_api,
    staff_mail,
    staff_preview,
    staff_search,
    staff_shares,
    staff_sharing,
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
    Route("GET", "/portal/help", EVERYBODY, portal_texts.help_index),
    Route("GET", "/portal/help/<slug>", EVERYBODY, portal_texts.help_page),
    Route("GET", "/portal/legal/<slug>", EVERYBODY, portal_texts.legal),
    Route("POST", "/portal/language", EVERYBODY, portal_texts.choose_language),
    Route("GET", "/portal/contact", EVERYBODY, portal_contact.form),
    Route("POST", "/portal/contact", EVERYBODY, portal_contact.send),
    Route("POST", "/portal/logout", EVERYBODY, portal_login.logout),
    Route("GET", "/portal/static/<version>/<path:name>", EVERYBODY, portal_pages.static_file),
    # For the recipient of a live share: ordinals inside the share, never an identifier of a resource.
    Route("GET", "/portal/study", RECIPIENT, portal_pages.study_page),
    Route("POST", "/portal/presence", RECIPIENT, presence.heartbeat),
    Route("POST", "/portal/presence/farewell", RECIPIENT, presence.farewell),
    Route("GET", "/portal/openings", RECIPIENT, portal_openings.openings_page),
    Route("GET", "/portal/series/<int:ordinal>", RECIPIENT, portal_pages.viewer_page),
    Route("GET", "/portal/series/<int:ordinal>/thumbnail", RECIPIENT, portal_images.thumbnail),
    Route("GET", "/portal/series/<int:ordinal>/images/<int:number>", RECIPIENT, portal_images.image),
    Route("GET", "/portal/series/<int:ordinal>/batch/<int:first>", RECIPIENT, picture_batch.batch),
    Route("GET", "/portal/series/<int:ordinal>/images.zip", RECIPIENT, portal_download.one_series),
    Route("GET", "/portal/series/<int:ordinal>/documents/<int:number>", RECIPIENT, portal_reports.document),
    Route("GET", "/portal/download", RECIPIENT, portal_download.choices),
    Route("POST", "/portal/download", RECIPIENT, portal_download.protected),
    Route("GET", "/portal/download/images.zip", RECIPIENT, portal_download.dicom),
    Route("GET", "/portal/download/pictures.zip", RECIPIENT, portal_download.pictures),
    Route("GET", "/portal/download/everything.zip", RECIPIENT, portal_download.both),
    Route("GET", "/portal/series/<int:ordinal>/geometry", RECIPIENT, portal_geometry.geometry),
    Route("GET", "/portal/compare/<int:left>/<int:right>", RECIPIENT, portal_compare.compare_page),
    Route("GET", "/portal/full-viewer/<int:ordinal>", RECIPIENT, portal_pages.full_viewer_page),
    Route("GET", "/portal/full-viewer/<int:ordinal>/<key>", RECIPIENT, portal_pages.chosen_viewer_page),
    Route("GET", "/portal/series/<int:ordinal>/ohif.json", RECIPIENT, portal_ohif.ohif_document),
    Route("GET", "/portal/ohif/<version>/basic", RECIPIENT, portal_ohif.ohif_page),
    Route("GET", "/portal/ohif/<version>/<path:name>", RECIPIENT, portal_ohif.ohif_file),
    # For staff.
    Route("GET", "/patient-share", STAFF, staff_search.entry),
    Route("GET", "/patient-share/static/<version>/<path:name>", STAFF, staff_search.static_file),
    Route("POST", "/patient-share/search", STAFF, staff_search.search),
    Route("GET", "/patient-share/help", STAFF, portal_texts.staff_help),
    Route("GET", "/patient-share/preview", STAFF, staff_preview.index),
    Route("GET", "/patient-share/preview/<name>", STAFF, staff_preview.shown),
    Route("POST", "/patient-share/language", STAFF, staff_search.choose_language),
    Route("GET", "/patient-share/share", STAFF, staff_sharing.form),
    Route("POST", "/patient-share/share", STAFF, staff_sharing.create),
    Route("POST", "/patient-share/letter", STAFF, staff_sharing.letter),
    Route("POST", "/patient-share/mail", STAFF, staff_mail.send),
    Route("GET", "/patient-share/shares", STAFF, staff_shares.listing),
    Route("GET", "/patient-share/shares/<share_id>", STAFF, staff_shares.one),
    Route("GET", "/patient-share/shares/<share_id>/history", STAFF, staff_shares.history),
    Route("POST", "/patient-share/shares/<share_id>/mail", STAFF, staff_mail.change),
    Route("POST", "/patient-share/shares/<share_id>/reissue", STAFF, staff_shares.reissue),
    Route("POST", "/patient-share/shares/<share_id>/extend", STAFF, staff_shares.extend),
    Route("POST", "/patient-share/shares/<share_id>/pause", STAFF, staff_shares.pause),
    Route("POST", "/patient-share/shares/<share_id>/resume", STAFF, staff_shares.resume),
    Route("POST", "/patient-share/shares/<share_id>/report", STAFF, staff_shares.report),
    Route("POST", "/patient-share/shares/<share_id>/unreport", STAFF, staff_shares.remove_report),
    Route("POST", "/patient-share/shares/<share_id>/revoke", STAFF, staff_shares.revoke),
    Route("POST", "/patient-share/shares/<share_id>/delete", STAFF, staff_shares.delete),
    Route("POST", "/patient-share/shares/<share_id>/consent", STAFF, staff_shares.consent),
    Route("POST", "/patient-share/shares/<share_id>/withdraw", STAFF, staff_shares.withdraw),
    Route("GET", f"{_API}/openapi.json", STAFF, staff_api.openapi),
    Route("POST", f"{_API}/shares", STAFF, staff_api.create),
    Route("GET", f"{_API}/shares", STAFF, staff_api.listing),
    Route("POST", f"{_API}/letters", STAFF, staff_api.letters),
    Route("GET", f"{_API}/shares/<share_id>", STAFF, staff_api.get),
    Route("POST", f"{_API}/shares/<share_id>/extend", STAFF, staff_api.extend),
    Route("POST", f"{_API}/shares/<share_id>/revoke", STAFF, staff_api.revoke),
    Route("POST", f"{_API}/shares/<share_id>/pause", STAFF, staff_api.pause),
    Route("POST", f"{_API}/shares/<share_id>/resume", STAFF, staff_api.resume),
    Route("POST", f"{_API}/shares/<share_id>/report", STAFF, staff_api.report),
    Route("GET", f"{_API}/studies/<study_id>/reports", STAFF, report_api.listing),
    Route("POST", f"{_API}/studies/<study_id>/reports", STAFF, report_api.add),
    Route("DELETE", f"{_API}/reports/<report_id>", STAFF, report_api.remove),
    Route("POST", f"{_API}/shares/<share_id>/reissue", STAFF, staff_api.reissue),
    Route("DELETE", f"{_API}/shares/<share_id>", STAFF, staff_api.delete),
    Route("POST", f"{_API}/shares/<share_id>/consent", STAFF, consent_api.record),
    Route("POST", f"{_API}/shares/<share_id>/withdraw-consent", STAFF, consent_api.withdraw),
    Route("GET", f"{_API}/shares/<share_id>/emails", STAFF, mail_api.emails),
    Route("POST", f"{_API}/emails/<email_id>/retry", STAFF, mail_api.retry),
    Route("POST", f"{_API}/emails/<email_id>/cancel", STAFF, mail_api.cancel),
    Route("POST", f"{_API}/objections", STAFF, consent_api.object_),
    Route("POST", f"{_API}/objections/check", STAFF, consent_api.objection),
    Route("POST", f"{_API}/objections/remove", STAFF, consent_api.consent_again),
    Route("GET", f"{_API}/audit", STAFF, audit_api.listing),
    Route("GET", f"{_API}/audit/export", STAFF, audit_api.export),
    Route("GET", f"{_API}/audit/verify", STAFF, audit_api.verify),
)
