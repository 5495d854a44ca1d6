"""Fixtures of the integration tests: a real Orthanc in a container, real studies, a real browser; nothing mocked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from harness import image
from harness.server import OrthancServer

from .sessions.firefox import Firefox
from .sessions.webkit import WebKit
from .support.browsers import CHROMIUM, FIREFOX
from .support.practice import Practice
from .support.studies import Studies, make_studies


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--part", choices=("servers", "browsers"), help="only tests without a browser, or only those with")
    parser.addoption("--suite", default="trixie", choices=("trixie", "forky"), help="Debian release of the image")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What does not touch Orthanc itself is tested beside one release of it; `-m one_suite` runs it beside any.

    Two browsers at once are too much for two cores: those tests run alone (`--part`).
    """
    left_out = set()
    if config.getoption("--suite") != "trixie" and not config.getoption("-m"):
        left_out = {item for item in items if item.get_closest_marker("one_suite")}
    if part := config.getoption("--part"):
        left_out |= {item for item in items if _has_browser(item) != (part == "browsers")}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def _has_browser(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(fixtures & {"chromium", "browser", "playwright"}) or item.get_closest_marker("browsers") is not None


@pytest.fixture(scope="session")
def suite(pytestconfig: pytest.Config) -> str:
    return str(pytestconfig.getoption("--suite"))


@pytest.fixture(scope="session")
def orthanc_image(suite: str) -> str:
    return image.ensure(suite)


@pytest.fixture(scope="session")
def helpers_image() -> str:
    """PostgreSQL and nginx."""
    return image.ensure_helpers()


@pytest.fixture(scope="session")
def server(orthanc_image: str) -> Iterator[OrthancServer]:
    """The Orthanc that most tests share; a test that stops or floods one starts its own."""
    with OrthancServer(orthanc_image) as running:
        running.wait_ready()
        yield running


@pytest.fixture(scope="session")
def studies(server: OrthancServer) -> Studies:
    """A is shared, B belongs to the same patient, C to another; sent over DICOM as a modality would."""
    return make_studies(server)


@pytest.fixture(scope="session")
def practice(server: OrthancServer) -> Practice:
    return Practice(server)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*arguments, "--disable-component-update"])
    yield browser
    browser.close()


@pytest.fixture(params=["Firefox", "WebKit"])
def browser(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Firefox | WebKit]:
    if request.param == "Firefox":
        running: Firefox | WebKit = Firefox(FIREFOX, tmp_path / "profile")
    else:
        running = WebKit()
    yield running
    running.quit()


@pytest.fixture(scope="session")
def screenshots(suite: str) -> Path:
    """Where screenshots are left to be looked at."""
    folder = Path(__file__).parent.parent / "build" / "screenshots" / suite
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def real_study_folder() -> Path:
    """A folder with the DICOM files of one real study, where the machine has one (environment TEST_DICOM)."""
    folder = Path(os.environ.get("TEST_DICOM", "")).resolve()
    if not os.environ.get("TEST_DICOM") or not folder.is_dir():
        pytest.skip("TEST_DICOM names no folder with DICOM files")
    return folder
