from __future__ import annotations

import pytest

from orthanc_plugin.domain.audit import SYSTEM, AuditEvent, Who
from orthanc_plugin.domain.audit_terms import Action, Outcome
from orthanc_plugin.domain.errors import InvalidInput
from orthanc_plugin.ports import AuditFilter

from ..support.studies import share, uid
from .conftest import Store

SHARE = share("share")
EVENTS = (
    AuditEvent(Action.STARTED, 100, SYSTEM),
    AuditEvent(Action.SHARE_CREATED, 110, Who.staff("a_b%"), share_id=SHARE.id, studies=(uid("one"), uid("two"))),
    AuditEvent(Action.LOGIN_FAILED, 120, Who.recipient(SHARE.id), Outcome.MINOR_FAILURE, SHARE.id, (uid("one"),)),
    AuditEvent(Action.LOGIN, 130, Who.recipient(SHARE.id), Outcome.SUCCESS, SHARE.id, (uid("one"),)),
    AuditEvent(Action.SHARE_CREATED, 110, Who.staff("axbc"), share_id=share("other").id, studies=("1.2",)),
)
FOUND = [
    (AuditFilter(), [1, 2, 3, 4, 5]),
    (AuditFilter(share_id=SHARE.id), [2, 3, 4]),
    (AuditFilter(share_id=""), []),
    (AuditFilter(study_instance_uid=uid("two")), [2]),
    (AuditFilter(study_instance_uid="1.2"), [5]),
    (AuditFilter(study_instance_uid="1"), []),
    (AuditFilter(study_instance_uid="%"), []),
    (AuditFilter(action=Action.SHARE_CREATED), [2, 5]),
    (AuditFilter(event="110114"), [3, 4]),
    (AuditFilter(event="110114", outcome=Outcome.SUCCESS), [4]),
    (AuditFilter(outcome=Outcome.MINOR_FAILURE), [3]),
    (AuditFilter(who="staff:a_b%"), [2]),
    (AuditFilter(who="system"), [1]),
    (AuditFilter(since=110, until=120), [2, 5]),
    (AuditFilter(since=121), [4]),
    (AuditFilter(until=100), []),
]


@pytest.fixture(autouse=True)
def five_entries(store: Store) -> None:
    for event in EVENTS:
        store.audit.append(event)


@pytest.mark.parametrize(("wanted", "seqs"), FOUND)
def test_filters_name_what_is_wanted(store: Store, wanted: AuditFilter, seqs: list[int]) -> None:
    assert [entry.seq for entry in store.audit.page(wanted, 10, None, oldest_first=True).entries] == seqs
    assert [entry.seq for entry in store.audit.page(wanted, 10, None).entries] == seqs[::-1]


@pytest.mark.parametrize("oldest_first", [False, True])
def test_pages_leave_nothing_out_and_repeat_nothing(store: Store, oldest_first: bool) -> None:
    seen: list[int] = []
    cursor = None
    for _ in range(3):
        page = store.audit.page(AuditFilter(), 2, cursor, oldest_first)
        seen += [entry.seq for entry in page.entries]
        cursor = page.next_cursor
    assert seen == sorted([1, 2, 3, 4, 5], reverse=not oldest_first)
    assert cursor is None


def test_an_entry_is_the_event_as_it_was(store: Store) -> None:
    page = store.audit.page(AuditFilter(), 10, None, oldest_first=True)
    assert [entry.text for entry in page.entries] == [event.canonical() for event in EVENTS]
    for before, after in zip(page.entries, page.entries[1:], strict=False):
        assert after.previous == before.mac
    assert store.audit.head().seq == 5


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.0", "²", " 1", "9" * 19])
def test_a_cursor_that_no_page_gave_out_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        store.audit.page(AuditFilter(), 10, cursor)
    assert refusal.value.field == "cursor"


def test_an_entry_falls_with_its_transaction(store: Store) -> None:
    with pytest.raises(RuntimeError), store.transaction():
        store.audit.append(EVENTS[0])
        raise RuntimeError
    assert store.audit.head().seq == 5
    store.audit.append(EVENTS[0])
    assert store.audit.verify().intact
