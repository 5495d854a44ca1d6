from __future__ import annotations

from dataclasses import replace

import pytest

from orthanc_plugin.domain.errors import InvalidInput
from orthanc_plugin.domain.report import ReportRule
from orthanc_plugin.domain.session import Session
from orthanc_plugin.domain.share import Audience, Consent, Openings, Share, SharedStudy, ShareState
from orthanc_plugin.domain.throttle import Client
from orthanc_plugin.ports import ShareFilter

from ..support.studies import orthanc_id, share, uid
from .conftest import Store

EVERYTHING = ShareFilter()
FULL = share("full", audience=Audience.REFERRER, language="en", note="Zeile 1\nZeile 2 für Dr. Ä", created_by="Ä")


def file(store: Store, *found: Share) -> None:
    for entry in found:
        store.shares.add(entry, f"index of {entry.id}", f"hash of {entry.id}")


def test_a_share_reads_back_as_it_was_filed(store: Store) -> None:
    file(store, FULL)
    assert store.shares.get(FULL.id) == FULL
    assert store.shares.get("another id") is None


def test_a_share_is_found_under_its_index_among_others(store: Store) -> None:
    file(store, FULL, share("second"))
    assert store.shares.find_by_code(["nothing", f"index of {FULL.id}"]) == (FULL, f"hash of {FULL.id}")
    assert store.shares.find_by_code(["nothing"]) is None
    assert store.shares.find_by_code([]) is None


def test_an_index_is_compared_exactly(store: Store) -> None:
    file(store, FULL)
    assert store.shares.find_by_code([f"INDEX of {FULL.id}"]) is None


def test_pages_come_newest_first_and_cover_everything_once(store: Store) -> None:
    found = [share(f"{n}", created_at=1000 + n // 2) for n in range(7)]
    file(store, *found)
    seen: list[Share] = []
    cursor, pages = None, 0
    while True:
        page = store.shares.page(EVERYTHING, 0, 3, cursor)
        seen += page.shares
        pages += 1
        cursor = page.next_cursor
        if cursor is None:
            break
    assert pages == 3
    assert seen == sorted(found, key=lambda s: (s.created_at, s.id), reverse=True)


def test_the_last_page_has_no_cursor_even_when_it_is_full(store: Store) -> None:
    file(store, share("a"), share("b"))
    assert store.shares.page(EVERYTHING, 0, 2, None).next_cursor is None
    assert store.shares.page(EVERYTHING, 0, 1, None).next_cursor is not None


def test_an_empty_store_has_one_empty_page(store: Store) -> None:
    page = store.shares.page(EVERYTHING, 0, 10, None)
    assert page.shares == ()
    assert page.next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "-", "1", "-1-a", "1e3-a", "²-a", " 1-a", "9" * 13 + "-a"])
def test_a_cursor_that_no_page_gave_out_is_refused(store: Store, cursor: str) -> None:
    file(store, FULL)
    with pytest.raises(InvalidInput) as refusal:
        store.shares.page(EVERYTHING, 0, 10, cursor)
    assert refusal.value.field == "cursor"


def test_filters_hold_for_state_at_the_moment_and_for_the_study(store: Store) -> None:
    live = share("live", expires_at=2000)
    expired = share("expired", expires_at=1000)
    revoked = share("revoked", expires_at=2000)
    revoked_late = share("revoked late", expires_at=900)
    other = share("other", expires_at=2000, studies=(SharedStudy(orthanc_id("other"), uid("other")),))
    file(store, live, expired, revoked, revoked_late, other)
    store.shares.revoke(revoked.id, 950)
    store.shares.revoke(revoked_late.id, 950)

    def ids(wanted: ShareFilter) -> set[str]:
        return {entry.id for entry in store.shares.page(wanted, 1000, 10, None).shares}

    assert ids(ShareFilter(ShareState.ACTIVE)) == {live.id, other.id}
    assert ids(ShareFilter(ShareState.EXPIRED)) == {expired.id}
    assert ids(ShareFilter(ShareState.REVOKED)) == {revoked.id, revoked_late.id}
    assert ids(ShareFilter(study_id=orthanc_id("other"))) == {other.id}
    assert ids(ShareFilter(study_instance_uid=uid("other"))) == {other.id}
    assert ids(ShareFilter(ShareState.EXPIRED, orthanc_id("other"))) == set()


