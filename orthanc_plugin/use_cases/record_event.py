"""Write an event to the audit log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..domain.audit import AuditEvent, Who
from ..domain.audit_terms import Action, Outcome
from ..domain.share import Share
from ..ports import AuditLog, Clock


@dataclass(frozen=True)
class RecordEvent:
    """One line where something happens.

    Called inside the transaction that holds the change: both are kept, or none. An exception of the log therefore
    stops the action, which is intended: what cannot be recorded does not happen.
    """

    log: AuditLog
    clock: Clock
    # Told what was written and how often it happened, for monitoring; also if the transaction fails later on.
    noted: Callable[[Action, int], None] = lambda _action, _count: None

    def __call__(
        self,
        action: Action,
        who: Who,
        share: Share | None = None,
        outcome: Outcome = Outcome.SUCCESS,
        series: int | None = None,
        studies: Sequence[str] | None = None,
        **detail: str | int,
    ) -> None:
        """Write it; raises Unavailable, or ValueError for a detail that AuditEvent refuses.

        `studies` are Study Instance UIDs, where they are not those of the share.
        """
        self.log.append(
            AuditEvent(
                action=action,
                at=int(self.clock.now()),
                who=who,
                outcome=outcome,
                share_id=share.id if share else None,
                studies=_uids(share) if studies is None else tuple(studies),
                series=series,
                detail=detail,
            )
        )
        count = detail.get("count", 1)
        self.noted(action, count if isinstance(count, int) else 1)


def _uids(share: Share | None) -> tuple[str, ...]:
    studies = share.studies if share else ()
    return tuple(study.study_instance_uid for study in studies if study.study_instance_uid is not None)
