"""The short form of `make chaos`."""

from __future__ import annotations

import random

import pytest

from harness.server import OrthancServer

from .chaos.rounds import Chaos
from .support.studies import make_studies

pytestmark = pytest.mark.one_suite

KILLS = 4


def test_what_was_answered_holds_after_a_kill(orthanc_image: str) -> None:
    with OrthancServer(orthanc_image) as server:
        server.wait_ready()
        chaos = Chaos(server, make_studies(server).a.id, random.Random())
        for _ in range(KILLS):
            chaos.play()
    assert chaos.tally.broken == []
    assert chaos.tally.cut_off > 0, "no request was under way at any kill"
