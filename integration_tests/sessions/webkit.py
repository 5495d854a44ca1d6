"""A real WebKit (WebKitGTK's MiniBrowser on a screen that nobody sees), driven by W3C WebDriver."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import requests
from PIL import Image, ImageGrab

# Beside the libraries of the machine's architecture.
_BROWSERS = "*/webkit2gtk-4.1/MiniBrowser"
_START_SECONDS = 60
# Higher than any page, so that a picture holds what would be below the window.
_SCREEN = (1366, 6000)
# The browser's own buttons would not let its window be as narrow as a phone.
_NARROW = """* { min-width: 0; min-height: 0; padding: 0; margin: 0; border: 0; font-size: 1px; }
image { -gtk-icon-transform: scale(0); }
"""


class WebKit:
    """One run of the browser with one page."""

    name = "WebKit"

    def __init__(self, driver: str = "/usr/bin/WebKitWebDriver") -> None:
        self._settings = tempfile.TemporaryDirectory()
        style = Path(self._settings.name) / "gtk-3.0" / "gtk.css"
        style.parent.mkdir()
        style.write_text(_NARROW)
        read, write = os.pipe()
        width, height = _SCREEN
        self._screen = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"],
            pass_fds=(write,),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as number:
            self._display = f":{number.readline().strip()}"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = {
            **os.environ,
            "DISPLAY": self._display,
            "XDG_CONFIG_HOME": self._settings.name,
            # There is no graphics hardware.
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "WEBKIT_DISABLE_DMABUF_RENDERER": "1",
        }
        self._driver = subprocess.Popen(
            [driver, f"--port={port}"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._url = f"http://127.0.0.1:{port}/session"
        browser = next(Path("/usr/lib").glob(_BROWSERS))
        options = {"binary": str(browser), "args": ["--automation"]}
        self._session = self._begin({"webkitgtk:browserOptions": options})

    def _begin(self, wanted: dict[str, Any]) -> str:
        until = time.monotonic() + _START_SECONDS
        while True:
            try:
                answer = requests.post(self._url, json={"capabilities": {"alwaysMatch": wanted}}, timeout=60)
                answer.raise_for_status()
                return f"{self._url}/{answer.json()['value']['sessionId']}"
            except requests.ConnectionError:
                if time.monotonic() > until:
                    self.quit()
                    raise
                time.sleep(0.1)

    def goto(self, url: str) -> None:
        """Load a page and wait for it."""
        self._send("url", {"url": url})

    def evaluate(self, script: str) -> Any:
        """What the body of a function answers."""
        return self._send("execute/sync", {"script": script, "args": []})

    def wait(self, script: str, seconds: float = 30) -> None:
        """Until the body of a function answers something true."""
        until = time.monotonic() + seconds
        while not self.evaluate(script):
            if time.monotonic() > until:
                raise TimeoutError(script)
            time.sleep(0.05)

    def press(self, key: str) -> None:
        """Press a key, named by its code point in the protocol or itself."""
        keys = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        self._send("actions", {"actions": [{"type": "key", "id": "keyboard", "actions": keys}]})

    def resize(self, width: int, height: int) -> None:
        """Make the page itself so large, as far as the browser's window can be."""
        self._send("window/rect", {"width": width, "height": height})
        grown = self.evaluate("return [innerWidth, innerHeight]")
        self._send("window/rect", {"width": 2 * width - grown[0], "height": 2 * height - grown[1]})

    def screenshot(self) -> bytes:
        """The page as PNG, with what is below the window.

        Taken from the screen: the driver's own picture waits for a frame that WebKit does not always draw.
        """
        width, height = self.evaluate("return [innerWidth, innerHeight]")
        whole = min(self.evaluate("return document.documentElement.scrollHeight"), _SCREEN[1] - 100)
        if whole > height:
            self.resize(width, whole)
        picture = self._drawn()
        if whole > height:
            self.resize(width, height)
        kept = io.BytesIO()
        picture.save(kept, "PNG")
        return kept.getvalue()

    def _drawn(self) -> Image.Image:
        left, top, width, height = self.evaluate(
            "return [screenX, screenY + outerHeight - innerHeight, innerWidth, innerHeight]"
        )
        box = (left, top, left + width, top + height)
        before, until = None, time.monotonic() + 5
        while True:
            time.sleep(0.3)
            picture = ImageGrab.grab(xdisplay=self._display).crop(box)
            if time.monotonic() > until or picture == before:
                return picture
            before = picture

    def quit(self) -> None:
        """Close everything."""
        if hasattr(self, "_session"):
            with contextlib.suppress(requests.RequestException):
                requests.delete(self._session, timeout=20)
        for process in (self._driver, self._screen):
            process.kill()
            process.wait(timeout=20)
        self._settings.cleanup()

    def _send(self, command: str, parameters: dict[str, Any]) -> Any:
        answer = requests.post(f"{self._session}/{command}", json=parameters, timeout=60)
        value = answer.json()["value"]
        if not answer.ok:
            raise RuntimeError(f"{command}: {value.get('error')}: {value.get('message')}")
        return value
