"""The share store on a real PostgreSQL: the same promises as on SQLite, and no waiting for a server that is silent."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, func, select, text

from harness.engine import ROOT
from harness.network import OwnNetwork
from harness.postgres import PostgresServer
from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.store.database import StoreError, open_store, transaction
from orthanc_plugin.adapters.store.schema import metadata, shares
from orthanc_plugin.adapters.store.shares import SqlShares
from orthanc_plugin.domain.errors import Unavailable
from orthanc_plugin.tests.support.old_store import CODE, NOTE, UID, fill, revisions

from .support.waiting import eventually

pytestmark = pytest.mark.one_suite


@pytest.fixture(scope="module")
def postgres(helpers_image: str) -> Iterator[PostgresServer]:
    with OwnNetwork() as network, PostgresServer(helpers_image, network.name, fsync=False) as server:
        yield server


@pytest.fixture
def engine(postgres: PostgresServer) -> Iterator[Engine]:
    opened = open_store(postgres.published_url)
    yield opened
    opened.dispose()


def test_it_keeps_the_contract_of_the_store(postgres: PostgresServer) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "orthanc_plugin/tests/contract", "-v", "-k", "postgresql", "--tb=short"],
        env={**os.environ, "TEST_POSTGRESQL": postgres.published_url},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:]
    assert re.search(r"\b[1-9]\d+ passed", run.stdout), run.stdout[-1000:]


def test_the_migrations_make_exactly_the_tables_of_the_schema(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize("revision", [revisions()[0], revisions()[5], revisions()[-2]])
def test_a_share_of_an_earlier_schema_opens(postgres: PostgresServer, revision: str) -> None:
    keys = Keyring({1: bytes(32)})
    server = create_engine(_driven(postgres.published_url), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE old_{revision}"))
    server.dispose()
    url = postgres.published_url.rpartition("/")[0] + f"/old_{revision}"
    old = create_engine(_driven(url))
    fill(old, revision, keys, "hash")
    old.dispose()
    engine = open_store(url)
    found = SqlShares(engine, keys).find_by_code(keys.candidates(CODE))
    assert found is not None and found[0].note == NOTE and found[0].studies[0].study_instance_uid == UID
    engine.dispose()


def _driven(url: str) -> str:
    return url.replace("postgresql:", "postgresql+psycopg:", 1)


def test_one_change_at_a_time_and_no_waiting_for_ever(engine: Engine, postgres: PostgresServer) -> None:
    other = open_store(postgres.published_url)
    with transaction(engine), pytest.raises(Unavailable), transaction(other):
        raise AssertionError("two writers at once")
    with transaction(other) as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    other.dispose()


def test_a_server_that_hangs_is_given_up_and_used_again(engine: Engine, postgres: PostgresServer) -> None:
    def ask() -> int:
        with engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(shares)).scalar_one())

    before = ask()
    postgres.hang()
    try:
        for _ in range(2):
            with pytest.raises(Unavailable):
                ask()
    finally:
        postgres.go_on()
    assert ask() == before


def test_a_server_that_restarts_is_used_again(engine: Engine, postgres: PostgresServer) -> None:
    def answers() -> bool:
        try:
            with engine.connect() as connection:
                return connection.execute(text("SELECT 1")).scalar() == 1
        except Unavailable:
            return False

    assert answers()
    postgres.stop()
    assert not answers()
    postgres.container.start()
    eventually(answers)


def test_a_wrong_password_stops_the_start_with_a_sentence_that_does_not_quote_it(postgres: PostgresServer) -> None:
    wrong = postgres.published_url.replace(postgres.password, "s3cret-and-wrong")
    with pytest.raises(StoreError) as refusal:
        open_store(wrong)
    assert "cannot be opened" in str(refusal.value) and "s3cret" not in str(refusal.value)
