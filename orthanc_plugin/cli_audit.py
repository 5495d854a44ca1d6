"""`patient-share audit`: verify and export the audit log beside a running Orthanc, or without one."""

from __future__ import annotations

import argparse
import sys

from sqlalchemy.exc import SQLAlchemyError

from .adapters.configuration_file import ConfigurationError
from .adapters.keyring import KeyFileError
from .adapters.store.audit import SqlAudit
from .adapters.store.database import SqlTransaction, StoreError, open_store
from .adapters.system import SystemClock
from .cli_configuration import add_configuration, store_and_keys
from .domain.audit import SYSTEM
from .domain.audit_terms import Action
from .domain.errors import Unavailable
from .ports import AuditFilter, AuditMark
from .settings import SettingsError
from .use_cases.read_audit import exported_line
from .use_cases.record_event import RecordEvent

_LINES_AT_ONCE = 1000


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Tell the command about `audit verify` and `audit export`."""
    audit = commands.add_parser("audit", help="verify or export the audit log")
    kinds = audit.add_subparsers(dest="kind", required=True)
    verify = kinds.add_parser("verify", help="look at every entry; exit status 1 where one is not as it was written")
    verify.add_argument("--expect", type=_mark, metavar="SEQ:MAC", help="an entry that was noted elsewhere")
    export = kinds.add_parser("export", help="write every entry to standard output, one JSON object a line")
    for parser, run in ((verify, _verify), (export, _export)):
        add_configuration(parser)
        parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Run one of them; answers the exit status."""
    try:
        return int(chosen.run(chosen))
    except (ConfigurationError, SettingsError, KeyFileError, StoreError) as fault:
        return _fault(str(fault))
    except Unavailable:
        return _fault("The share store cannot be read, or the state of its log is not as it was written.")
    except SQLAlchemyError as fault:
        return _fault(f"The share store cannot be used ({type(fault).__name__}).")
    except BrokenPipeError:
        return 1


def _verify(chosen: argparse.Namespace) -> int:
    found = _open(chosen).verify(chosen.expect)
    if found.intact:
        print(f"The log is whole: {found.entries} entries, the last is {found.head}.")  # noqa: T201
        return 0
    if found.first_bad is None:
        return _fault(found.reason)
    return _fault(f"The log is not whole: entry {found.first_bad} {found.reason}.")


def _export(chosen: argparse.Namespace) -> int:
    audit = _open(chosen)
    with SqlTransaction(audit.engine)():
        RecordEvent(audit, SystemClock())(Action.AUDIT_EXPORTED, SYSTEM, what="command", filters="none")
    cursor: str | None = "0"
    while cursor is not None:
        page = audit.page(AuditFilter(), _LINES_AT_ONCE, cursor, oldest_first=True)
        sys.stdout.writelines(map(exported_line, page.entries))
        cursor = page.next_cursor
    sys.stdout.flush()
    return 0


def _open(chosen: argparse.Namespace) -> SqlAudit:
    url, keyring = store_and_keys(chosen)
    return SqlAudit(open_store(url, existing=True), keyring)


def _mark(text: str) -> AuditMark:
    found = AuditMark.parse(text)
    if found is None:
        raise argparse.ArgumentTypeError("must be the number of an entry, a colon and its seal")
    return found


def _fault(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 - a command's answer
    return 1
