"""A real WebKit (WebKitGTK's MiniBrowser on a screen that nobody sees), driven by W3C WebDriver."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import requests

# Beside the libraries of the machine's architecture.
_BROWSERS = "*/webkit2gtk-4.1/MiniBrowser"
_START_SECONDS = 60


class WebKit:
    """One run of the browser with one page."""

    name = "WebKit"

    def __init__(self, driver: str = "/usr/bin/WebKitWebDriver") -> None:
        read, write = os.pipe()
        self._screen = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1366x768x24", "-nolisten", "tcp"],
            pass_fds=(write,),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as number:
            display = number.readline().strip()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = {
            **os.environ,
            "DISPLAY": f":{display}",
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
        """What is to be seen of the page, as PNG."""
        for _ in range(3):
            # On a screen that nobody sees a page is now and then not drawn until something moves.
            self.evaluate("scrollBy(0, 1); scrollBy(0, -1)")
            with contextlib.suppress(requests.Timeout):
                answer = requests.get(f"{self._session}/screenshot", timeout=15)
                answer.raise_for_status()
                return base64.b64decode(answer.json()["value"])
        raise TimeoutError("WebKit draws no picture of the page")

    def quit(self) -> None:
        """Close everything."""
        if hasattr(self, "_session"):
            with contextlib.suppress(requests.RequestException):
                requests.delete(self._session, timeout=20)
        for process in (self._driver, self._screen):
            process.kill()
            process.wait(timeout=20)

    def _send(self, command: str, parameters: dict[str, Any]) -> Any:
        answer = requests.post(f"{self._session}/{command}", json=parameters, timeout=60)
        value = answer.json()["value"]
        if not answer.ok:
            raise RuntimeError(f"{command}: {value.get('error')}: {value.get('message')}")
        return value
