"""Staff add a report (PDF) to a study, or take out again what was added by mistake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..domain.audit import Who
from ..domain.audit_terms import Action
from ..domain.errors import ReportNotFound, StudyNotFound, Unavailable
from ..domain.report import AddedReport
from ..domain.study import StudySummary
from ..ports import Archive, Clock, ReportKeeper, Transaction
from .record_event import RecordEvent


@dataclass(frozen=True)
class LookAfterReports:
    """When a recipient sees the report is a matter of each share's rule (domain/report.py).

    `check` answers the PDF without anything that acts, or raises UnusableReport; `forget` drops what this process
    remembers of a study.
    """

    archive: Archive
    keeper: ReportKeeper
    check: Callable[[bytes], bytes]
    forget: Callable[[str], None]
    clock: Clock
    transaction: Transaction
    record: RecordEvent

    def add(self, study_id: str, data: bytes, user: str) -> AddedReport:
        """Keep it with the study; raises StudyNotFound, UnusableReport or Unavailable."""
        study = self._study(study_id)
        clean = self.check(data)
        try:
            made = self.keeper.add(study.id, clean)
        except OSError:
            raise Unavailable from None
        if made is None:
            raise StudyNotFound
        try:
            self._note(Action.REPORT_ADDED, study, user)
        except Unavailable:
            # What cannot be recorded does not happen.
            self.keeper.remove(made)
            raise
        finally:
            self.forget(study.id)
        return AddedReport(made, study.id, int(self.clock.now()))

    def of(self, study_id: str) -> Sequence[AddedReport]:
        """What was added to the study, oldest first; raises Unavailable."""
        try:
            return self.keeper.of(study_id)
        except OSError:
            raise Unavailable from None

    def remove(self, report_id: str, user: str) -> None:
        """Take it out of Orthanc for good; raises ReportNotFound unless it was added here, or Unavailable."""
        try:
            study_id = self.keeper.study_of(report_id)
            if study_id is None:
                raise ReportNotFound
            self._note(Action.REPORT_REMOVED, self._study(study_id), user)
            self.keeper.remove(report_id)
        except OSError:
            raise Unavailable from None
        self.forget(study_id)

    def _study(self, study_id: str) -> StudySummary:
        study = self.archive.study(study_id)
        if study is None:
            raise StudyNotFound
        return study

    def _note(self, action: Action, study: StudySummary, user: str) -> None:
        with self.transaction():
            self.record(action, Who.staff(user), studies=[study.study_instance_uid])
