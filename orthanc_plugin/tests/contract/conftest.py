"""The same tests run on the stand-ins in memory and on the real store, so that the two cannot drift apart."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy import create_engine, text

from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.store.attempts import SqlAttempts
from orthanc_plugin.adapters.store.audit import SqlAudit
from orthanc_plugin.adapters.store.database import SqlTransaction, open_store
from orthanc_plugin.adapters.store.devices import SqlDevices
from orthanc_plugin.adapters.store.objections import SqlObjections
from orthanc_plugin.adapters.store.pages import SqlPages
from orthanc_plugin.adapters.store.requests import SqlRequests
from orthanc_plugin.adapters.store.sessions import SqlSessions
from orthanc_plugin.adapters.store.shares import SqlShares
from orthanc_plugin.ports import (
    AttemptCounter,
    AuditLog,
    AuditReader,
    DeviceRepository,
    ObjectionRepository,
    PageRepository,
    RequestRepository,
    SessionRepository,
    ShareRepository,
    Transaction,
)

from ..support.memory_audit import MemoryAudit
from ..support.memory_store import (
    MemoryAttempts,
    MemoryDevices,
    MemoryObjections,
    MemoryPages,
    MemoryRequests,
    MemorySessions,
    MemoryShares,
    MemoryStore,
    MemoryTransaction,
)


class Log(AuditLog, AuditReader, Protocol):
    """Written and read."""


@dataclass
class Store:
    shares: ShareRepository
    sessions: SessionRepository
    pages: PageRepository
    attempts: AttemptCounter
    objections: ObjectionRepository
    devices: DeviceRepository
    transaction: Transaction
    audit: Log
    requests: RequestRepository


# The URL of a database that may be emptied; the integration tests start a server for it.
POSTGRESQL = os.environ.get("TEST_POSTGRESQL", "")


@pytest.fixture(params=["memory", "sqlite", *(["postgresql"] if POSTGRESQL else [])])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        tables = MemoryStore()
        yield Store(
            MemoryShares(tables),
            MemorySessions(tables),
            MemoryPages(tables),
            MemoryAttempts(tables),
            MemoryObjections(),
            MemoryDevices(tables),
            MemoryTransaction(tables),
            MemoryAudit(tables),
            MemoryRequests(tables),
        )
        return
    if request.param == "postgresql":
        empty(POSTGRESQL)
    engine = open_store(POSTGRESQL if request.param == "postgresql" else f"sqlite:///{tmp_path / 'store.sqlite3'}")
    keyring = Keyring({1: bytes(32)})
    shares = SqlShares(engine, keyring)
    yield Store(
        shares,
        SqlSessions(engine, shares),
        SqlPages(engine),
        SqlAttempts(engine),
        SqlObjections(engine),
        SqlDevices(engine),
        SqlTransaction(engine),
        SqlAudit(engine, keyring),
        SqlRequests(engine),
    )
    engine.dispose()


def empty(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
