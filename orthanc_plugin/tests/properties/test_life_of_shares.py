"""The whole product against a simple model, through any sequence of what staff, recipients, clocks and restarts do.

The model: a share is valid until a moment, revoked for good, and a session counts for as long as its limits say, all
of it by the clock as it stands. A clock that is set back is an act of the operator: a share that had expired is valid
again, and so is a session whose limits are not reached by the new time, unless it was turned away meanwhile. Nothing
brings back what was revoked, logged out or replaced.

Where the model cannot tell, a session may be open or not, and reaches nothing but its share either way: its last use is
noted to half a minute; requests that were refused while its share had expired may count as use; and of several
sessions of one moment any may be the one that ends for a newer one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from orthanc_plugin.domain.audit import session_mark
from orthanc_plugin.domain.study import SeriesSummary, StudySummary
from orthanc_plugin.use_cases.open_share import session_hash
from orthanc_plugin.web.request import Request
from orthanc_plugin.web.wsgi_bridge import Response

from ..support.api import SHARES
from ..support.browser import JSON, Browser, staff
from ..support.studies import orthanc_id, series, study
from ..support.world import World, build_world

ZONE = ZoneInfo("Europe/Berlin")
IDLE, ABSOLUTE, NOTED, REMEMBERED = 15 * 60, 4 * 3600, 30, 0.5
LEASE, GRACE = 60, 15
PAGES = re.compile("/portal/(study|series/[0-9]+|full-viewer/[0-9]+)")
COOKIE = "patient-share"
DEVICES = ("phone", "tablet", "desktop", "kiosk")

STUDIES = {
    "first": study(
        "first",
        series("Alpakaserie", number=1),
        series("Bisonserie", number=2, instances=2),
        series("Chamäleonbericht", modality="SR", number=3, instances=1),
        description="Dromedarstudie",
        accession="ACC-FIRST",
    ),
    "second": study(
        "second",
        series("Elchserie", number=1),
        series("Flamingoserie", modality="MR", number=2),
        description="Gepardstudie",
        accession="ACC-SECOND",
    ),
    "foreign": study(
        "foreign patient's",
        series("Hyänenserie"),
        patient="Igelmann^Ida",
        description="Jaguarstudie",
        accession="ACC-THIRD",
        birth_date="19770707",
    ),
}


def marks(entry: SeriesSummary) -> set[str]:
    """What gives a series away wherever it appears."""
    images = {orthanc_id(f"{entry.id}/{number}") for number in range(entry.instance_count)}
    return {entry.id, entry.uid, entry.description, *images}


def marks_of_study(entry: StudySummary) -> set[str]:
    own = {entry.id, entry.study_instance_uid, entry.description, entry.accession_number}
    return own.union(*(marks(one) for one in entry.series))


EVERYTHING = set[str]().union(*(marks_of_study(entry) for entry in STUDIES.values()), {"Ida Igelmann"})


@dataclass
class Share:
    """A share as the model sees it."""

    id: str
    code: str
    password: str
    study: StudySummary
    left_out: frozenset[str]
    expires_at: float
    revoked: bool = False

    @property
    def shown(self) -> list[SeriesSummary]:
        return [entry for entry in self.study.ordered_series if entry.id not in self.left_out]

    @property
    def forbidden(self) -> set[str]:
        own = {self.study.id, self.study.study_instance_uid, self.study.description, self.study.accession_number}
        if self.study is STUDIES["foreign"]:
            own.add("Ida Igelmann")
        return EVERYTHING - own.union(*(marks(entry) for entry in self.shown))


@dataclass
class Session:
    """A session as the model sees it; `used_at` is when it was last let in, `tried_at` when it last asked."""

    share: Share
    cookie: str
    created_at: float
    used_at: float
    tried_at: float
    ended: bool = False
    # A newer one took its place: what was read of it may be believed for a moment longer.
    replaced: bool = False
    # One of several of which the model does not know the one that ended.
    doubtful: bool = False
    uses: set[float] = field(default_factory=set)
    # It was turned away: if the product found it over, it has ended it for good.
    refused: bool = False
    # Its page: until when its lease runs; whether it has said farewell. What a page that was sent is waited for.
    lease_until: float = 0
    closed: bool = False
    loading_until: float = 0
    sequence: int = 0
    # Until when its pages keep it alive; None while it is not under leases.
    alive_until: float | None = None

    def keep(self, now: int) -> None:
        """Reckon anew until when it lives."""
        waits = [self.loading_until] if self.closed else [self.loading_until, self.lease_until]
        self.alive_until = max([wait for wait in waits if wait > now], default=now + GRACE)

    def over(self, now: float) -> bool:
        """Whether it was ended, whatever the clock says."""
        lingers = self.replaced and any(0 <= now - use < REMEMBERED for use in self.uses)
        return self.share.revoked or self.ended or (self.replaced and not lingers)

    def may(self, now: float) -> bool:
        """Whether it can be open."""
        looked_at = self.alive_until is None or now < self.alive_until
        return self.within(now) and looked_at and not self.over(now) and now < self.share.expires_at

    def within(self, now: float) -> bool:
        """Whether its limits are not reached, at the latest moment at which it can have been used."""
        return now < self.tried_at + IDLE and now < self.created_at + ABSOLUTE

    def tried(self, now: float) -> None:
        """A request came, also one that was refused because the share had expired."""
        if self.within(now):
            self.tried_at = max(self.tried_at, now)

    def must(self, now: float) -> bool:
        """Whether it is open for certain; a session from the future need not be believed."""
        certain = self.created_at <= now and self.used_at - NOTED <= now < self.used_at - NOTED + IDLE
        return self.may(now) and certain and not (self.doubtful or self.replaced or self.refused)


@dataclass
class Office:
    """The product and its model, side by side."""

    world: World
    shares: list[Share] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    on_device: dict[str, Session] = field(default_factory=dict)
    visitors: int = 0

    @property
    def now(self) -> float:
        return self.world.clock.now()

    def ask(self, session: Session | None, address: str) -> Response:
        cookies = {COOKIE: session.cookie} if session else {}
        if session:
            session.tried(self.now)
        answer = checked(Browser(self.world, cookies=cookies).get(address), session)
        if session:
            self.note(session, answer.status != 403)
            if answer.status == 200 and PAGES.fullmatch(address) and session.alive_until is not None:
                session.loading_until = int(self.now) + LEASE
                session.keep(int(self.now))
        return answer

    def admits(self, session: Session | None, path: str) -> bool:
        headers = {"cookie": f"{COOKIE}={session.cookie}"} if session else {}
        if session:
            session.tried(self.now)
        return self.world.gate.admits(Request("GET", path, {}, headers, "192.0.2.1"))

    def note(self, session: Session, admitted: bool) -> None:
        """Whoever was turned away although the share is open may have been logged out by that."""
        session.refused = session.refused or (not admitted and self.now < session.share.expires_at)

    def visitor(self) -> str:
        """An address of its own for each wrong attempt, so that nobody has to wait."""
        self.visitors += 1
        return f"198.51.{self.visitors // 250}.{self.visitors % 250 + 1}"


def checked(answer: Response, session: Session | None) -> Response:
    """Every answer is below 500, and nothing is in it of what whoever asks may not see."""
    assert answer.status < 500, answer.body[:500]
    forbidden = session.share.forbidden if session else EVERYTHING
    text = answer.body.decode("utf-8", "replace") + repr(answer.headers)
    assert not [mark for mark in forbidden if mark in text]
    return answer


def native(entry: SeriesSummary) -> list[str]:
    image = orthanc_id(f"{entry.id}/0")
    return [f"/web-viewer/series/{entry.id}", f"/web-viewer/instances/jpeg95-{image}_0", f"/instances/{image}/file"]


def end_of_last_day(now: float, days: int) -> float:
    last = datetime.fromtimestamp(now, ZONE).date() + timedelta(days=days)
    return datetime.combine(last + timedelta(days=1), time(), ZONE).timestamp()


def other_spelling(text: str, how: str) -> str:
    return {
        "as printed": text,
        "small": text.lower(),
        "bare": text.replace("-", ""),
        "spaced": " " + text.replace("-", " ") + "\n",
        "letters for digits": text.replace("0", "o").replace("1", "l"),
    }[how]


class LifeOfShares(RuleBasedStateMachine):
    """Steps; what must hold after each of them stands at the end."""

    @initialize()
    def open_the_practice(self) -> None:
        self.office = Office(build_world())
        self.office.world.archive.studies.clear()
        self.office.world.archive.add(*STUDIES.values())
        self.steps = 0
        self.share_a_study("first", 1, 30)
        self.open_a_share(0, "phone", "as printed")

    @rule(of=st.sampled_from(sorted(STUDIES)), left_out=st.integers(0, 2), days=st.sampled_from([1, 2, 30, 365]))
    @precondition(lambda self: len(self.office.shares) < 4)
    def share_a_study(self, of: str, left_out: int, days: int) -> None:
        wanted = STUDIES[of]
        out = [entry.id for entry in wanted.series[1 : 1 + left_out]]
        order = {"orthanc_id": wanted.id, "validity_days": days, "handout": False, "exclude_series": out}
        answer = staff(self.office.world).json(SHARES, order)
        assert answer.status == 201, answer.body
        made = json.loads(answer.body)
        ends = end_of_last_day(self.office.now, days)
        share = Share(made["id"], made["access_code"], made["password"], wanted, frozenset(out), ends)
        self.office.shares.append(share)

    @rule(
        which=st.integers(0, 9),
        device=st.sampled_from(DEVICES),
        how=st.sampled_from(["as printed", "small", "bare", "spaced", "letters for digits"]),
    )
    def open_a_share(self, which: int, device: str, how: str) -> None:
        office, share = self.office, self.share(which)
        old = office.on_device.get(device)
        browser = Browser(office.world, cookies={COOKIE: old.cookie} if old else {}, peer=office.visitor())
        answer = checked(browser.log_in(other_spelling(share.code, how), other_spelling(share.password, how)), None)
        if share.revoked or office.now >= share.expires_at:
            assert answer.status == 403
            return
        assert (answer.status, answer.header("location")) == (303, "/portal/study")
        if old:
            old.ended = True
        new = Session(share, browser.cookies[COOKIE], int(office.now), int(office.now), int(office.now))
        self.make_room(share)
        office.sessions.append(new)
        office.on_device[device] = new

    def make_room(self, share: Share) -> None:
        """A share has three sessions at most: the oldest ends."""
        alive = [one for one in self.office.sessions if one.share is share and not (one.ended or one.replaced)]
        if len(alive) < 3:
            return
        if any(one.doubtful for one in alive) or len({one.created_at for one in alive}) < len(alive):
            for one in alive:
                one.doubtful = True
            return
        for one in sorted(alive, key=lambda one: one.created_at)[: len(alive) - 2]:
            one.replaced = True

    @rule(which=st.integers(0, 9))
    def everybody_opens_a_share(self, which: int) -> None:
        """One device more than a share may have sessions."""
        for device in DEVICES:
            self.open_a_share(which, device, "as printed")
            self.office.world.clock.advance(seconds=1)

    @rule(which=st.integers(0, 9), fault=st.sampled_from(["other password", "mistyped", "short", "swapped", "code"]))
    def fail_to_open_a_share(self, which: int, fault: str) -> None:
        share = self.share(which)
        code, password = share.code, share.password
        last = "0" if password[-1] != "0" else "2"
        code, password, status = {
            "other password": (code, password[:-1] + last, 401),
            "mistyped": (("2" if code[0] != "2" else "3") + code[1:], password, 400),
            "short": (code, password[:-1], 400),
            "swapped": (password, code, 400),
            "code": (code, code, 400),
        }[fault]
        browser = Browser(self.office.world, peer=self.office.visitor())
        assert checked(browser.log_in(code, password), None).status == status
        assert not browser.cookies

    @rule(device=st.sampled_from(DEVICES), ordinal=st.integers(0, 4), number=st.integers(0, 4))
    def look(self, device: str, ordinal: int, number: int) -> None:
        """Pages and images by ordinal: those of the share and no others."""
        session = self.office.on_device.get(device)
        live = self.state(session)
        pages = {
            "/portal/study": True,
            f"/portal/series/{ordinal}": False,
            f"/portal/series/{ordinal}/thumbnail": False,
            f"/portal/series/{ordinal}/images/{number}": False,
            f"/portal/series/{ordinal}/batch/{number}": False,
            f"/portal/full-viewer/{ordinal}": False,
        }
        shown = session.share.shown if session else []
        if 1 <= ordinal <= len(shown):
            entry = shown[ordinal - 1]
            image = 1 <= number <= entry.instance_count
            for page in pages:
                pages[page] = entry.modality != "SR" or page.endswith(("study", "thumbnail"))
            pages[f"/portal/series/{ordinal}/images/{number}"] = image
            pages[f"/portal/series/{ordinal}/batch/{number}"] = image
        for page, exists in pages.items():
            status = self.office.ask(session, page).status
            if status == 200:
                assert live is not False and exists, page
                self.used(session)
            elif live:
                assert status == 404 and not exists, page
            else:
                assert status in (403, 404), page

    def look_at_the_study(self, device: str) -> None:
        session = self.office.on_device.get(device)
        live = self.state(session)
        status = self.office.ask(session, "/portal/study").status
        assert status in (200, 403) and live in (None, status == 200)
        if status == 200:
            self.used(session)

    @rule(device=st.sampled_from(DEVICES))
    def log_out(self, device: str) -> None:
        session = self.office.on_device.pop(device, None)
        browser = Browser(self.office.world, cookies={COOKIE: session.cookie} if session else {})
        assert checked(browser.post("/portal/logout"), session).status == 303
        assert not browser.cookies
        if session:
            session.ended = True

    @rule(device=st.sampled_from(DEVICES), visible=st.booleans())
    def a_page_gives_a_sign_of_life(self, device: str, visible: bool) -> None:
        session = self.office.on_device.get(device)
        live = self.state(session)
        status = self.say(session, "/portal/presence", {"visible": visible, "used": False})
        assert status in (200, 403) and live in (None, status == 200)
        if session and status == 200:
            if session.alive_until is None or session.lease_until == 0:
                session.loading_until = 0
            session.lease_until, session.closed = int(self.office.now) + (LEASE if visible else 2 * LEASE), False
            session.keep(int(self.office.now))

    @rule(device=st.sampled_from(DEVICES))
    def a_page_says_farewell(self, device: str) -> None:
        session = self.office.on_device.get(device)
        live = self.state(session)
        known = session is not None and session.sequence > 0 and not session.closed
        status = self.say(session, "/portal/presence/farewell", {})
        assert status in (204, 403) and live in (None, status == 204)
        if session and status == 204 and known and session.alive_until is not None:
            session.closed = True
            session.keep(int(self.office.now))

    def say(self, session: Session | None, address: str, more: dict[str, bool]) -> int:
        if session is None:
            return checked(Browser(self.office.world).post(address, b"{}", content_type=JSON), None).status
        session.tried(self.office.now)
        session.sequence += 1
        mark = session_mark(session_hash(session.cookie))
        said = {"page": "0" * 32, "sequence": session.sequence, "session": mark, **more}
        browser = Browser(self.office.world, cookies={COOKIE: session.cookie})
        status = checked(browser.json(address, said), session).status
        self.office.note(session, status != 403)
        return status

    @rule(which=st.integers(0, 9))
    def revoke(self, which: int) -> None:
        share = self.share(which)
        assert staff(self.office.world).post(f"{SHARES}/{share.id}/revoke").status == 200
        share.revoked = True

    @rule(which=st.integers(0, 9), days=st.sampled_from([1, 7, 365]))
    def extend(self, which: int, days: int) -> None:
        share = self.share(which)
        answer = staff(self.office.world).json(f"{SHARES}/{share.id}/extend", {"validity_days": days})
        assert answer.status == (409 if share.revoked else 200)
        if not share.revoked:
            share.expires_at = end_of_last_day(self.office.now, days)

    @rule(minutes=st.sampled_from([0.001, 0.4, 5, 14, 14, 16, 16, 60, 250]))
    def time_passes(self, minutes: float) -> None:
        self.office.world.clock.advance(minutes=minutes)

    @rule(device=st.sampled_from(DEVICES), turns=st.integers(1, 25))
    def somebody_keeps_looking(self, device: str, turns: int) -> None:
        """Up to more than the longest time that a session can last."""
        for _ in range(turns):
            self.office.world.clock.advance(minutes=13)
            self.look_at_the_study(device)

    @rule(minutes=st.sampled_from([0.001, 1, 20, 250, 3 * 1440]))
    def the_clock_is_set_back(self, minutes: float) -> None:
        self.office.world.clock.advance(minutes=-minutes)

    @rule(which=st.integers(0, 9), device=st.sampled_from(DEVICES), seconds=st.sampled_from([-600, -1, -0.2]))
    def the_last_minutes_of_a_share(self, which: int, device: str, seconds: float) -> None:
        """Somebody signs in just before the end and goes on; then the end is there, to the second."""
        share = self.share(which)
        self.office.world.clock.time = share.expires_at + seconds
        self.open_a_share(which, device, "as printed")
        self.look_at_the_study(device)
        self.office.world.clock.time = share.expires_at
        self.look_at_the_study(device)

    @rule()
    def restart(self) -> None:
        """A new process on the same store: it remembers nothing else."""
        old, new = self.office.world, build_world()
        vars(new.store).update(vars(old.store))
        new.archive.studies = old.archive.studies
        new.clock.time = old.clock.time
        # Randomness does not begin again.
        vars(new.services.create_share.entropy).update(vars(old.services.create_share.entropy))
        self.office.world = new

    @invariant()
    def a_session_reaches_exactly_its_share(self) -> None:
        self.steps += 1
        for session in self.office.on_device.values():
            live = self.state(session)
            for name, wanted in STUDIES.items():
                for entry in wanted.series:
                    expected = live if wanted is session.share.study and entry in session.share.shown else False
                    path = native(entry)[self.steps % 3]
                    admitted = self.office.admits(session, path)
                    if admitted:
                        self.used(session)
                    elif wanted is session.share.study and entry in session.share.shown:
                        self.office.note(session, admitted)
                    assert expected is None or admitted is expected, (name, path)
            assert not self.office.admits(session, "/studies")

    @invariant()
    def what_has_ended_never_opens_again(self) -> None:
        ended = [session for session in self.office.sessions if session.over(self.office.now)]
        for session in ended:
            assert not self.office.admits(session, native(session.share.shown[0])[self.steps % 3])
        if ended:
            assert self.office.ask(ended[self.steps % len(ended)], "/portal/study").status == 403

    @invariant()
    def strangers_reach_nothing(self) -> None:
        assert not any(self.office.admits(None, path) for path in native(STUDIES["first"].series[0]))
        address, status = (("/portal/study", 403), ("/portal", 200), (SHARES, 401))[self.steps % 3]
        assert self.office.ask(None, address).status == status

    @rule()
    def staff_see_the_shares_as_they_are(self) -> None:
        answer = staff(self.office.world).get(SHARES)
        assert answer.status == 200
        listed = {entry["id"]: entry["state"] for entry in json.loads(answer.body)["shares"]}
        assert listed == {share.id: self.word(share) for share in self.office.shares}

    @invariant()
    def nothing_failed(self) -> None:
        assert self.office.world.reported == []

    def share(self, which: int) -> Share:
        return self.office.shares[which % len(self.office.shares)]

    def word(self, share: Share) -> str:
        if share.revoked:
            return "revoked"
        return "expired" if self.office.now >= share.expires_at else "active"

    def state(self, session: Session | None) -> bool | None:
        """Whether a session is open now; None where the model cannot tell."""
        if session is None or not session.may(self.office.now):
            return False
        return True if session.must(self.office.now) else None

    def used(self, session: Session | None) -> None:
        if session:
            session.used_at = max(session.used_at, self.office.now)
            session.uses.add(self.office.now)


# As many steps as keep the unit tests short.
LifeOfShares.TestCase.settings = settings(
    max_examples=70, stateful_step_count=25, suppress_health_check=[HealthCheck.too_slow]
)
TestLifeOfShares = LifeOfShares.TestCase
