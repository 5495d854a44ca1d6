"""Share a study: the form, and the one page that shows code and password."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import Any

import flask
from pydantic import ValidationError

from ..domain.credential import AccessCode, Password
from ..domain.errors import AlreadyShared, Busy, InvalidInput, PatientObjects, StudyNotFound, Unavailable
from ..domain.report import ReportRule, ReportTime
from ..domain.share import Audience, Share
from ..domain.study import SeriesSummary, StudyKey, StudyKeyKind, StudySummary, is_orthanc_id
from ..domain.study_search import StudySearch
from ..handout.letter import Part
from ..i18n.dicom_words import modality_label
from ..ports import ShareFilter
from ..use_cases.create_share import NewShare, ShareOrder
from ..use_cases.validity import end_of_day, last_valid_day
from . import staff_api
from .api_models import ShareRequest
from .context import language, services, staff_user
from .letter_page import letter_page
from .pages import page
from .staff_consent import agreed_anew, objection
from .staff_search import words
from .staff_words import Words, complaint

_CHOICES = (7, 14, 30, 90, 180, 365)
_OTHERS = 12
_ONCE = re.compile(r"[0-9a-f]{32}")
# How languages call themselves.
_NAMES = {"de": "Deutsch", "en": "English"}


@dataclass(frozen=True)
class _Typed:
    """What the form holds."""

    study_id: str
    days: str
    audience: str
    language: str
    once: str
    note: str = ""
    report: str = ""
    consent: bool = False
    # Which objection the person has taken back, as the box on the form carries it.
    agreed_anew: str = ""
    more: tuple[str, ...] = ()
    left_out: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class MailNote:
    """What the page says about an e-mail with the link."""

    sent_to: str = ""
    typed: str = ""
    wrong: bool = False


def form() -> flask.Response:
    """The form for one study."""
    used = services()
    audience = flask.request.args.get("audience", "")
    return _form(
        _Typed(
            study_id=flask.request.args.get("study", ""),
            days=str(used.manage_share.validity.default_days),
            audience=audience if audience in list(Audience) else Audience.PATIENT.value,
            language=used.default_language,
            once=secrets.token_hex(16),
        )
    )


def create() -> flask.Response:
    """Make the share and show code and password; a form that comes twice makes one share."""
    given = flask.request.form
    typed = _Typed(
        study_id=given.get("study", ""),
        days=given.get("days", ""),
        audience=given.get("audience", ""),
        language=given.get("language", ""),
        once=given.get("once", ""),
        note=given.get("note", "").replace("\r\n", "\n"),
        report=given.get("report", ""),
        consent=given.get("consent") == "1",
        agreed_anew=given.get("agreed_anew", ""),
        more=tuple(given.getlist("more")),
        left_out=frozenset(given.getlist("offered")) - frozenset(given.getlist("series")),
    )
    try:
        new = _shared(typed)
    except InvalidInput as fault:
        return _form(typed, fault.field)
    except ValidationError:
        return _form(typed, "note")
    except StudyNotFound:
        return _form(typed, "gone")
    except PatientObjects:
        return _form(typed, "objects")
    except (Busy, Unavailable):
        return _form(typed, "busy")
    except AlreadyShared as fault:
        return page("staff_made_before.html", 409, user=staff_user(), share_id=fault.share_id)
    return made(new.share, new.code, new.password, new.studies)


def _shared(typed: _Typed) -> NewShare:
    order = _order(typed)
    try:
        return services().create_share(order)
    except PatientObjects:
        # Asked only now: nothing else was wrong with the form.
        if not agreed_anew(typed.study_id, typed.agreed_anew):
            raise
    return services().create_share(order)


def made(
    share: Share,
    code: AccessCode | None,
    password: Password,
    studies: tuple[StudySummary, ...],
    again: bool = False,
    mail: MailNote | None = None,
) -> flask.Response:
    """The page with the password; without a code the old letter goes on."""
    spoken = words()
    return page(
        "staff_made.html",
        user=staff_user(),
        again=again,
        share={
            "id": share.id,
            "audience": spoken.audience(share.audience),
            "for_patient": share.audience is Audience.PATIENT,
            "last_day": spoken.last_day(share),
        },
        studies=[spoken.study(study) for study in studies],
        code=code.grouped if code else "",
        password=password.grouped,
        link=staff_api.link(code) if code else "",
        mail=(mail or MailNote()) if services().mail else None,
    )


def letter() -> flask.Response:
    """The letter, from the code and the password that the page before has shown."""
    given = flask.request.form
    code, password = AccessCode.parse(given.get("code", "")), Password.parse(given.get("password", ""))
    part = Part(given["part"]) if given.get("part") in list(Part) else Part.BOTH
    share = services().print_letter(given.get("share", ""), code, staff_user())
    html = staff_api.letter(share, code, password, staff_api.studies(share), part)
    if given.get("as") == "pdf":
        return _pdf(html)
    return letter_page(html)


def _pdf(html: str) -> flask.Response:
    try:
        made = services().as_pdf([html])
    except (Busy, Unavailable):
        return page("staff_message.html", 503, user=staff_user(), kind="pdf")
    answer = flask.Response(made, content_type="application/pdf")
    # No name of a patient: the list of downloads is seen by others.
    name = language().text("Letter")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer


def _order(typed: _Typed) -> ShareOrder:
    used = services()
    if typed.language not in used.languages or typed.audience not in list(Audience) or not _ONCE.fullmatch(typed.once):
        raise InvalidInput("form", "must be sent as it was shown")
    if not (typed.days.isascii() and typed.days.isdigit() and len(typed.days) < 6):
        raise InvalidInput("validity_days", "must be a number")
    # The same rules for the note as in the API.
    note = ShareRequest(orthanc_id=typed.study_id, note=typed.note).note
    try:
        report = ReportRule.parse(typed.report) if typed.report else None
    except ValueError:
        raise InvalidInput("report", "must be one of the choices") from None
    return ShareOrder(
        studies=tuple(StudyKey(StudyKeyKind.ORTHANC_ID, value) for value in (typed.study_id, *typed.more)),
        audience=Audience(typed.audience),
        language=typed.language,
        validity_days=int(typed.days),
        note=note,
        user=staff_user(),
        exclude_series=tuple(sorted(typed.left_out)),
        consent=typed.consent or bool(typed.agreed_anew),
        report=report,
        once=typed.once,
    )


def _form(typed: _Typed, wrong: str = "") -> flask.Response:
    used, spoken = services(), words()
    study = used.archive.study(typed.study_id) if is_orthanc_id(typed.study_id) else None
    if study is None:
        return page("staff_message.html", 404, user=staff_user(), kind="study")
    shares = used.manage_share.page(ShareFilter(study_id=study.id), 5, None).shares
    return page(
        "staff_share.html",
        422 if wrong else 200,
        user=staff_user(),
        typed=typed,
        wrong=wrong,
        complaint=staff_complaint(wrong),
        objection=objection(study.patient_id) if wrong == "objects" else "",
        study=spoken.study(study),
        series=[_series(entry, number) for number, entry in enumerate(study.ordered_series, start=1)],
        others=_others(spoken, study),
        report_choices=spoken.report_choices(ReportRule(ReportTime.HOLD)),
        days=_days(typed),
        languages=[(code, _NAMES.get(code, code)) for code in sorted(used.languages)],
        needs_consent=used.create_share.require_consent,
        shares=[
            {"id": s.id, "audience": spoken.audience(s.audience), "openings": spoken.openings(s), **spoken.state(s)}
            for s in shares
        ],
    )


def staff_complaint(wrong: str) -> str:
    """What is wrong, in the language of the page."""
    from_words = words().language
    return complaint(wrong, from_words) if wrong else ""


def _series(entry: SeriesSummary, number: int) -> dict[str, Any]:
    return {
        "id": entry.id,
        "title": entry.description or language().text("Series %(number)d") % {"number": number},
        "kind": modality_label(language(), entry.modality),
        "images": entry.instance_count,
    }


def _others(spoken: Words, study: StudySummary) -> list[dict[str, Any]]:
    """Further studies of the same person; another person may bear the same number."""
    try:
        same = StudySearch.parse(patient_id=study.patient_id)
    except InvalidInput:
        return []
    person = (study.patient_name, study.patient_birth_date, study.patient_id)
    return [
        spoken.found(entry)
        for entry in services().finder.find(same, _OTHERS, 0).studies
        if entry.study.id != study.id
        and (entry.study.patient_name, entry.study.patient_birth_date, entry.study.patient_id) == person
    ]


def _days(typed: _Typed) -> list[dict[str, Any]]:
    """Choices with the day they mean; the one that was chosen is always among them."""
    used = services()
    rule, now = used.manage_share.validity, used.clock.now()
    chosen = int(typed.days) if typed.days.isascii() and typed.days.isdigit() and len(typed.days) < 6 else 0
    counts = {*_CHOICES, rule.default_days, rule.max_days, chosen}
    return [
        {
            "count": count,
            "until": language().short_date(last_valid_day(end_of_day(now, count, used.zone), used.zone)),
            "chosen": count == chosen,
        }
        for count in sorted(counts)
        if 1 <= count <= rule.max_days
    ]
