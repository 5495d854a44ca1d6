from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.domain.report import MOST_HOURS, ReportRule, ReportTime, is_report

CREATED, ARRIVED = 1_000_000, 1_050_000


@pytest.mark.parametrize("text", ["never", "hold", "at-once", "1h", "24h", f"{MOST_HOURS}h", "from:1764766800"])
def test_what_is_written_is_what_is_read(text: str) -> None:
    assert ReportRule.parse(text).text == text


@pytest.mark.parametrize(
    "text", ["", "after", "from", "0h", "-1h", "24", "24H", f"{MOST_HOURS + 1}h", "²h", "from:-1", "at-once ", "NEVER"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        ReportRule.parse(text)


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("at-once", 0),
        ("24h", ARRIVED + 86_400),
        ("from:1050001", ARRIVED + 1),
        ("hold", None),
        ("never", None),
    ],
)
def test_a_report_is_shown_from_its_moment_on(text: str, begins: int | None) -> None:
    rule = ReportRule.parse(text)
    assert rule.visible_from(CREATED, ARRIVED) == begins
    if begins is None:
        assert not rule.shows(CREATED, ARRIVED, 2**40)
    else:
        assert rule.shows(CREATED, ARRIVED, begins)
        assert not rule.shows(CREATED, ARRIVED, begins - 0.001)


def test_hours_count_from_the_share_where_the_report_was_there_before() -> None:
    assert ReportRule(ReportTime.AFTER, 3600).visible_from(CREATED, 5) == CREATED + 3600


@given(st.integers(0, 2**31), st.integers(0, 2**31), st.floats(0, 2**32), st.floats(0, 2**31))
def test_a_clock_that_is_set_back_never_opens_anything(created: int, arrived: int, now: float, back: float) -> None:
    for text in ("never", "hold", "24h", "from:1764766800"):
        rule = ReportRule.parse(text)
        if rule.shows(created, arrived, now - back):
            assert rule.shows(created, arrived, now)


@pytest.mark.parametrize(
    ("sop_class", "expected"),
    [
        ("1.2.840.10008.5.1.4.1.1.104.1", True),
        ("1.2.840.10008.5.1.4.1.1.104.2", True),
        ("1.2.840.10008.5.1.4.1.1.88.11", True),
        ("1.2.840.10008.5.1.4.1.1.88.67", True),
        ("1.2.840.10008.5.1.4.1.1.88.59", False),
        ("1.2.840.10008.5.1.4.1.1.2", False),
        ("", False),
    ],
)
def test_documents_and_structured_reports_are_reports(sop_class: str, expected: bool) -> None:
    assert is_report(sop_class) is expected
