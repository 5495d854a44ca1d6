"""Ways in which people leave a portal, and how long their session is served afterwards."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, Playwright

from ..support.practice import Share
from .chromium import Chromium
from .firefox import Firefox
from .old_session import OldSession

PHONE_AGENT = "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


@dataclass(frozen=True)
class Limits:
    """Seconds, as the server under test is set."""

    visible: float = 60
    hidden: float = 120
    hidden_phone: float = 300
    grace: float = 15


@dataclass
class Scene:
    """A server with a share, and where the browsers are."""

    url: str
    share: Share
    limits: Limits
    playwright: Playwright
    chromium: str
    firefox: str

    @contextmanager
    def in_chromium(self) -> Iterator[tuple[Chromium, Page, OldSession, Path]]:
        """Somebody who has opened the share in Chromium and looks at the pictures."""
        with tempfile.TemporaryDirectory() as profile:
            browser = Chromium(self.playwright, self.chromium, Path(profile))
            try:
                page = browser.tab()
                self.log_in(page)
                yield browser, page, OldSession(self.url, browser.cookies()), Path(profile)
            finally:
                browser.kill()

    def log_in(self, page: Page) -> None:
        """Open the link, type the password, go on to the first series."""
        page.goto(self.share.link)
        page.wait_for_function("() => document.querySelector('#code').value !== ''")
        page.fill("#password", self.share.password)
        page.press("#password", "Enter")
        page.wait_for_url("**/portal/study")
        look(page, self.url)

    @contextmanager
    def in_firefox(self, agent: str = "") -> Iterator[tuple[Firefox, OldSession]]:
        """The same in Firefox."""
        with tempfile.TemporaryDirectory() as profile:
            browser = Firefox(self.firefox, Path(profile), agent)
            try:
                browser.goto(self.share.link)
                browser.wait("return document.querySelector('#code').value !== ''")
                browser.evaluate(
                    f"document.querySelector('#password').value = {self.share.password!r};"
                    "document.querySelector('#login').requestSubmit()"
                )
                browser.wait("return location.pathname === '/portal/study' && document.readyState === 'complete'")
                browser.goto(f"{self.url}/portal/series/1")
                browser.wait("return Boolean(window.__viewer && window.__viewer.shown > 0)")
                yield browser, OldSession(self.url, browser.cookies())
            finally:
                browser.kill()


def look(page: Page, url: str) -> None:
    """Open the first series, and wait until the page has given its first sign of life."""
    with page.expect_response("**/portal/presence"):
        page.goto(f"{url}/portal/series/1")
    page.wait_for_function("() => window.__viewer && window.__viewer.shown > 0")


def close_the_tab(scene: Scene) -> float:
    """The cross on the tab."""
    with scene.in_chromium() as (browser, page, old, _):
        browser.close_tab(page)
        return old.refused_after(scene.limits.grace)


def close_the_window(scene: Scene) -> float:
    """The cross on the last window. The browser ends with it, often before it has sent the farewell."""
    with scene.in_chromium() as (browser, _, old, _profile):
        browser.close_window()
        return old.refused_after(scene.limits.visible)


def kill_the_browser(scene: Scene) -> float:
    """A crash: nobody says farewell."""
    with scene.in_chromium() as (browser, _, old, _profile):
        browser.kill()
        return old.refused_after(scene.limits.visible)


def restore_the_profile(scene: Scene) -> float:
    """A crash, and after the lease the browser brings its tabs back: it has to ask for the password."""
    with scene.in_chromium() as (browser, _, old, profile):
        browser.kill()
        took = old.refused_after(scene.limits.visible)
        again = Chromium(scene.playwright, scene.chromium, profile, restore=True)
        try:
            page = again.tab()
            page.goto(f"{scene.url}/portal/series/1")
            if "/portal?ended=1" not in page.url:
                raise AssertionError(f"the restored browser is served at {page.url}")
            page.wait_for_selector("#password")
        finally:
            again.kill()
        return took


def close_one_of_two_tabs(scene: Scene) -> float:
    """The other tab goes on, longer than any lease of the first; then it is closed too."""
    with scene.in_chromium() as (browser, page, old, _):
        other = browser.tab(new=True)
        look(other, scene.url)
        browser.close_tab(page)
        if not old.survives(scene.limits.visible + scene.limits.grace):
            raise AssertionError("the session ended although a tab was open")
        browser.tab(new=True)
        browser.close_tab(other)
        return old.refused_after(scene.limits.grace)


def go_from_page_to_page(scene: Scene) -> float:
    """Many pages, each of which says farewell, and nobody is logged out; then the tab is closed."""
    with scene.in_chromium() as (browser, page, old, _):
        for _ in range(6):
            page.goto(f"{scene.url}/portal/study")
            page.goto(f"{scene.url}/portal/series/1")
            if not old.served or "/portal/series/1" not in page.url:
                raise AssertionError("going to another page has logged out")
        browser.close_tab(page)
        return old.refused_after(scene.limits.grace)


def go_back_after_logging_out(scene: Scene) -> float:
    """The button, then "back": nothing of the study is shown."""
    with scene.in_chromium() as (_, page, old, _profile):
        page.click("form.logout button")
        page.wait_for_url("**/portal?ended=1")
        took = old.refused_after(0)
        page.go_back()
        page.wait_for_url("**/portal?ended=1")
        return took


def log_out_in_another_tab(scene: Scene) -> float:
    """The tab that is left behind takes its pictures away by itself."""
    with scene.in_chromium() as (browser, page, old, _):
        other = browser.tab(new=True)
        look(other, scene.url)
        other.click("form.logout button")
        page.wait_for_url("**/portal?ended=1")
        return old.refused_after(0)


def hide_the_tab(scene: Scene) -> float:
    """Another tab in front, then the browser is killed: the longer lease of a hidden page."""
    return _hidden(scene, "", scene.limits.hidden)


def hide_the_tab_on_a_phone(scene: Scene) -> float:
    """A phone's app switcher, and the browser is thrown out of memory."""
    return _hidden(scene, PHONE_AGENT, scene.limits.hidden_phone)


