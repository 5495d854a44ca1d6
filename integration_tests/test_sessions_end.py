"""Close the window and you are logged out: real browsers, with shorter limits than practices have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright

from harness.server import OrthancServer

from .sessions.__main__ import configuration
from .sessions.cases import CASES, Case, Limits, Scene
from .support.browsers import CHROMIUM, FIREFOX
from .support.practice import Practice
from .support.studies import make_studies

pytestmark = [pytest.mark.one_suite, pytest.mark.browsers]

# The grace is so much shorter than the lease that a slow machine cannot take one for the other.
LIMITS = Limits(visible=14, hidden=15, hidden_phone=16, grace=2)
SLACK = 8.0
# What waits for a lease takes its time: one of each kind.
SHORT = [case for case in CASES if case.limit != "visible" or case.words.startswith("kill it")]


@pytest.fixture(scope="module")
def hurried(orthanc_image: str) -> Iterator[tuple[OrthancServer, Practice, str]]:
    with OrthancServer(orthanc_image, configuration(LIMITS)) as server:
        server.wait_ready()
        yield server, Practice(server), make_studies(server).a.id


@pytest.mark.parametrize("case", SHORT, ids=lambda case: f"{case.browser}: {case.words}")
def test_the_old_session_is_refused(
    playwright: Playwright, hurried: tuple[OrthancServer, Practice, str], case: Case
) -> None:
    server, practice, study_id = hurried
    scene = Scene(
        server.url,
        practice.share(study_id),
        LIMITS,
        playwright,
        CHROMIUM,
        FIREFOX,
    )
    assert case.play(scene) <= case.goal(LIMITS) + SLACK


def test_the_audit_log_says_why(hurried: tuple[OrthancServer, Practice, str]) -> None:
    _, practice, _ = hurried
    entries = practice.api("GET", "/patient-share/api/v1/audit", params={"action": "session-ended"}).json()["entries"]
    assert {entry["detail"]["reason"] for entry in entries} == {"closed"}
