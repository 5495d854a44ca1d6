"""A real Firefox in a process and a profile of its own, driven by its own protocol (Marionette).

https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html: messages are JSON with their length before.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

_PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.sessionstore.resume_from_crash": True,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "browser.tabs.warnOnClose": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.legacyUserProfileCustomizations.stylesheets": True,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    # As on a phone: bars take no room.
    "ui.useOverlayScrollbars": 1,
}
# The browser's own bars would not let its window be as narrow as a phone.
_NARROW = ":root { min-width: 0 !important; } #navigator-toolbox { display: none; }"
_START_SECONDS = 90
_ANSWER_SECONDS = 60


class Firefox:
    """One run of the browser; a tab is the handle that Firefox gives it."""

    name = "Firefox"

    def __init__(self, executable: str, profile: Path, agent: str = "") -> None:
        profile.mkdir(parents=True, exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        wanted = {**_PREFERENCES, "marionette.port": port}
        wanted |= {"general.useragent.override": agent} if agent else {}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in wanted.items()]
        (profile / "user.js").write_text("\n".join(lines))
        (profile / "chrome").mkdir(exist_ok=True)
        (profile / "chrome" / "userChrome.css").write_text(_NARROW)
        self._process = subprocess.Popen(
            [executable, "--headless", "--marionette", "--no-remote", "--profile", str(profile), "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._socket = self._connected(port)
        self._buffer = b""
        self._number = 0
        self._read()
        self._send("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {}}})

    def _connected(self, port: int) -> socket.socket:
        until = time.monotonic() + _START_SECONDS
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_SECONDS)
            except OSError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise RuntimeError("Firefox did not start") from None
                time.sleep(0.1)

    def goto(self, url: str) -> None:
        """Load a page and wait for it."""
        self._send("WebDriver:Navigate", {"url": url})

    def evaluate(self, script: str) -> Any:
        """What the body of a function answers."""
        return self._send("WebDriver:ExecuteScript", {"script": script, "args": []})["value"]

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
        self._send("WebDriver:PerformActions", {"actions": [{"type": "key", "id": "keyboard", "actions": keys}]})

    def resize(self, width: int, height: int) -> None:
        """Make the page itself so large, as far as the browser's window can be."""
        grown = self.evaluate("return [window.outerWidth - innerWidth, window.outerHeight - innerHeight]")
        size = {"width": width + grown[0], "height": height + grown[1]}
        self._send("WebDriver:SetWindowRect", size)

    def screenshot(self) -> bytes:
        """The page as PNG, with what is below the window."""
        return base64.b64decode(self._send("WebDriver:TakeScreenshot", {"full": True})["value"])

    def quit(self) -> None:
        """Close everything."""
        self.kill()

    def cookies(self) -> dict[str, str]:
        """All cookies of the page, by name."""
        return {cookie["name"]: cookie["value"] for cookie in self._send("WebDriver:GetCookies", {})}

    def new_tab(self) -> str:
        """Open a tab and go there; answers its handle."""
        handle = str(self._send("WebDriver:NewWindow", {"type": "tab", "focus": True})["handle"])
        self.switch(handle)
        return handle

    def switch(self, handle: str, in_front: bool = True) -> None:
        """Go to a tab; not `in_front`, it is spoken to where it is."""
        self._send("WebDriver:SwitchToWindow", {"handle": handle, "focus": in_front})

    @property
    def handle(self) -> str:
        """The present tab."""
        return str(self._send("WebDriver:GetWindowHandle", {})["value"])

    def close_tab(self) -> None:
        """As the cross on the tab does; another tab stays open."""
        here = self.handle
        if len(self._send("WebDriver:GetWindowHandles", {})) == 1:
            self.new_tab()
            self.switch(here)
        self._send("WebDriver:CloseWindow", {})

    def close_window(self) -> None:
        """As the cross on the window does."""
        with contextlib.suppress(OSError, RuntimeError):
            self._send("Marionette:Quit", {"flags": ["eAttemptQuit"]})
        self._process.wait(timeout=60)

    def kill(self) -> None:
        """As a crash, or a battery that is empty."""
        self._socket.close()
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=30)

    def _send(self, command: str, parameters: dict[str, Any]) -> Any:
        self._number += 1
        said = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(f"{len(said)}:".encode() + said)
        while True:
            answer = self._read()
            if answer[1] == self._number:
                break
        if answer[2]:
            raise RuntimeError(f"{command}: {answer[2].get('error')}: {answer[2].get('message')}")
        return answer[3]

    def _read(self) -> Any:
        while b":" not in self._buffer:
            self._more()
        length, _, rest = self._buffer.partition(b":")
        while len(rest) < int(length):
            self._more()
            rest = self._buffer.partition(b":")[2]
        self._buffer = rest[int(length) :]
        return json.loads(rest[: int(length)])

    def _more(self) -> None:
        read = self._socket.recv(65536)
        if not read:
            raise RuntimeError("Firefox has gone")
        self._buffer += read
