"""A round: load, a kill, a start, and a look at what was promised."""

from __future__ import annotations

import json
import random
import threading
import time
from dataclasses import dataclass, field

import requests

from harness.server import OrthancServer

from ..support.practice import SHARES, Practice, Recipient, Share

STORE = "/var/lib/orthanc/db/patient-share.sqlite3"
PYTHON = "/opt/patient-share/bin/python"
# Wrong tries from one address that need not wait (domain/throttle.py).
_FREE_TRIES = 5
_LATEST_KILL = 2.0
_LOOK = f"""
import json, sqlite3
store = sqlite3.connect({STORE!r}, timeout=30)
failures = "SELECT share_id, SUM(failures) FROM attempts WHERE address != '*' GROUP BY share_id"
print(json.dumps({{
    "integrity": [row[0] for row in store.execute("PRAGMA integrity_check")],
    "failures": dict(store.execute(failures)),
}}))
"""


@dataclass
class Promised:
    """What the server has answered before it was killed."""

    wrong: int = 0
    revoked: list[Share] = field(default_factory=list)
    sessions: dict[str, Recipient] = field(default_factory=dict)
    created: list[Share] = field(default_factory=list)


@dataclass
class Tally:
    """What all rounds have seen; `broken` names each promise that was not kept."""

    kills: int = 0
    wrong: int = 0
    revoked: int = 0
    created: int = 0
    cut_off: int = 0
    broken: list[str] = field(default_factory=list)


class Chaos:
    """Rounds against one server whose store lives through all of them."""

    def __init__(self, server: OrthancServer, study_id: str, chance: random.Random) -> None:
        self._server = server
        self._practice = Practice(server)
        self._study_id = study_id
        self._chance = chance
        self.tally = Tally()

    def play(self) -> None:
        """One kill."""
        guessed = self._practice.share(self._study_id)
        doomed = [self._practice.share(self._study_id) for _ in range(4)]
        promised = Promised(sessions={share.id: self._practice.login(share) for share in doomed})
        work = [
            threading.Thread(target=self._guess, args=(guessed, promised)),
            threading.Thread(target=self._revoke, args=(doomed, promised)),
            threading.Thread(target=self._create, args=(promised,)),
        ]
        for thread in work:
            thread.start()
        time.sleep(self._chance.uniform(0, _LATEST_KILL))
        self._server.kill()
        for thread in work:
            thread.join()
        self._server.restart(120)
        self.tally.kills += 1
        self._look(guessed, promised)

    def _guess(self, share: Share, promised: Promised) -> None:
        # With the latest the address has to wait; what is answered then was not tried.
        for _ in range(_FREE_TRIES):
            answer = self._try("POST", "/portal/login", data={"code": share.code, "password": "00000-00000"})
            if answer is None:
                return
            if answer.status_code == 401:
                promised.wrong += 1

    def _revoke(self, shares: list[Share], promised: Promised) -> None:
        for share in shares:
            answer = self._try("POST", f"{SHARES}/{share.id}/revoke", staff=True)
            if answer is None:
                return
            if answer.status_code == 200:
                promised.revoked.append(share)

    def _create(self, promised: Promised) -> None:
        while True:
            answer = self._try("POST", SHARES, staff=True, json={"orthanc_id": self._study_id, "handout": False})
            if answer is None:
                return
            if answer.status_code == 201:
                made = answer.json()
                promised.created.append(
                    Share(made["id"], made["link"], made["access_code"], made["password"], "", self._study_id)
                )

    def _try(self, method: str, path: str, *, staff: bool = False, **options: object) -> requests.Response | None:
        """The answer; None once the server is gone."""
        credentials = next(iter(self._server.staff.items())) if staff else None
        try:
            return requests.request(
                method,
                self._server.url + path,
                auth=credentials,
                timeout=30,
                allow_redirects=False,
                **options,  # type: ignore[arg-type]
            )
        except requests.RequestException:
            self.tally.cut_off += 1
            return None

    def _look(self, guessed: Share, promised: Promised) -> None:
        found = self._server.execute(PYTHON, "-c", _LOOK)
        if found.code != 0 or not found.log.strip():
            raise RuntimeError(f"the look into the store ended with {found.code}: {found.log!r}")
        store = json.loads(found.log)
        self._expect(store["integrity"] == ["ok"], f"the store is damaged: {store['integrity']}")
        counted = store["failures"].get(guessed.id, 0)
        self._expect(counted >= promised.wrong, f"{promised.wrong} wrong passwords answered, {counted} counted")
        for share in promised.revoked:
            state = self._practice.api("GET", f"{SHARES}/{share.id}").json()["state"]
            self._expect(state == "revoked", f"a revoked share is {state}")
            status = promised.sessions[share.id].get("/portal/study").status_code
            self._expect(status == 403, f"a session of a revoked share gets {status}")
        for share in promised.created[-1:]:
            # Also a share whose creation was answered a moment before opens.
            self._practice.login(share)
        verified = self._practice.api("GET", "/patient-share/api/v1/audit/verify").json()
        self._expect(verified["intact"], f"the audit log is broken: {verified}")
        self.tally.wrong += promised.wrong
        self.tally.revoked += len(promised.revoked)
        self.tally.created += len(promised.created)

    def _expect(self, kept: bool, otherwise: str) -> None:
        if not kept:
            self.tally.broken.append(f"kill {self.tally.kills}: {otherwise}")
