"""The list of shares, one share, and what staff do with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import flask

from ..domain.errors import AlreadyReissued, InvalidInput, ReportNotFound
from ..domain.report import AddedReport, ReportRule
from ..domain.share import Share, ShareState
from ..domain.study import StudySummary
from ..ports import AuditFilter, ShareFilter
from ..use_cases.reissue_password import Reissued
from . import staff_api
from .context import language, services, staff_user
from .own_paths import API, STAFF
from .pages import page, see_other
from .staff_mail import listed
from .staff_search import words
from .staff_sharing import made
from .staff_words import Words, complaint

_PAGE = 25
_HISTORY = 100
SHARES = f"{STAFF}/shares"
_SHOWN: Mapping[str, ShareFilter] = {
    "all": ShareFilter(),
    "open": ShareFilter(state=ShareState.ACTIVE),
    "never": ShareFilter(state=ShareState.ACTIVE, opened=False),
    "paused": ShareFilter(state=ShareState.PAUSED),
    "expired": ShareFilter(state=ShareState.EXPIRED),
    "revoked": ShareFilter(state=ShareState.REVOKED),
}
_DONE = ("extend", "pause", "resume", "report", "revoke", "consent", "withdraw", "delete", "email", "email-late",
         "report-added", "report-removed")  # fmt: skip


def listing() -> flask.Response:
    """Shares, newest first."""
    shown = flask.request.args.get("show", "all")
    cursor = flask.request.args.get("cursor")
    if shown not in _SHOWN:
        shown = "all"
    try:
        found = services().manage_share.page(_SHOWN[shown], _PAGE, cursor)
    except InvalidInput:
        return see_other(SHARES)
    spoken = words()
    return page(
        "staff_shares.html",
        user=staff_user(),
        shown=shown,
        rows=[_row(spoken, share) for share in found.shares],
        next_cursor=found.next_cursor,
        is_first=cursor is None,
        done=_done(),
    )


def one(share_id: str) -> flask.Response:
    """One share with everything that can be done with it."""
    return _one(services().manage_share.get(share_id))


def history(share_id: str) -> flask.Response:
    """Who did what with it, and when."""
    share, spoken = services().manage_share.get(share_id), words()
    found = services().read_audit.page(
        staff_user(), AuditFilter(share_id=share.id), _HISTORY, flask.request.args.get("cursor")
    )
    return page(
        "staff_history.html",
        user=staff_user(),
        row=_row(spoken, share),
        entries=[_event(spoken, json.loads(entry.text)) for entry in found.entries],
        next_cursor=found.next_cursor,
    )


def extend(share_id: str) -> flask.Response:
    """Let it end later, or earlier."""
    text = flask.request.form.get("days", "")
    days = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    try:
        services().manage_share.extend(share_id, days, staff_user())
    except InvalidInput as fault:
        return _one(services().manage_share.get(share_id), fault.field)
    return _back(share_id, "extend")


def pause(share_id: str) -> flask.Response:
    """Close it for the time being."""
    services().manage_share.pause(share_id, staff_user())
    return _back(share_id, "pause")


def resume(share_id: str) -> flask.Response:
    """Open it again."""
    services().manage_share.resume(share_id, staff_user())
    return _back(share_id, "resume")


def report(share_id: str) -> flask.Response:
    """Release the report, hold it back, or give it a time."""
    try:
        released = flask.request.form.get("release") == "1"
        rule = ReportRule.parse("at-once" if released else flask.request.form.get("report", ""))
    except ValueError:
        return _one(services().manage_share.get(share_id), "report")
    services().manage_share.set_report(share_id, rule, staff_user())
    return _back(share_id, "report")


def remove_report(share_id: str) -> flask.Response:
    """Take a report out again that was added by mistake."""
    share = services().manage_share.get(share_id)
    report_id = flask.request.form.get("report", "")
    if report_id not in {one.id for one in _added(share)}:
        raise ReportNotFound
    services().look_after_reports.remove(report_id, staff_user())
    return _back(share_id, "report-removed")


def _added(share: Share) -> list[AddedReport]:
    return [one for study_id in sorted(share.study_ids) for one in services().look_after_reports.of(study_id)]


def revoke(share_id: str) -> flask.Response:
    """Close it for good."""
    services().manage_share.revoke(share_id, staff_user())
    return _back(share_id, "revoke")


def delete(share_id: str) -> flask.Response:
    """Remove it from the list."""
    services().manage_share.delete(share_id, staff_user())
    return see_other(f"{SHARES}?done=delete")


def consent(share_id: str) -> flask.Response:
    """Note that the consent is there."""
    services().consent.record(share_id, staff_user())
    return _back(share_id, "consent")


def withdraw(share_id: str) -> flask.Response:
    """The patient withdraws the consent."""
    services().consent.withdraw(share_id, staff_user())
    return _back(share_id, "withdraw")


def reissue(share_id: str) -> flask.Response:
    """A new password, and a new letter where it went astray; a form that comes twice changes nothing more."""
    seen = flask.request.form.get("issue", "")

    def only_once(_made: Reissued) -> None:
        # Inside the transaction, after the change: nobody can come in between.
        if str(services().manage_share.get(share_id).issue - 1) != seen:
            raise AlreadyReissued

    try:
        new = services().reissue_password(share_id, flask.request.form.get("what") == "letter", staff_user(), only_once)
    except AlreadyReissued:
        return page("staff_made_before.html", 409, user=staff_user(), share_id=share_id)
    return made(new.share, new.code, new.password, tuple(staff_api.studies(new.share)), again=True)


def _one(share: Share, wrong: str = "") -> flask.Response:
    used, spoken = services(), words()
    state = share.state(used.clock.now())
    studies = staff_api.studies(share)
    # One examination needs no name beside its reports.
    names = {study.id: spoken.name(study) for study in studies} if len(share.studies) > 1 else {}
    return page(
        "staff_one_share.html",
        422 if wrong else 200,
        user=staff_user(),
        complaint=complaint(wrong, language()) if wrong else "",
        row=_row(spoken, share),
        studies=[spoken.study(study) for study in studies],
        awaited=sum(study.id is None for study in share.studies),
        left_out=len(share.excluded_series),
        note=share.note,
        emails=listed(share, spoken),
        report=spoken.report(share.report),
        added_reports=[
            {"id": one.id, "at": spoken.moment(one.added_at), "study": names.get(one.study_id, "")}
            for one in _added(share)
        ],
        uploads=[{"url": f"{API}/studies/{study.id}/reports", "study": names.get(study.id, "")} for study in studies],
        report_choices=spoken.report_choices(share.report),
        issue=share.issue,
        language=share.language,
        created=spoken.moment(share.created_at),
        created_by=share.created_by,
        last_day=spoken.last_day(share),
        consent=share.consent and {"by": share.consent.recorded_by, "at": spoken.moment(share.consent.recorded_at)},
        is_revoked=state is ShareState.REVOKED,
        is_paused=state is ShareState.PAUSED,
        is_active=state is ShareState.ACTIVE,
        is_closed=state in (ShareState.REVOKED, ShareState.EXPIRED),
        default_days=used.manage_share.validity.default_days,
        max_days=used.manage_share.validity.max_days,
        done=_done(),
    )


def _row(spoken: Words, share: Share) -> dict[str, Any]:
    studies: list[StudySummary] = staff_api.studies(share)
    return {
        "id": share.id,
        "study": spoken.study(studies[0]) if studies else None,
        "more": len(share.studies) - 1,
        "audience": spoken.audience(share.audience),
        "created": spoken.day(share.created_at),
        "openings": spoken.openings(share),
        "expiry": spoken.expiry(share),
        "failures": spoken.failures(services().failures(share.id)),
        **spoken.state(share),
    }


def _event(spoken: Words, entry: Mapping[str, Any]) -> dict[str, Any]:
    who = str(entry["who"])
    text = spoken.language.text
    if who.startswith("staff:"):
        person = who.removeprefix("staff:")
    else:
        person = text("With code and password") if who.startswith("recipient:") else text("By itself")
    return {
        "at": spoken.moment(entry["at"]),
        "who": person,
        "what": event_words(str(entry["action"]), spoken),
        "failed": entry["outcome"] != 0,
    }


def event_words(action: str, spoken: Words) -> str:
    """An action of the audit log in words."""
    text = spoken.language.text
    return {
        "share-created": text("Share created"),
        "share-extended": text("End moved"),
        "share-paused": text("Paused"),
        "report-timed": text("Time of the report changed"),
        "share-resumed": text("Opened again after a pause"),
        "share-revoked": text("Revoked"),
        "share-deleted": text("Deleted"),
        "password-reissued": text("New password issued"),
        "share-printed": text("Letter printed"),
        "report-released": text("Report released"),
        "report-added": text("Report added"),
        "report-removed": text("Report removed"),
        "login": text("Images opened"),
        "login-failed": text("Wrong password"),
        "logout": text("Logged out"),
        "session-ended": text("Logged out by itself"),
        "study-viewed": text("Overview looked at"),
        "series-viewed": text("Images looked at"),
        "exported": text("Images downloaded"),
        "study-arrived": text("Images arrived"),
        "study-gone": text("Images no longer there"),
        "consent-recorded": text("Consent noted"),
        "consent-withdrawn": text("Consent withdrawn"),
        "email-ordered": text("E-mail ordered"),
        "email-ended": text("E-mail sent or given up"),
        "email-retried": text("E-mail tried again"),
        "email-cancelled": text("E-mail cancelled"),
        "audit-read": text("History looked at"),
    }.get(action, action)


def _back(share_id: str, done: str) -> flask.Response:
    return see_other(f"{SHARES}/{share_id}?done={done}")


def _done() -> str:
    wanted = flask.request.args.get("done", "")
    return wanted if wanted in _DONE else ""