def test_the_end_of_a_share_moves(store: Store) -> None:
    file(store, FULL)
    assert store.shares.set_expiry(FULL.id, 123_456_789)
    assert store.shares.get(FULL.id) == replace(FULL, expires_at=123_456_789)


def test_the_end_of_a_revoked_or_unknown_share_does_not_move(store: Store) -> None:
    file(store, FULL)
    store.shares.revoke(FULL.id, 1000)
    assert not store.shares.set_expiry(FULL.id, 123_456_789)
    assert not store.shares.set_expiry("unknown", 123_456_789)
    assert store.shares.get(FULL.id) == replace(FULL, revoked_at=1000)


@pytest.mark.parametrize("text", ["never", "hold", "at-once", "24h", "from:1764766800"])
def test_the_time_of_the_report_changes(store: Store, text: str) -> None:
    file(store, FULL)
    assert store.shares.set_report(FULL.id, ReportRule.parse(text))
    assert store.shares.get(FULL.id) == replace(FULL, report=ReportRule.parse(text))
    store.shares.revoke(FULL.id, 1000)
    assert not store.shares.set_report(FULL.id, ReportRule.parse("at-once"))
    assert not store.shares.set_report("unknown", ReportRule.parse("at-once"))


def test_a_second_revocation_changes_nothing(store: Store) -> None:
    file(store, FULL)
    assert store.shares.revoke(FULL.id, 1000)
    assert not store.shares.revoke(FULL.id, 2000)
    assert not store.shares.revoke("unknown", 2000)
    assert store.shares.get(FULL.id) == replace(FULL, revoked_at=1000)


def test_a_revocation_ends_the_sessions_of_this_share_alone(store: Store) -> None:
    other = share("other")
    file(store, FULL, other)
    store.sessions.start(Session("mine", FULL.id, 10, 10), 3)
    store.sessions.start(Session("theirs", other.id, 10, 10), 3)
    store.shares.revoke(FULL.id, 1000)
    assert store.sessions.find("mine") is None
    assert store.sessions.find("theirs") == (Session("theirs", other.id, 10, 10), other)


def test_a_share_with_all_that_can_happen_to_it_reads_back(store: Store) -> None:
    awaited = SharedStudy(None, None, "A-9 für Ä", patient="hash of a patient")
    gone = SharedStudy(orthanc_id("gone"), uid("gone"), gone_at=77)
    full = replace(
        share("eventful", studies=(awaited, gone, SharedStudy(None, uid("awaited")))),
        paused_at=5,
        issue=3,
        issued_at=4,
        consent=Consent("reception", 6),
        openings=Openings(2, 7, 8),
    )
    file(store, full)
    assert store.shares.get(full.id) == full
    assert store.shares.page(EVERYTHING, 0, 10, None).shares == (full,)


def test_a_study_arrives_and_its_accession_number_is_kept_no_longer(store: Store) -> None:
    awaited = share("awaited", studies=(SharedStudy(None, None, "A-9"), SharedStudy(orthanc_id("b"), uid("b"))))
    file(store, awaited)
    arrived = SharedStudy(orthanc_id("a"), uid("a"), patient="hash of a patient")
    store.shares.set_study(awaited.id, 0, arrived)
    assert store.shares.get(awaited.id) == replace(awaited, studies=(arrived, awaited.studies[1]))
    assert [entry.id for entry in store.shares.of_patient(["hash of a patient"])] == [awaited.id]


def test_nobody_is_found_by_an_unknown_patient(store: Store) -> None:
    file(store, FULL)
    assert list(store.shares.of_patient([""])) == []
    assert list(store.shares.of_patient(["hash of a patient"])) == []


def test_a_pause_ends_sessions_and_can_be_lifted(store: Store) -> None:
    file(store, FULL)
    store.sessions.start(Session("mine", FULL.id, 10, 10), 3)
    assert store.shares.set_paused(FULL.id, 1000)
    assert store.sessions.find("mine") is None
    assert store.shares.get(FULL.id) == replace(FULL, paused_at=1000)
    assert store.shares.set_paused(FULL.id, None)
    assert store.shares.get(FULL.id) == FULL
    store.shares.revoke(FULL.id, 1000)
    assert not store.shares.set_paused(FULL.id, 1001)


