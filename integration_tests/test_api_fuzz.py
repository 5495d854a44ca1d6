"""No request makes the staff API fail, or answer with a status that its document does not name; `make api-fuzz`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.server import OrthancServer

from .api_fuzz import fuzz
from .support.studies import make_studies


@pytest.fixture
def own_server(orthanc_image: str) -> Iterator[OrthancServer]:
    """One that no other test needs: afterwards shares are gone, and patients object."""
    with OrthancServer(orthanc_image) as running:
        running.wait_ready()
        make_studies(running)
        yield running


def test_generated_requests_meet_what_the_document_describes(own_server: OrthancServer, tmp_path: Path) -> None:
    status, report = fuzz(own_server, 8, tmp_path, seed=1)
    assert status == 0, report[-6000:]
    tested = re.search(r"Tested: (\d+)", report)
    generated = re.search(r"(\d+) generated", report)
    assert tested and int(tested[1]) >= 20, report
    assert generated and int(generated[1]) > 200, report
    assert own_server.running()
