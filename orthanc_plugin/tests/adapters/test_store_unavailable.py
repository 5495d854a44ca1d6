"""A store that fails is Unavailable, which every caller turns into a refusal."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from orthanc_plugin.adapters.store.database import open_store, writing
from orthanc_plugin.domain.errors import Unavailable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite3"


@pytest.fixture
def engine(path: Path) -> Engine:
    return open_store(f"sqlite:///{path}")


def test_a_damaged_file_is_unavailable(engine: Engine, path: Path) -> None:
    engine.dispose()
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(Unavailable), engine.connect() as connection:
        connection.exec_driver_sql("SELECT * FROM shares")
    engine.dispose()


def test_a_file_that_is_gone_is_unavailable(engine: Engine, path: Path) -> None:
    engine.dispose()
    path.unlink()
    with pytest.raises(Unavailable), engine.connect() as connection:
        connection.exec_driver_sql("SELECT * FROM shares")
    engine.dispose()


def test_a_locked_store_is_unavailable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orthanc_plugin.adapters.store.database._BUSY_TIMEOUT_MS", 50)
    engine = open_store(f"sqlite:///{path}")
    with writing(engine).begin(), pytest.raises(Unavailable), writing(engine).begin():
        raise AssertionError("two writers at once")
    engine.dispose()
