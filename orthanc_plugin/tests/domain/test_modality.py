from __future__ import annotations

import pytest

from orthanc_plugin.domain.modality import is_picture


@pytest.mark.parametrize("kind", ["1", "1.1", "1.1.1.1", "2", "2.1", "4", "7", "7.4", "12.1", "77.1.4", "6.1", "128"])
def test_pictures(kind: str) -> None:
    assert is_picture(f"1.2.840.10008.5.1.4.1.1.{kind}")


@pytest.mark.parametrize("kind", ["11.1", "88.11", "104.1", "9.1.1", "481.3", "66", "67", "88.59", "70", ""])
def test_what_is_none(kind: str) -> None:
    assert not is_picture(f"1.2.840.10008.5.1.4.1.1.{kind}")
