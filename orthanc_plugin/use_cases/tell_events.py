"""Tell the practice's information system what happens to shares."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ..domain.audit import AuditEvent
from ..domain.audit_terms import Action
from ..domain.outbox import Delivery, MailKind, MailState, OutboxEntry, RetryRule
from ..domain.share import Share
from ..ports import AuditLog, Clock, Entropy, EventCarrier, Outbox, ShareRepository

# What is told, by the name of the audit log.
NAMES = {
    Action.SHARE_CREATED: "share-created",
    Action.LOGIN: "share-first-opened",
    Action.SHARE_REVOKED: "share-revoked",
}


@dataclass(frozen=True)
class TellEvents:
    """AuditLog: writes to `log`, and files what is to be told in the same transaction: both are kept, or neither.

    No names, codes or addresses: the payload holds identifiers and times.
    """

    log: AuditLog
    outbox: Outbox
    shares: ShareRepository
    entropy: Entropy
    targets: tuple[str, ...]

    def append(self, event: AuditEvent) -> None:
        """Write one event; raises Unavailable."""
        self.log.append(event)
        name, share = NAMES.get(event.action), event.share_id and self.shares.get(event.share_id)
        if not (name and isinstance(share, Share) and self.targets):
            return
        if event.action is Action.LOGIN and share.openings.count != 1:
            return
        identifier = f"{self.entropy.bits(128):032x}"
        body = {
            "id": identifier,
            "event": name,
            "at": datetime.fromtimestamp(event.at, UTC).isoformat().replace("+00:00", "Z"),
            "share_id": share.id,
            "audience": share.audience.value,
            "study_instance_uids": list(event.study_instance_uids),
        }
        text = json.dumps(body, sort_keys=True).encode("ascii")
        for target in self.targets:
            row = f"{self.entropy.bits(128):032x}"
            entry = OutboxEntry(
                row, share.id, MailKind.EVENT, MailState.WAITING, event.at, "system", 0, event.at, event.at
            )
            self.outbox.add(entry, target, text)


@dataclass(frozen=True)
class DeliverEvents:
    """One step of the events. They arrive at least once: the receiver knows an event by its id."""

    outbox: Outbox
    carriers: Mapping[str, EventCarrier]
    shares: ShareRepository
    # Accession numbers of the studies of a share, DICOM (0008,0050).
    accession_numbers: Callable[[Share], list[str]] | None
    clock: Clock
    rule: RetryRule
    lease: int
    report: Callable[[str], None]

    def __call__(self) -> bool:
        """Try the event that is due longest; False where none is. Raises Unavailable."""
        mail = self.outbox.claim(int(self.clock.now()), self.lease, events=True)
        if mail is None:
            return False
        body = json.loads(mail.message)
        carrier = self.carriers.get(mail.address)
        if carrier is None:
            # The setting has gone since.
            self.outbox.remove(mail)
            return True
        share = self.shares.get(mail.entry.share_id)
        if self.accession_numbers and share:
            body["accession_numbers"] = self.accession_numbers(share)
        delivery = carrier.carry(body["id"], json.dumps(body, sort_keys=True).encode("ascii"))
        if delivery.state is MailState.SENT:
            self.outbox.remove(mail)
        elif self.rule.exhausted(mail.entry.attempts):
            self.outbox.remove(mail)
            self.report(f"an event for {mail.address} was given up: {delivery.reason.value} {delivery.reply}")
        else:
            self._again(mail.entry.attempts, delivery, mail.address)
            now = int(self.clock.now())
            self.outbox.settle(mail, delivery, now, now + self.rule.after(mail.entry.attempts))
        return True

    def _again(self, attempts: int, delivery: Delivery, target: str) -> None:
        if attempts == 1:
            self.report(f"an event for {target} is tried again: {delivery.reason.value} {delivery.reply}")
