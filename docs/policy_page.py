"""The policy as a page for people, made by asking domain/policy.decide itself."""

from __future__ import annotations

from orthanc_plugin.domain.policy import Reason, decide
from orthanc_plugin.domain.principal import Anonymous, Principal, Recipient, Staff
from orthanc_plugin.domain.share import Audience, Share, SharedStudy, ShareState
from orthanc_plugin.domain.study import Place
from orthanc_plugin.domain.target import NativeRoute, OwnRoute, RouteAudience, StudyData, Target, ViewerFile

_NOW = 1000


def _share(left_out: str = "", expires_at: int = _NOW + 1, **changes: int) -> Share:
    return Share(
        id="1",
        studies=(SharedStudy("study", "1.2"),),
        audience=Audience.PATIENT,
        language="de",
        created_at=0,
        created_by="staff",
        expires_at=expires_at,
        excluded_series=frozenset({left_out} if left_out else ()),
        **changes,
    )


WHO: dict[str, Principal] = {
    "Not signed in": Anonymous(),
    "Recipient, valid share": Recipient(_share(), ""),
    "Recipient, valid share without some series": Recipient(_share("left out"), ""),
    "Recipient, paused share": Recipient(_share(paused_at=_NOW), ""),
    "Recipient, expired share": Recipient(_share(expires_at=_NOW), ""),
    "Recipient, revoked share": Recipient(_share(revoked_at=_NOW), ""),
    "Staff": Staff("staff"),
}
_KEPT, _LEFT_OUT = Place("study", "kept"), Place("study", "left out")
WHAT: dict[str, Target] = {
    "Start page, log-in and log-out, appearance of the pages": OwnRoute(RouteAudience.EVERYBODY),
    "Portal: overview and images of the recipient's own share": OwnRoute(RouteAudience.RECIPIENT),
    "Creating, listing, extending and revoking shares": OwnRoute(RouteAudience.STAFF),
    "Program files of a viewer (no patient data)": ViewerFile(),
    "Viewer: a series that belongs to the share": StudyData((_KEPT,)),
    "Viewer: a series of the same study that was left out": StudyData((_LEFT_OUT,)),
    "Viewer: the shared study as a whole": StudyData((Place("study"),)),
    "Viewer: another study, of the same or of another patient": StudyData((Place("other", "series"),)),
    "Viewer: shared and other data in one request": StudyData((_KEPT, Place("other", "series"))),
    "Viewer: something that Orthanc does not know": StudyData((None,)),
    "Everything else in Orthanc: lists, searches, other formats, settings, changing, deleting": NativeRoute(),
}
_NOT_APPLICABLE = ("Recipient, valid share", "Viewer: a series of the same study that was left out")

# Why a request can be refused (or passed on) before it is known who asks, or after.
BEFORE = {
    Reason.OWN_ROUTE: "passed on to the portal or the staff's pages, which decide by the table",
    Reason.NOT_READY: "the plugin has not finished starting, or Orthanc is stopping",
    Reason.METHOD_OVERRIDE: "one kind of request is disguised as another",
    Reason.MULTIPART: "a form in several parts, each of which could pretend to come from somebody else",
    Reason.BODY_TOO_LARGE: "more is sent than these pages ever need",
    Reason.UNSAFE_TO_DECODE: "a native viewer wants Orthanc to decode pixels on a thread that is too small for it; the "
    "patient viewer shows them",
    Reason.CROSS_SITE: "another website made the browser of staff send a change",
    Reason.BUSY: "more requests wait than can be handled; the browser may try again",
    Reason.STORE_UNAVAILABLE: "the list of shares cannot be read; without it nobody is let in",
}

_HEAD = """# Who may reach what

This page is made from the rule that the product itself asks (`orthanc_plugin/domain/policy.py`, `decide`): `make docs`
writes it, and `make check` fails while the two differ. It is meant for data protection officers.

- **Share** (Freigabe): one study (Untersuchung) or several of one patient, handed to one recipient until the end of
  a day that the practice chooses. Series can be left out of it.
- **Recipient** (Empfänger): the patient or the referring practice, signed in with access code and password. A signed-in
  recipient is known by one share and reaches nothing by being the same patient.
- **Staff** (Personal): users of the practice's Orthanc, with their own password.

Every single request is decided anew, by the clock and by the state of the share at that moment. What is in no line
below is refused. "Viewer" means the routes of Orthanc that an enabled viewer program reads; where no viewer is enabled,
they belong to "Everything else".
"""
_AFTER = """
{states}

## Refused whoever asks

These come before the table: a request is refused for its form, or because the product cannot decide.

| Said in the log | What it means |
| --- | --- |
"""


def _cell(who: str, what: str) -> str:
    if (who, what) == _NOT_APPLICABLE:
        return "(none is left out)"
    decision = decide(WHO[who], WHAT[what], _NOW)
    return "**yes**" if decision.allowed else f"no: {decision.reason}"


def page() -> str:
    """The whole page."""
    rows = ["| | " + " | ".join(WHO) + " |", "| --- |" + " --- |" * len(WHO)]
    rows += [f"| {what} | " + " | ".join(_cell(who, what) for who in WHO) + " |" for what in WHAT]
    allowed = {decide(principal, target, _NOW) for principal in WHO.values() for target in WHAT.values()}
    reasons = [reason for reason in Reason if any(d.allowed and d.reason is reason for d in allowed)]
    states = (
        f"A share is {', '.join(ShareState)}. A revoked one stays revoked; an expired one can be extended, a paused\n"
    )
    states += "one resumed.\n"
    states += f'"Yes" is noted as: {"; ".join(reasons)}.'
    before = "".join(f"| {reason} | {BEFORE[reason]} |\n" for reason in Reason if reason in BEFORE)
    return f"{_HEAD}\n" + "\n".join(rows) + "\n" + _AFTER.format(states=states) + before
