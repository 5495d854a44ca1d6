"""`patient-share backup` and `restore`: the share store as one encrypted file, made while Orthanc runs."""

from __future__ import annotations

import argparse
import gzip
import os
import sys
import time
from pathlib import Path
from typing import Any

from .adapters.configuration_file import ConfigurationError
from .adapters.durable_file import sync_folder, write_durably
from .adapters.keyring import KeyFileError
from .adapters.store.audit import SqlAudit
from .adapters.store.database import SqlTransaction, StoreError, open_store
from .adapters.store.dump import UnusableDump, dump, load
from .adapters.store.tombstones import UnusableLog, pause_all, replay
from .adapters.system import SystemClock
from .adapters.vault.envelope import DamagedFile, SealedFile, seal
from .cli_configuration import add_configuration, store_and_keys
from .domain.audit import SYSTEM
from .domain.audit_terms import Action
from .domain.errors import Unavailable
from .settings import SettingsError
from .use_cases.record_event import RecordEvent

# A backup is a file of the vault's form under a name and a type of its own.
_NAME, _TYPE = "b6d0c1f0-5a37-4a8e-9c61-3f6f0f2f9b10", 0xB0
_FAULTS = (ConfigurationError, SettingsError, KeyFileError, StoreError, DamagedFile, UnusableDump, UnusableLog)


def add_parsers(commands: Any) -> None:
    """Add both commands to the others."""
    made = commands.add_parser("backup", help="write the share store into one encrypted file, while Orthanc runs")
    made.add_argument("file", type=Path)
    taken = commands.add_parser("restore", help="fill an empty share store from a backup, while Orthanc is stopped")
    taken.add_argument("file", type=Path)
    taken.add_argument(
        "--audit",
        type=Path,
        metavar="FILE",
        help="newest `patient-share audit export`: what was closed since stays so",
    )
    for parser, run_one in ((made, _backup), (taken, _restore)):
        add_configuration(parser)
        parser.set_defaults(run=run_one)


def run(chosen: argparse.Namespace) -> int:
    """Run one of them; answers the exit status."""
    try:
        return int(chosen.run(chosen))
    except _FAULTS as fault:
        print(fault, file=sys.stderr)  # noqa: T201 - a command's answer
    except Unavailable:
        print("The share store cannot be used.", file=sys.stderr)  # noqa: T201
    except OSError as fault:
        print(f"{fault.filename or chosen.file}: {fault.strerror}.", file=sys.stderr)  # noqa: T201
    return 1


def _backup(chosen: argparse.Namespace) -> int:
    url, keyring = store_and_keys(chosen)
    engine = open_store(url, existing=True)
    content = gzip.compress("".join(dump(engine)).encode("ascii"), mtime=0)
    hidden = chosen.file.with_name(f".{chosen.file.name}.part")
    write_durably(hidden, b"".join(seal(content, _NAME, _TYPE, keyring)), 0o600)
    hidden.replace(chosen.file)
    sync_folder(chosen.file.absolute().parent)
    head = SqlAudit(engine, keyring).head()
    print(f"{chosen.file} holds the share store, encrypted. The audit log stood at {head}.")  # noqa: T201
    return 0


def _restore(chosen: argparse.Namespace) -> int:
    url, keyring = store_and_keys(chosen)
    descriptor = os.open(chosen.file, os.O_RDONLY)
    try:
        packed = b"".join(SealedFile(descriptor, _NAME, _TYPE, keyring).chunks())
    finally:
        os.close(descriptor)
    # What is not ASCII was not written by the export; it is refused with its line.
    log = chosen.audit.read_text(encoding="ascii", errors="replace").splitlines() if chosen.audit else None
    engine = open_store(url)
    audit = SqlAudit(engine, keyring)
    with SqlTransaction(engine)():
        load(engine, gzip.decompress(packed).decode("ascii").splitlines())
        if log is None:
            paused = pause_all(engine, int(time.time()))
            said = (
                f"Nothing tells what was closed since: {paused} open shares are paused. Open those again that you are "
                "sure of."
            )
        else:
            done = replay(engine, keyring, audit.head(), log)
            said = f"{done.revoked} shares that were closed since are revoked, {done.paused} paused or resumed."
            if done.objections:
                said += f" {done.objections} patients have objected since: register them once more."
        RecordEvent(audit, SystemClock())(Action.RESTORED, SYSTEM)
    print(said)  # noqa: T201
    return 0
