"""The old session, as somebody would use it who finds the browser: its cookie, tried again and again."""

from __future__ import annotations

import time

import requests

_PAUSE = 0.2
_LATE = 30.0


class OldSession:
    """A session's cookie. Asking for a picture does not prolong a lease, so that trying it changes nothing."""

    def __init__(self, url: str, cookies: dict[str, str]) -> None:
        self._url = f"{url}/portal/series/1/images/1"
        self._cookies = {name: value for name, value in cookies.items() if name.endswith("patient-share")}

    @property
    def served(self) -> bool:
        """Whether it still gets a picture."""
        return requests.get(self._url, cookies=self._cookies, timeout=30).status_code == 200

    def refused_after(self, limit: float) -> float:
        """Seconds from now until the session is refused; raises TimeoutError well after `limit` seconds."""
        begin = time.monotonic()
        while self.served:
            if time.monotonic() - begin > limit + _LATE:
                raise TimeoutError(f"still served after {limit + _LATE:.0f} s")
            time.sleep(_PAUSE)
        return time.monotonic() - begin

    def survives(self, seconds: float) -> bool:
        """Whether it is served all the time for this long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self.served:
                return False
            time.sleep(_PAUSE)
        return True
