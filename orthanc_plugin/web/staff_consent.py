"""Who objected, or withdrew the consent, and has agreed since: what the form for a share offers, and what a tick does.

A tick carries the moment of the objection that the page has shown, and counts for this one alone: an old page that is
sent again must not undo what the person has said since.
"""

from __future__ import annotations

from ..domain.errors import InvalidInput
from ..domain.study import is_orthanc_id
from .context import services, staff_user


def objection(patient_id: str) -> str:
    """What the box on the form carries; empty where the register holds nothing that could be taken back."""
    try:
        since = services().consent.objects_since(patient_id)
    except InvalidInput:
        return ""
    return "" if since is None else str(since)


def agreed_anew(study_id: str, ticked: str) -> bool:
    """Take the objection back that was shown; False where it was not ticked, or is another one."""
    study = services().archive.study(study_id) if ticked and is_orthanc_id(study_id) else None
    if study is None or objection(study.patient_id) != ticked:
        return False
    return services().consent.consent_again(study.patient_id, staff_user())
