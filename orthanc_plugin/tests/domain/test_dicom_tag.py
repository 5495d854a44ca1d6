"""Tags as settings write them."""

from __future__ import annotations

import pytest

from orthanc_plugin.domain.automatic import AutomaticRule, StudyFacts
from orthanc_plugin.domain.dicom_tag import DicomTag

FLAG = DicomTag(0x11, 0x20, "RIS")


@pytest.mark.parametrize(
    ("text", "tag"),
    [("0010,2155", DicomTag(0x10, 0x2155)), ("0011,2a:PRAXIS RIS ", DicomTag(0x11, 0x2A, "PRAXIS RIS"))],
)
def test_tags_are_read(text: str, tag: DicomTag) -> None:
    assert DicomTag.parse(text) == tag


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0010",
        "0010,21",
        "0011,2020",
        "0010,20:RIS",
        "0011,20:",
        "0011,20:a\\b",
        "0011,20: x",
        "0010,2155\n",
        "00\uff110,2155",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="tag"):
        DicomTag.parse(text)


def test_a_rule_looks_at_tags() -> None:
    rule = AutomaticRule("flag", tags={FLAG: frozenset({"J", "1"})})
    assert rule.matches(StudyFacts(tags={FLAG: "1"}))
    assert not rule.matches(StudyFacts(tags={FLAG: "N"}))
    assert not rule.matches(StudyFacts())
    both = AutomaticRule("flag", modalities=frozenset({"CT"}), tags=rule.tags)
    assert not both.matches(StudyFacts(tags={FLAG: "1"}))