def test_a_reissue_replaces_password_and_code_and_forgets_failures(store: Store) -> None:
    file(store, FULL)
    store.sessions.start(Session("mine", FULL.id, 10, 10), 3)
    for _ in range(6):
        store.attempts.reserve(FULL.id, Client("address", ""), 1000)
    store.devices.remember(FULL.id, "device", 1000)
    assert store.shares.reissue(FULL.id, "new hash", None, 1001)
    issued = replace(FULL, issue=2, issued_at=1001)
    assert store.shares.find_by_code([f"index of {FULL.id}"]) == (issued, "new hash")
    assert store.sessions.find("mine") is None
    assert store.attempts.reserve(FULL.id, Client("address", ""), 1001).wait == 0
    assert not store.devices.is_known("device")
    assert store.shares.reissue(FULL.id, "newer hash", "new index", 1002)
    assert store.shares.find_by_code([f"index of {FULL.id}"]) is None
    found = store.shares.find_by_code(["new index"])
    assert found is not None
    assert found[1] == "newer hash"
    assert not store.shares.reissue("unknown", "hash", None, 1003)


def test_openings_and_consent_are_noted(store: Store) -> None:
    file(store, FULL)
    store.shares.note_opening(FULL.id, 1000)
    store.shares.note_opening(FULL.id, 2000)
    store.shares.record_consent(FULL.id, Consent("reception", 3000))
    expected = replace(FULL, openings=Openings(2, 1000, 2000), consent=Consent("reception", 3000))
    assert store.shares.get(FULL.id) == expected
    assert store.shares.page(ShareFilter(opened=True), 0, 10, None).shares == (expected,)
    assert store.shares.page(ShareFilter(opened=False), 0, 10, None).shares == ()


def test_open_shares_are_those_that_may_still_be_opened(store: Store) -> None:
    live, paused = share("live", expires_at=2000), share("paused", expires_at=2000, paused_at=5)
    file(store, live, paused, share("expired", expires_at=1000), share("revoked", expires_at=2000, revoked_at=5))
    assert {entry.id for entry in store.shares.open_shares(1000)} == {live.id, paused.id}


def test_what_ended_long_ago_is_removed_with_all_that_belongs_to_it(store: Store) -> None:
    live, expired, revoked = (share(name, expires_at=end) for name, end in (("l", 2000), ("e", 999), ("r", 2000)))
    file(store, live, expired, revoked)
    store.shares.revoke(revoked.id, 998)
    store.sessions.start(Session("theirs", expired.id, 10, 10), 3)
    assert store.shares.purge(999) == 1
    assert store.shares.purge(1000) == 1
    assert {entry.id for entry in store.shares.page(EVERYTHING, 0, 10, None).shares} == {live.id}
    assert store.sessions.find("theirs") is None
    assert store.shares.delete(live.id)
    assert not store.shares.delete(live.id)


def test_the_register_of_objections(store: Store) -> None:
    assert store.objections.since(["a", "b"]) is None
    store.objections.add("b", "reception", 1000)
    store.objections.add("b", "somebody else", 2000)
    assert store.objections.since(["a", "b"]) == 1000
    assert store.objections.since([]) is None
    assert store.objections.remove(["a", "b"])
    assert not store.objections.remove(["a", "b"])
    assert store.objections.since(["b"]) is None


def test_a_share_is_filed_anew_under_another_key(store: Store) -> None:
    store.shares.add(share("a"), "old", "hash a")
    store.shares.add(share("b"), "index b", "hash b")
    store.shares.refile(share("a").id, "new")
    store.shares.refile(share("a").id, "new")
    store.shares.refile("unknown", "x")
    assert store.shares.find_by_code(["old"]) is None
    assert store.shares.find_by_code(["new"]) == (share("a"), "hash a")
    assert store.shares.find_by_code(["index b"]) == (share("b"), "hash b")
