"""Sharing by rules: once for each study and rule, whatever happens, and nothing of the archive from before."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from orthanc_plugin.adapters.letter_folder import LetterFolder
from orthanc_plugin.domain.automatic import AutomaticRule, StudyFacts
from orthanc_plugin.domain.dicom_tag import DicomTag
from orthanc_plugin.domain.errors import Busy
from orthanc_plugin.domain.share import Audience
from orthanc_plugin.ports import StudyChanges
from orthanc_plugin.use_cases.create_share import NewShare
from orthanc_plugin.use_cases.share_automatically import ShareAutomatically

from ..support.memory_store import MemoryShares
from ..support.world import World

CT = StudyFacts(modalities=frozenset({"CT"}))
RULE = AutomaticRule("ct", modalities=frozenset({"CT"}), validity_days=14, language="en")


class Feed:
    """Changes of a test; each is one number."""

    def __init__(self) -> None:
        self.changes: list[str] = ["before"] * 7
        self.known: dict[str, StudyFacts] = {"before": CT}
        self.page = 2

    def stable(self, study_id: str, facts: StudyFacts = CT) -> None:
        self.known[study_id] = facts
        self.changes.append(study_id)

    def last(self) -> int:
        return len(self.changes)

    def since(self, number: int) -> StudyChanges:
        found = self.changes[number : number + self.page]
        return StudyChanges(tuple(dict.fromkeys(found)), number + len(found), number + self.page >= self.last())

    def facts(self, study_id: str) -> StudyFacts | None:
        return self.known.get(study_id)


class Claims:
    """What was shared, in memory."""

    def __init__(self) -> None:
        self.place: int | None = None
        self.made: dict[tuple[str, str], str] = {}
        self.waits: list[str] = []
        self.looking: list[str] = []

    def wait_for(self, study_id: str, now: int) -> None:
        if study_id not in self.looking:
            self.looking.append(study_id)

    def awaited(self) -> list[str]:
        return list(self.looking)

    def looked_at(self, study_id: str) -> None:
        self.looking.remove(study_id)

    def cursor(self) -> int | None:
        return self.place

    def move(self, place: int) -> None:
        self.place = place

    def claimed(self, study_id: str, rule: str) -> bool:
        return (study_id, rule) in self.made

    def add(self, study_id: str, rule: str, share_id: str, now: int) -> None:
        self.made[study_id, rule] = share_id
        self.waits.append(share_id)

    def waiting(self) -> list[str]:
        return list(self.waits)

    def finish(self, share_id: str) -> None:
        self.waits.remove(share_id)


class Office:
    """Automatic sharing over the world of a test."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.feed, self.claims, self.folder = world, Feed(), Claims(), folder
        self.reported: list[str] = []
        self.invited: list[tuple[str, str, str]] = []
        self.step = ShareAutomatically(
            rules=[RULE],
            feed=self.feed,
            claims=self.claims,
            create_share=world.services.create_share,
            shares=MemoryShares(world.store),
            tray=LetterFolder(folder),
            letter=self.letter,
            clock=world.clock,
            default_language="de",
            report=self.reported.append,
            dry_run=False,
        )
        self.step()

    def letter(self, new: NewShare, password_only: bool) -> bytes:
        return f"{'' if password_only else new.code.grouped} {new.password.grouped}".encode()

    def change(self, **fields: object) -> None:
        self.step = dataclasses.replace(self.step, **fields)  # type: ignore[arg-type]

    @property
    def printed(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def office(world: World, tmp_path: Path) -> Office:
    return Office(world, tmp_path)


def test_a_study_that_matches_is_shared_and_its_letter_laid_out(office: Office) -> None:
    office.feed.stable(office.world.mine.id)
    office.feed.stable(office.world.foreign.id, StudyFacts(modalities=frozenset({"MR"})))
    office.step()
    (share,) = (office.world.services.manage_share.get(found) for found in office.claims.made.values())
    assert len(office.world.store.shares) == 1
    assert (share.study_ids, share.audience, share.language) == (
        frozenset({office.world.mine.id}),
        Audience.PATIENT,
        "en",
    )
    assert share.created_by == "rule ct"
    assert office.printed == [f"{share.id}.pdf"]
    code, password = (office.folder / office.printed[0]).read_text().split()
    assert office.world.services.open_share(code, password, "192.0.2.1", "").session_id
    assert (office.folder / office.printed[0]).stat().st_mode & 0o007 == 0


def test_the_archive_from_before_stays_unshared(office: Office) -> None:
    office.step()
    assert office.claims.place == 7 and not office.claims.looking


def test_each_study_is_shared_once_by_each_rule(office: Office) -> None:
    office.change(rules=[RULE, AutomaticRule("ref", modalities=frozenset({"CT"}), audience=Audience.REFERRER)])
    for _ in range(3):
        office.feed.stable(office.world.mine.id)
        office.step()
    assert sorted(rule for _, rule in office.claims.made) == ["ct", "ref"]
    assert len(office.printed) == 2


def test_a_share_that_staff_deleted_is_not_made_again(office: Office) -> None:
    office.feed.stable(office.world.mine.id)
    office.step()
    office.world.store.shares.clear()
    office.feed.stable(office.world.mine.id)
    office.step()
    assert not office.world.store.shares


def test_a_study_is_awaited_until_it_is_complete_also_where_orthanc_never_says_so(office: Office) -> None:
    office.feed.stable(office.world.mine.id, dataclasses.replace(CT, is_stable=False))
    office.step()
    office.step()
    assert not office.world.store.shares and office.claims.place == office.feed.last()
    # As after a crash: complete, and nobody tells.
    office.feed.known[office.world.mine.id] = CT
    office.step()
    assert len(office.printed) == 1 and not office.claims.looking


def test_a_dry_run_says_what_it_would_do_and_does_nothing(office: Office) -> None:
    office.change(dry_run=True)
    office.feed.stable(office.world.mine.id)
    office.step()
    office.step()
    assert office.reported == [f"automatic sharing, dry run: rule ct would share study {office.world.mine.id}"]
    assert not office.world.store.shares and not office.printed


def test_a_study_that_is_gone_and_a_patient_who_objects_are_passed_over(office: Office) -> None:
    office.feed.changes.append("gone")
    office.world.services.consent.object(office.world.mine.patient_id, "reception")
    office.feed.stable(office.world.mine.id)
    office.step()
    assert office.reported == [
        f"automatic sharing: rule ct does not share study {office.world.mine.id}: PatientObjects"
    ]
    assert office.claims.place == office.feed.last() and not office.printed


def test_what_fails_for_the_time_being_is_done_in_the_next_round(office: Office) -> None:
    def busy(new: NewShare, password_only: bool) -> bytes:
        raise Busy

    office.feed.stable(office.world.mine.id)
    office.change(letter=busy)
    with pytest.raises(Busy):
        office.step()
    assert not office.world.store.shares
    office.change(letter=office.letter)
    office.step()
    assert len(office.printed) == 1


def test_only_what_is_new_is_looked_at(office: Office) -> None:
    looked: list[int] = []
    office.feed.since = lambda number: looked.append(number) or StudyChanges((), 7, True)  # type: ignore[method-assign, func-returns-value]
    office.step()
    assert looked == [7]


def test_over_another_index_it_begins_anew(office: Office) -> None:
    office.feed.changes = ["x"] * 3
    office.feed.known["x"] = CT
    office.step()
    assert office.claims.place == 3 and not office.claims.made


def test_a_letter_of_a_share_that_is_gone_is_never_printed(office: Office) -> None:
    office.step.tray.write("1" * 32, b"secret")
    office.claims.waits.append("1" * 32)
    office.step()
    assert office.printed == [] and office.claims.waits == []


MAILED = dataclasses.replace(RULE, email_tag=DicomTag(0x10, 0x2155))


def mailed(office: Office, telecom: str) -> str:
    """Share a study whose tag says this; answers the letter."""
    office.change(
        rules=[MAILED],
        invite=lambda address, new, user: office.invited.append((address.text, new.share.id, user)),
    )
    office.feed.stable(office.world.mine.id, dataclasses.replace(CT, tags={DicomTag(0x10, 0x2155): telecom}))
    office.step()
    return (office.folder / office.printed[0]).read_text()


def test_where_the_link_goes_by_e_mail_the_letter_holds_the_password_alone(office: Office) -> None:
    code, password = mailed(office, "030 123456\\mailto:erika@example.org").split(" ")
    ((address, share_id, user),) = office.invited
    assert (address, user, code) == ("erika@example.org", "rule ct", "") and password
    assert office.printed == [f"{share_id}.pdf"] and not office.reported


@pytest.mark.parametrize("telecom", ["", "030 123456", "erika@example", "a@b.example\r\nBcc:x"])
def test_without_a_usable_address_the_whole_letter_is_printed(office: Office, telecom: str) -> None:
    code, password = mailed(office, telecom).split(" ")
    if "Bcc" in telecom:
        # Its first line is an address; nothing of the second gets anywhere.
        assert [address for address, _, _ in office.invited] == ["a@b.example"]
        return
    assert code and password and not office.invited
    assert office.reported == [
        f"automatic sharing: study {office.world.mine.id} names no e-mail address, the whole letter is printed"
    ]