def _hidden(scene: Scene, agent: str, limit: float) -> float:
    with scene.in_firefox(agent) as (browser, old):
        page = browser.handle
        browser.new_tab()
        browser.switch(page, in_front=False)
        browser.wait("return document.visibilityState === 'hidden'")
        # The page says so at once; the message needs a moment.
        time.sleep(1)
        browser.kill()
        return old.refused_after(limit)


def close_the_tab_in_firefox(scene: Scene) -> float:
    """The cross on the tab. Driven like this, Firefox often drops the farewell; then the lease runs out."""
    with scene.in_firefox() as (browser, old):
        browser.close_tab()
        return old.refused_after(scene.limits.visible)


def close_the_window_of_firefox(scene: Scene) -> float:
    """The cross on the window."""
    with scene.in_firefox() as (browser, old):
        browser.close_window()
        return old.refused_after(scene.limits.visible)


def kill_firefox(scene: Scene) -> float:
    """A crash."""
    with scene.in_firefox() as (browser, old):
        browser.kill()
        return old.refused_after(scene.limits.visible)


@dataclass(frozen=True)
class Case:
    """A way to leave, in words, the browser, and the limit (a field of Limits, or 0: at once)."""

    words: str
    browser: str
    play: Callable[[Scene], float]
    limit: str

    def goal(self, limits: Limits) -> float:
        """Seconds within which the session has to be refused."""
        return float(getattr(limits, self.limit)) if self.limit else 0.0


CASES = (
    Case("close the tab", "Chromium", close_the_tab, "grace"),
    Case("close the last window", "Chromium", close_the_window, "visible"),
    Case("kill the browser", "Chromium", kill_the_browser, "visible"),
    Case("kill it, restore its tabs after the lease", "Chromium", restore_the_profile, "visible"),
    Case("close one of two tabs, then the other", "Chromium", close_one_of_two_tabs, "grace"),
    Case("go from page to page, then close the tab", "Chromium", go_from_page_to_page, "grace"),
    Case("log out, then go back", "Chromium", go_back_after_logging_out, ""),
    Case("log out in another tab", "Chromium", log_out_in_another_tab, ""),
    Case("close the tab", "Firefox", close_the_tab_in_firefox, "visible"),
    Case("close the last window", "Firefox", close_the_window_of_firefox, "visible"),
    Case("kill the browser", "Firefox", kill_firefox, "visible"),
    Case("hide the tab, kill the browser", "Firefox", hide_the_tab, "hidden"),
    Case("hide the tab, kill the browser", "Firefox as a phone", hide_the_tab_on_a_phone, "hidden_phone"),
)
