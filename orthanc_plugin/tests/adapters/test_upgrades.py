"""A store and a configuration of every earlier version can be used by this one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from orthanc_plugin.adapters.hasher import Argon2Hasher
from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.store.attempts import SqlAttempts
from orthanc_plugin.adapters.store.database import open_store
from orthanc_plugin.adapters.store.schema import sessions
from orthanc_plugin.adapters.store.shares import SqlShares
from orthanc_plugin.domain.report import ReportTime
from orthanc_plugin.domain.share import Audience, SharedStudy, ShareState
from orthanc_plugin.settings import parse_settings

from ..support.old_store import CODE, CREATED, NOTE, PASSWORD, SESSION, SHARE_ID, STUDY, UID, fill, revisions

KEYS = Keyring({1: bytes(32)})
RELEASES = sorted((Path(__file__).parent.parent / "releases").glob("*.json"))
HASH = Argon2Hasher().hash(PASSWORD)


@pytest.mark.parametrize("revision", revisions())
def test_a_share_of_every_earlier_schema_opens(tmp_path: Path, revision: str) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    old = create_engine(url)
    fill(old, revision, KEYS, HASH)
    old.dispose()

    engine = open_store(url)
    shares = SqlShares(engine, KEYS)
    found = shares.find_by_code(KEYS.candidates(CODE))
    assert found is not None
    share, password_hash = found
    assert Argon2Hasher().verify(password_hash, PASSWORD)
    assert share.id == SHARE_ID and share.note == NOTE and share.audience is Audience.PATIENT
    assert share.studies == (SharedStudy(STUDY, UID),)
    assert share.state(CREATED + 1) is ShareState.ACTIVE
    assert share.issued_at == CREATED and share.report.time is ReportTime.HOLD
    with engine.connect() as connection:
        assert connection.execute(select(sessions.c.share_id).where(sessions.c.id_hash == SESSION)).scalar() == SHARE_ID
    assert SqlAttempts(engine).failures(SHARE_ID, CREATED + 1) <= 2
    engine.dispose()


def test_there_are_schemas_to_come_from() -> None:
    assert revisions()[0] == "0001" and len(revisions()) >= 12


@pytest.mark.parametrize("path", RELEASES, ids=lambda path: path.stem)
def test_the_configuration_of_every_release_is_still_understood(path: Path) -> None:
    configuration = json.loads(path.read_text(encoding="utf-8"))
    settings = parse_settings(configuration)
    assert settings.public_url == configuration["PatientShare"]["PublicUrl"]


def test_there_are_releases_to_come_from() -> None:
    assert "0.1.0" in [path.stem for path in RELEASES]
