"""The policy's words: on the page for data protection officers as in the product."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from orthanc_plugin.domain.policy import Decision, Reason

PAGE = Path(__file__).parents[3] / "docs" / "policy.md"


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_stands_on_the_page(reason: Reason) -> None:
    text = PAGE.read_text(encoding="utf-8")
    found = (f"| no: {reason} |", f"| {reason} | ", f" {reason}; ", f" {reason}.")
    assert any(words in text for words in found)


def test_a_decision_cannot_be_turned_into_another_one() -> None:
    decision = Decision(False, Reason.NOT_SIGNED_IN)
    with pytest.raises(FrozenInstanceError):
        decision.allowed = True  # type: ignore[misc]
