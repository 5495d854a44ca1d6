from __future__ import annotations

import pytest

from orthanc_plugin.adapters.orthanc_tags import OrthancTags

from ..support.studies import orthanc_id

SERIES = orthanc_id("series")


class Rest:
    def __init__(self, answer: bytes | None) -> None:
        self.answer, self.asked = answer, list[str]()

    def get(self, path: str) -> bytes | None:
        self.asked.append(path)
        return self.answer

    def post(self, path: str, body: str) -> bytes | None:
        raise AssertionError(path, body)


def test_tags_of_a_series_come_in_one_request() -> None:
    rest = Rest(b'{"i": {"Rows": "4"}}')
    assert OrthancTags(rest)(SERIES) == {"i": {"Rows": "4"}}
    assert rest.asked == [f"/series/{SERIES}/instances-tags?simplify"]


def test_a_series_that_is_gone_has_none() -> None:
    assert OrthancTags(Rest(None))(SERIES) == {}


@pytest.mark.parametrize("wrong", ["", "..", f"{SERIES}/x", "../system"])
def test_only_an_identifier_is_asked_for(wrong: str) -> None:
    rest = Rest(b"{}")
    assert OrthancTags(rest)(wrong) == {}
    assert rest.asked == []
