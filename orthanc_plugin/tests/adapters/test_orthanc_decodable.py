from __future__ import annotations

from typing import Any

import pytest

from orthanc_plugin.adapters.orthanc_decodable import OrthancDecodable
from orthanc_plugin.domain.study import Level, ResourceName

from ..support.rest import FakeRest
from ..support.studies import orthanc_id

ONE, TWO, SERIES = orthanc_id("one"), orthanc_id("two"), orthanc_id("series")


def asked(level: Level, answers: dict[str, Any]) -> bool:
    value = SERIES if level is Level.SERIES else ONE
    return OrthancDecodable(FakeRest(answers), lambda name: name.value)(ResourceName(level, value))


@pytest.mark.parametrize(
    ("syntax", "safe"),
    [
        (b"1.2.840.10008.1.2", True),
        (b"1.2.840.10008.1.2.1\0", False),
        (b"1.2.840.10008.1.2.4.70", True),
        (b"1.2.840.10008.1.2.5", True),
        (b"1.2.840.10008.1.2.4.90", False),
        (b"1.2.840.10008.1.2.4.91", False),
        (b"1.2.840.10008.1.2.4.201", False),
        (b"", False),
        (None, False),
        (OSError("gone"), False),
    ],
)
def test_only_what_orthanc_itself_decodes_is_safe(syntax: Any, safe: bool) -> None:
    assert asked(Level.INSTANCE, {f"/instances/{ONE}/metadata/TransferSyntax": syntax}) is safe


@pytest.mark.parametrize("second", [b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2.4.90"])
def test_a_series_is_as_safe_as_its_worst_instance(second: bytes) -> None:
    answers = {
        f"/series/{SERIES}": {"Instances": [ONE, TWO]},
        f"/instances/{ONE}/metadata/TransferSyntax": b"1.2.840.10008.1.2.1",
        f"/instances/{TWO}/metadata/TransferSyntax": second,
    }
    assert asked(Level.SERIES, answers) is (second == b"1.2.840.10008.1.2.1")


def test_what_is_unknown_is_not_safe() -> None:
    assert not asked(Level.SERIES, {})
    assert not asked(Level.STUDY, {})
    assert not OrthancDecodable(FakeRest({}), lambda _name: None)(ResourceName(Level.INSTANCE, ONE))
