from __future__ import annotations

from pathlib import Path

from sqlalchemy import update

from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.store import schema
from orthanc_plugin.adapters.store.database import open_store
from orthanc_plugin.adapters.store.shares import SqlShares
from orthanc_plugin.domain.report import ReportRule, ReportTime
from orthanc_plugin.domain.share import Audience, Share, SharedStudy

from ..support.studies import orthanc_id, uid


def test_a_rule_that_cannot_be_read_shows_no_report(tmp_path: Path) -> None:
    engine = open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    shares = SqlShares(engine, Keyring({1: bytes(32)}))
    mine = (SharedStudy(orthanc_id("mine"), uid("mine")),)
    shares.add(Share("5" * 32, mine, Audience.PATIENT, "de", 1, "reception", 2), "c" * 64, "hash")
    with engine.begin() as connection:
        connection.execute(update(schema.shares).values(report="damaged"))
    found = shares.get("5" * 32)
    assert found is not None and found.report == ReportRule(ReportTime.HOLD)
    engine.dispose()
