"""Who asks: everybody with the credentials that they hold and the marks that they may see."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from harness.server import OrthancServer

from ..support.practice import SHARES, Practice, Share
from .corpus import REPORT_SERIES, Corpus, text_mark
from .marks import series_owner

_EXPIRE = """
import sqlite3, sys
store = sqlite3.connect("/var/lib/orthanc/db/patient-share.sqlite3", timeout=20)
changed = store.execute("UPDATE shares SET expires_at = created_at + 1 WHERE id = ?", (sys.argv[1],)).rowcount
store.commit()
print(changed)
"""
_SERIES = (1, 2, 3, *REPORT_SERIES)
LEFT_OUT = 3


@dataclass(frozen=True)
class Person:
    """`allowed` holds owners of marks, None for everything; `spare` is the cookie of a second session."""

    name: str
    headers: tuple[tuple[str, str], ...] = ()
    allowed: frozenset[str] | None = frozenset()
    spare: tuple[tuple[str, str], ...] = ()
    included: tuple[str, ...] = ()

    @property
    def cookie(self) -> str:
        """The value of the Cookie header."""
        return dict(self.headers).get("Cookie", "")


def assemble(server: OrthancServer, corpus: Corpus) -> dict[str, Person]:
    """Everybody, logged in where they can be; shares of B and C exist as well, with somebody else's session."""
    practice = Practice(server)
    study = {name: corpus.subjects[f"{name}/1"].study for name in "ABC"}
    left_out = corpus.subjects[f"A/{LEFT_OUT}"].series
    shares = {
        "recipient": practice.share(study["A"], note=text_mark("note", 1), report="at-once"),
        "expired": practice.share(study["A"], note=text_mark("note", 2)),
        "revoked": practice.share(study["A"], note=text_mark("note", 3)),
        "left out": practice.share(study["A"], note=text_mark("note", 4), exclude_series=[left_out], report="at-once"),
        "report held": practice.share(study["A"], note=text_mark("note", 7), report="hold"),
        "of B": practice.share(study["B"], note=text_mark("note", 5)),
        "of C": practice.share(study["C"], note=text_mark("note", 6)),
    }
    for number, share in zip((1, 2, 3, 4, 7, 5, 6), shares.values(), strict=True):
        corpus.marks.add("staff", text_mark("note", number), share.id)
    cookies = {name: (_cookie(practice, share), _cookie(practice, share)) for name, share in shares.items()}
    practice.revoke(shares["revoked"])
    assert server.execute("python3", "-c", _EXPIRE, shares["expired"].id).log == "1"
    whole = frozenset({"patient:AB", "study:A", *(series_owner("A", number) for number in _SERIES)})
    part = whole - {series_owner("A", LEFT_OUT)}
    unread = whole - {series_owner("A", number) for number in REPORT_SERIES}
    included = {
        "recipient": _SERIES,
        "left out": tuple(number for number in _SERIES if number != LEFT_OUT),
        "report held": tuple(number for number in _SERIES if number not in REPORT_SERIES),
    }
    allowed = {"recipient": whole, "left out": part, "report held": unread}
    people = {"anonymous": Person("anonymous")}
    for name in ("recipient", "left out", "report held", "expired", "revoked"):
        first, spare = cookies[name]
        people[name] = Person(
            name, (("Cookie", first),), allowed.get(name, frozenset()), (("Cookie", spare),),
            tuple(f"A/{number}" for number in included.get(name, ())),
        )  # fmt: skip
    user, password = next(iter(server.staff.items()))
    basic = base64.b64encode(f"{user}:{password}".encode()).decode()
    people["staff"] = Person("staff", (("Authorization", f"Basic {basic}"),), None)
    return people


def _cookie(practice: Practice, share: Share) -> str:
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in practice.login(share).http.cookies)


def shares_as_staff_see_them(server: OrthancServer) -> str:
    """The whole list, to be compared: nobody but staff may have changed a share."""
    return json.dumps(server.staff_request("GET", f"{SHARES}?limit=200").json(), sort_keys=True)
