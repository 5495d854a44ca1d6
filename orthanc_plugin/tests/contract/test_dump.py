"""A store as text goes from any kind of database into any other, and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.store.audit import SqlAudit
from orthanc_plugin.adapters.store.database import open_store
from orthanc_plugin.adapters.store.dump import dump, load
from orthanc_plugin.adapters.store.shares import SqlShares
from orthanc_plugin.domain.audit import SYSTEM
from orthanc_plugin.domain.audit_terms import Action
from orthanc_plugin.use_cases.record_event import RecordEvent

from ..support.clock import MovableClock
from ..support.studies import share
from .conftest import POSTGRESQL, Store, empty


def test_a_store_moves_as_a_whole(store: Store, tmp_path: Path) -> None:
    if not isinstance(store.shares, SqlShares):
        pytest.skip("only stores on a disk are dumped")
    one = share(note="Türe 3")
    with store.transaction():
        store.shares.add(one, "c" * 64, "hash")
        RecordEvent(store.audit, MovableClock())(Action.SHARE_CREATED, SYSTEM, one)
    lines = list(dump(store.shares.engine))
    other = open_store(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    load(other, lines)
    keys = Keyring({1: bytes(32)})
    assert SqlShares(other, keys).get(one.id) == one
    assert SqlAudit(other, keys).verify().intact and SqlAudit(other, keys).head() == store.audit.head()
    if POSTGRESQL:
        back = list(dump(other))
        store.shares.engine.dispose()
        empty(POSTGRESQL)
        there = open_store(POSTGRESQL)
        load(there, back)
        assert sorted(dump(there)) == sorted(back) and SqlShares(there, keys).get(one.id) == one
        there.dispose()
    other.dispose()
