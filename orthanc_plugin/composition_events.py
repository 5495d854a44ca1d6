"""Wires events for other systems."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from .adapters import orthanc_sdk as sdk
from .adapters.background import Background
from .adapters.event_carriers import FileDrop, Webhook
from .adapters.keyring import Keyring
from .adapters.secret_file import SecretFileError, read_secret
from .adapters.store.outbox import SqlOutbox
from .domain.outbox import RetryRule
from .domain.share import Share
from .ports import Archive, AuditLog, Clock, Entropy, EventCarrier, ShareRepository
from .settings import EventSettings, Role, Settings
from .use_cases.tell_events import DeliverEvents, TellEvents

WEBHOOK, FOLDER = "webhook", "folder"
_POLL = 10
_LEASE_MARGIN = 60


def telling(
    settings: EventSettings, log: AuditLog, engine: Engine, keyring: Keyring, shares: ShareRepository, entropy: Entropy
) -> AuditLog:
    """The audit log, with what is to be told filed beside it."""
    wanted = ((WEBHOOK, settings.webhook_url), (FOLDER, settings.folder))
    targets = tuple(name for name, setting in wanted if setting)
    return TellEvents(log, SqlOutbox(engine, keyring), shares, entropy, targets) if targets else log


def build_events(
    whole: Settings, engine: Engine, keyring: Keyring, shares: ShareRepository, archive: Archive, clock: Clock
) -> Background | None:
    """The thread that tells, None where nothing is to be told; raises SecretFileError for a file of no use.

    A portal only files what is to be told: it stands where strangers come, and another instance does the rest.
    """
    settings = whole.events
    carriers = {} if whole.role is Role.PORTAL else _carriers(settings, clock)
    if not carriers:
        return None

    def accession_numbers(share: Share) -> list[str]:
        studies = map(archive.study, sorted(share.study_ids))
        return [study.accession_number for study in studies if study is not None and study.accession_number]

    deliver = DeliverEvents(
        outbox=SqlOutbox(engine, keyring),
        carriers=carriers,
        shares=shares,
        accession_numbers=accession_numbers if settings.name_accession_number else None,
        clock=clock,
        rule=RetryRule(settings.retry_seconds, settings.give_up_hours * 3600),
        # A request has several steps: name, connection, handshake, sending, answer.
        lease=5 * settings.timeout_seconds + _LEASE_MARGIN,
        report=sdk.log_warning,
    )
    poll = float(min(_POLL, *settings.retry_seconds))
    return Background("events", lambda: 0 if deliver() else poll, sdk.log_error)


def _carriers(settings: EventSettings, clock: Clock) -> dict[str, EventCarrier]:
    carriers: dict[str, EventCarrier] = {}
    if settings.webhook_url:
        secret = read_secret(Path(settings.secret_file), "secret file").encode()
        if settings.ca_file and not Path(settings.ca_file).is_file():
            raise SecretFileError(f"The file {settings.ca_file} of Events.CaFile does not exist.")
        carriers[WEBHOOK] = Webhook(settings.webhook_url, secret, clock.now, settings.timeout_seconds, settings.ca_file)
    if settings.folder:
        if not Path(settings.folder).is_dir():
            raise SecretFileError(f"The folder {settings.folder} of Events.Folder does not exist.")
        carriers[FOLDER] = FileDrop(Path(settings.folder))
    return carriers
