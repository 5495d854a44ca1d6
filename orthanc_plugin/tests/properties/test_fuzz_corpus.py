"""What fuzzing has found worth keeping (benchmarks/fuzz), asked again in each run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import hostile


@pytest.mark.parametrize("target", hostile.CHECKS)
def test_the_corpus_is_harmless(target: str) -> None:
    files = sorted((hostile.CORPUS / target).iterdir())
    assert len(files) >= 5
    for file in files:
        hostile.CHECKS[target](file.read_bytes())


@pytest.mark.parametrize("target", hostile.CHECKS)
@given(data=st.binary(max_size=60))
def test_bytes_without_any_sense_are_harmless(target: str, data: bytes) -> None:
    hostile.CHECKS[target](data)


@given(st.lists(st.sampled_from(hostile.words()), max_size=6).map("".join), st.sampled_from(sorted(hostile.CHECKS)))
def test_words_of_the_product_in_any_order_are_harmless(text: str, target: str) -> None:
    hostile.CHECKS[target](text.encode())


def test_the_checks_see_what_they_are_for() -> None:
    """A check that never fails proves nothing: each finds a rule that is loosened on purpose."""
    at = hostile.scene()
    foreign = at.world.foreign.series[0]
    path = f"/web-viewer/series/{foreign.id}"
    hostile.check(path, {})
    resolve = at.world.gate.resolve
    at.world.gate.resolve = lambda name: next(iter(at.places.values()))
    at.world.gate._places.clear()
    try:
        with pytest.raises(AssertionError, match="recipient"):
            hostile.check(path, {})
    finally:
        at.world.gate.resolve = resolve
        at.world.gate._places.clear()


def test_the_second_statement_of_what_is_own_holds_for_the_entrance() -> None:
    assert all(map(hostile.is_own, ("/", "//", "/portal", "/portal/", "/portal/x/y", "/patient-share", "/robots.txt")))
    assert not any(map(hostile.is_own, ("/portalx", "/portal\n", "/portal/x\n", "portal", "/robots.txt/x", "//portal")))
