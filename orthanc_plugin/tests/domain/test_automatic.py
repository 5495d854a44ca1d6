from __future__ import annotations

import pytest

from orthanc_plugin.domain.automatic import AutomaticRule, StudyFacts

CT = StudyFacts(
    modalities=frozenset({"CT", "SR"}),
    ae_titles=frozenset({"CT1"}),
    stations=frozenset({"ROOM-2"}),
    institutions=frozenset({"Praxis"}),
    labels=frozenset({"share", "x"}),
    has_referring_physician=True,
)


@pytest.mark.parametrize(
    "rule",
    [
        AutomaticRule("r", modalities=frozenset({"CT", "MR"})),
        AutomaticRule("r", ae_titles=frozenset({"CT1"}), stations=frozenset({"ROOM-2", "ROOM-3"})),
        AutomaticRule("r", institutions=frozenset({"Praxis"}), labels=frozenset({"share"})),
        AutomaticRule("r", with_referring_physician=True),
    ],
)
def test_every_condition_has_to_hold_and_one_value_of_it_is_enough(rule: AutomaticRule) -> None:
    assert rule.matches(CT)


@pytest.mark.parametrize(
    "rule",
    [
        AutomaticRule("r", modalities=frozenset({"MR"})),
        AutomaticRule("r", modalities=frozenset({"CT"}), ae_titles=frozenset({"MR1"})),
        AutomaticRule("r", stations=frozenset({"room-2"})),
        AutomaticRule("r", labels=frozenset({"other"})),
        AutomaticRule("r", institutions=frozenset({"Andere"})),
    ],
)
def test_one_condition_that_does_not_hold_is_enough_to_share_nothing(rule: AutomaticRule) -> None:
    assert not rule.matches(CT)


def test_without_a_condition_nothing_is_shared() -> None:
    assert not AutomaticRule("r").matches(CT)
    assert not AutomaticRule("r", with_referring_physician=True).matches(StudyFacts())
    assert not AutomaticRule("r", modalities=frozenset({"CT"}), with_referring_physician=True).matches(
        StudyFacts(modalities=frozenset({"CT"}))
    )
