"""A share store as an earlier version left it: the schema of that time, and rows of that time in it."""

from __future__ import annotations

from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, Table, insert

from orthanc_plugin.adapters.keyring import Keyring
from orthanc_plugin.adapters.store.database import MIGRATIONS
from orthanc_plugin.domain.credential import AccessCode, Password

CODE, PASSWORD = AccessCode.from_number(4711), Password.from_number(815)
SHARE_ID, SESSION = "5" * 32, "a" * 64
NOTE = "ruft zurück"
STUDY, UID = "11111111-22222222-33333333-44444444-55555555", "1.2.840.99"
CREATED, EXPIRES = 1_700_000_000, 4_000_000_000


def revisions() -> list[str]:
    """All schemas that ever were, oldest first."""
    script = ScriptDirectory.from_config(_config())
    return [revision.revision for revision in reversed(list(script.walk_revisions()))]


def fill(engine: Engine, revision: str, keys: Keyring, password_hash: str) -> None:
    """Make the tables of this schema and a share, a session and counters in them."""
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        tables = MetaData()
        tables.reflect(connection)
        for name, row in _rows(tables, keys, password_hash):
            if name in tables.tables:
                _put(connection, tables.tables[name], row)


def _rows(tables: MetaData, keys: Keyring, password_hash: str) -> list[tuple[str, dict[str, Any]]]:
    share = {
        "id": SHARE_ID,
        "code_index": keys.current(CODE),
        "password_hash": password_hash,
        "audience": "patient",
        "language": "de",
        "created_at": CREATED,
        "created_by": "empfang",
        "expires_at": EXPIRES,
        "note": keys.encrypt(NOTE, SHARE_ID),
        # Of the first schema.
        "study_id": STUDY,
        "study_instance_uid": UID,
        # Later ones, where they are asked for.
        "excluded_series": "",
        "issued_at": CREATED,
    }
    study = {"share_id": SHARE_ID, "position": 0, "study_id": STUDY, "study_instance_uid": UID}
    session = {"id_hash": SESSION, "share_id": SHARE_ID, "created_at": CREATED, "seen_at": CREATED}
    attempts = {"share_id": SHARE_ID, "address": "b" * 64, "failures": 2, "last_at": CREATED, "blocked_until": 0}
    return [("shares", share), ("share_studies", study), ("sessions", session), ("attempts", attempts)]


def _put(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    connection.execute(insert(table).values({name: value for name, value in row.items() if name in table.c}))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
