from __future__ import annotations

import pytest

from orthanc_plugin.adapters.orthanc_archive import OrthancArchive

from ..support.clock import MovableClock
from ..support.rest import FakeRest, one_study


@pytest.fixture
def rest() -> FakeRest:
    return one_study()


@pytest.fixture
def archive(rest: FakeRest, clock: MovableClock) -> OrthancArchive:
    return OrthancArchive(rest, clock.now)
