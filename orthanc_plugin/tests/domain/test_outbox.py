from __future__ import annotations

from orthanc_plugin.domain.outbox import RetryRule


def test_pauses_grow_and_the_last_one_repeats() -> None:
    rule = RetryRule((60, 300, 900), 3600)
    assert [rule.after(n) for n in (0, 1, 2, 3, 4, 99)] == [60, 60, 300, 900, 900, 900]


def test_it_is_given_up_when_the_pauses_add_up_to_the_limit() -> None:
    rule = RetryRule((60, 300, 900), 3600)
    # 60 + 300 + 900 + 900 + 900 = 3060, and 3960 with one more.
    assert [rule.exhausted(n) for n in (1, 2, 5, 6)] == [False, False, False, True]
