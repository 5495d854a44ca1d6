"""A real Chromium in a process and a profile of its own, which can be closed, killed and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Playwright

_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-crash-restore-bubble",
    "--remote-debugging-port=0",
)
_START_SECONDS = 60


class Chromium:
    """One run of the browser; tabs are named by their order of opening."""

    name = "Chromium"

    def __init__(self, playwright: Playwright, executable: str, profile: Path, restore: bool = False) -> None:
        profile.mkdir(parents=True, exist_ok=True)
        port = profile / "DevToolsActivePort"
        port.unlink(missing_ok=True)
        arguments = [executable, *_ARGUMENTS, f"--user-data-dir={profile}"]
        arguments += ["--restore-last-session"] if restore else ["about:blank"]
        # A group of its own, so that a kill reaches every process of it.
        self._process = subprocess.Popen(
            arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        until = time.monotonic() + _START_SECONDS
        while not (port.exists() and port.read_text().count("\n")):
            if time.monotonic() > until or self._process.poll() is not None:
                raise RuntimeError("Chromium did not start")
            time.sleep(0.05)
        number = port.read_text().splitlines()[0]
        self._browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{number}")
        self._context = self._browser.contexts[0]
        self._first = self._context.pages[0] if self._context.pages else self._context.new_page()

    @property
    def pages(self) -> list[Page]:
        """All tabs, also those that were restored."""
        return self._context.pages

    def tab(self, new: bool = False) -> Page:
        """The first tab, or another one in front of it."""
        return self._context.new_page() if new else self._first

    def cookies(self) -> dict[str, str]:
        """All cookies, by name."""
        found: list[Any] = self._context.cookies()
        return {cookie["name"]: cookie["value"] for cookie in found}

    def close_tab(self, page: Page) -> None:
        """As the cross on the tab does; another tab stays open."""
        if len(self.pages) == 1:
            self._context.new_page()
        session = self._context.new_cdp_session(page)
        # The page goes away while it answers.
        with contextlib.suppress(Exception):
            session.send("Page.close")

    def close_window(self) -> None:
        """As the cross on the last window does: the whole browser ends."""
        session = self._browser.new_browser_cdp_session()
        with contextlib.suppress(Exception):
            session.send("Browser.close")
        self._process.wait(timeout=30)

    def kill(self) -> None:
        """As a crash, or a battery that is empty."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=30)
