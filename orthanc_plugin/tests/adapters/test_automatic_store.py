"""What rules have shared, in the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from orthanc_plugin.adapters.letter_folder import LetterFolder
from orthanc_plugin.adapters.store.automatic import SqlAutomatic
from orthanc_plugin.adapters.store.database import SqlTransaction, open_store


@pytest.fixture
def claims(tmp_path: Path) -> SqlAutomatic:
    return SqlAutomatic(open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}"))


def test_the_place_is_kept_and_moved_both_ways(claims: SqlAutomatic) -> None:
    assert claims.cursor() is None
    for place in (7, 12, 3):
        claims.move(place)
        assert claims.cursor() == place
    claims.engine.dispose()


def test_studies_are_awaited_in_the_order_in_which_they_came(claims: SqlAutomatic) -> None:
    for study, now in (("b", 1), ("a", 2), ("b", 3)):
        claims.wait_for(study, now)
    assert claims.awaited() == ["b", "a"]
    claims.looked_at("b")
    claims.looked_at("b")
    assert claims.awaited() == ["a"]
    claims.engine.dispose()


def test_a_claim_stands_for_good_and_waits_until_its_letter_is_given_out(claims: SqlAutomatic) -> None:
    claims.add("study", "ct", "s1", 100)
    claims.add("study", "ref", "s2", 100)
    assert claims.claimed("study", "ct") and not claims.claimed("study", "mr") and not claims.claimed("other", "ct")
    assert sorted(claims.waiting()) == ["s1", "s2"]
    claims.finish("s1")
    assert claims.waiting() == ["s2"] and claims.claimed("study", "ct")
    claims.engine.dispose()


def test_a_claim_is_a_part_of_the_transaction_that_files_the_share(claims: SqlAutomatic) -> None:
    with pytest.raises(RuntimeError), SqlTransaction(claims.engine)():
        claims.add("study", "ct", "s1", 100)
        raise RuntimeError
    assert not claims.claimed("study", "ct")
    claims.engine.dispose()


def test_a_letter_has_a_name_only_once_it_is_given_out(tmp_path: Path) -> None:
    tray = LetterFolder(tmp_path)
    tray.write("s1", b"half")
    tray.write("s1", b"whole")
    assert [path.name for path in tmp_path.iterdir()] == [".s1.part"]
    tray.give_out("s1")
    tray.give_out("s1")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"s1.pdf": b"whole"}
    tray.write("s2", b"x")
    tray.drop("s2")
    tray.drop("s2")
    assert [path.name for path in tmp_path.iterdir()] == ["s1.pdf"]


def test_a_link_that_lies_in_wait_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"before")
    (tmp_path / ".s1.part").symlink_to(tmp_path / "target")
    LetterFolder(tmp_path).write("s1", b"secret")
    assert (tmp_path / "target").read_bytes() == b"before"
