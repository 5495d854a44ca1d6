"""Shares and studies in plain words, for people at a reception desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ..domain.modality import has_images
from ..domain.person_name import display_name
from ..domain.report import ReportRule, ReportTime
from ..domain.share import Audience, Presence, Share, ShareState
from ..domain.study import StudySummary
from ..domain.study_search import FoundStudy
from ..i18n.catalogue import Language
from ..i18n.dicom_words import modality_label
from ..use_cases.validity import last_valid_day


@dataclass(frozen=True)
class Words:
    """Speaks one language at one moment (seconds since 1970)."""

    language: Language
    now: float
    zone: ZoneInfo

    def state(self, share: Share) -> dict[str, str]:
        """The one word that counts, and a kind for the style sheet."""
        text, state = self.language.text, share.state(self.now)
        if state is ShareState.REVOKED:
            return {"kind": "closed", "label": text("Revoked")}
        if state is ShareState.EXPIRED:
            return {"kind": "closed", "label": text("Expired")}
        if state is ShareState.PAUSED:
            return {"kind": "waiting", "label": text("Paused")}
        if share.presence is Presence.AWAITED:
            return {"kind": "waiting", "label": text("No images yet")}
        if share.presence is Presence.GONE:
            return {"kind": "closed", "label": text("Images no longer there")}
        return {"kind": "open", "label": text("Open")}

    def openings(self, share: Share) -> str:
        """How often it was opened, and when last."""
        seen = share.openings
        if not seen.count or seen.last_at is None:
            return self.language.text("Created, never opened")
        words = {"n": seen.count, "when": self.day(seen.last_at)}
        return (
            self.language.messages.ngettext("Opened once, %(when)s", "Opened %(n)d times, last %(when)s", seen.count)
            % words
        )

    def expiry(self, share: Share) -> str:
        """When it ends; empty where it can be opened no more."""
        if share.state(self.now) not in (ShareState.ACTIVE, ShareState.PAUSED):
            return ""
        days = (last_valid_day(share.expires_at, self.zone) - self._date(self.now)).days
        if days <= 0:
            return self.language.text("Ends today")
        return self.language.messages.ngettext("Ends tomorrow", "Ends in %(n)d days", days) % {"n": days}

    def failures(self, count: int) -> str:
        """Wrong passwords; empty for none."""
        if not count:
            return ""
        return self.language.messages.ngettext("Wrong password once", "Wrong password %(n)d times", count) % {
            "n": count
        }

    def day(self, moment: float) -> str:
        """Today, yesterday, or the date."""
        day = self._date(moment)
        past = (self._date(self.now) - day).days
        if past == 0:
            return self.language.text("today")
        return self.language.text("yesterday") if past == 1 else self.language.short_date(day)

    def moment(self, moment: float) -> str:
        """Date and time."""
        when = datetime.fromtimestamp(moment, self.zone)
        return f"{self.language.short_date(when.date())}, {self.language.time_of_day(when)}"

    def last_day(self, share: Share) -> str:
        """The last day on which it opens."""
        return self.language.long_date(last_valid_day(share.expires_at, self.zone))

    def report(self, rule: ReportRule) -> str:
        """When the recipient may read the report."""
        text = self.language.text
        match rule.time:
            case ReportTime.AT_ONCE:
                return text("At once")
            case ReportTime.NEVER:
                return text("Not at all")
            case ReportTime.HOLD:
                return text("When we release it")
            case ReportTime.FROM:
                return text("From %(moment)s") % {"moment": self.moment(rule.seconds)}
        hours = rule.seconds // 3600
        words = self.language.messages.ngettext(
            "One hour after it has arrived", "%(n)d hours after it has arrived", hours
        )
        return words % {"n": hours}

    def report_choices(self, chosen: ReportRule) -> list[dict[str, Any]]:
        """What staff can choose from; what was chosen otherwise stands first."""
        rules = [ReportRule(time) for time in (ReportTime.HOLD, ReportTime.AT_ONCE, ReportTime.NEVER)]
        rules[2:2] = [ReportRule(ReportTime.AFTER, hours * 3600) for hours in (24, 48, 72)]
        if chosen not in rules:
            rules.insert(0, chosen)
        return [{"value": rule.text, "label": self.report(rule), "chosen": rule == chosen} for rule in rules]

    def audience(self, audience: Audience) -> str:
        """Whom it is for."""
        text = self.language.text
        return text("For the patient") if audience is Audience.PATIENT else text("For the referring practice")

    def study(self, study: StudySummary, modalities: tuple[str, ...] | None = None) -> dict[str, Any]:
        """What people need to recognise a study."""
        kinds = modalities if modalities is not None else tuple(dict.fromkeys(s.modality for s in study.series))
        shown = [modality_label(self.language, kind) for kind in dict.fromkeys(kinds) if has_images(kind)]
        return {
            "id": study.id,
            "patient_name": display_name(study.patient_name) or self.language.text("No name"),
            "birth_date": self.language.dicom_date(study.patient_birth_date),
            "patient_id": study.patient_id,
            "date": self.language.dicom_date(study.study_date),
            "description": study.description or ", ".join(shown) or self.language.text("Examination"),
            "kind": ", ".join(dict.fromkeys(shown)),
            "arriving": not study.is_stable,
        }

    def name(self, study: StudySummary) -> str:
        """What tells it from the others of one share."""
        said = self.study(study)
        return " · ".join(part for part in (said["description"], said["date"]) if part)

    def found(self, found: FoundStudy) -> dict[str, Any]:
        """The same for an answer of a search."""
        return {**self.study(found.study, found.modalities), "images": found.images}

    def _date(self, moment: float) -> Any:
        return datetime.fromtimestamp(moment, self.zone).date()


def complaint(field: str, language: Language) -> str:
    """What is wrong with a field of a form."""
    text = language.text
    return {
        "search": text("Please fill in at least one field."),
        "name": text("Please enter at least two letters of the name, without * and ?."),
        "birth_date": text("Please enter the date of birth like this: 3.4.1958"),
        "study_date": text("Please enter the day of the examination like this: 24.11.2026"),
        "accession_number": text("This order number cannot be right. Please check it."),
        "patient_id": text("This patient number cannot be right. Please check it."),
        "consent": text("Please confirm that the consent is there. Without it nothing may be shared."),
        "validity_days": text("Please choose how long the access stays open."),
        "exclude_series": text("Please leave at least one part ticked."),
        "studies": text("The examinations must all belong to the same person."),
        "note": text("The note is too long, or holds characters that cannot be stored."),
        "gone": text("This examination is no longer in the archive."),
        "objects": text("This person does not want images to be shared, or has withdrawn the consent."),
        "busy": text("A lot is going on at the moment. Please press the button again."),
    }.get(field, text("Please check what you have entered."))
